"""The emulator of AWS with servers of its own, and its clients: boto3, and the AWS CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3

from tailrace.lab.aws import names
from tailrace.lab.pair import Lab
from tailrace.lab.ports import HOST
from tailrace.lab.process import await_condition
from tailrace.lab.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_SECONDS = 60
OUTAGE_SECONDS = 0.5


class Aurora:
    """A lab with AWS; failovers take half a second."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab(folder / "lab")

    def __enter__(self) -> Self:
        self.running = self.lab.up({"aws"})
        assert self.running.aws
        self.aws = self.running.aws
        self.usual()
        # No file of the machine's owner counts.
        nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": ""}
        self.environment = self.aws.environment | nothing
        return self

    def __exit__(self, *_: object) -> None:
        # It would start servers that are gone.
        self.aws.process.kill()
        for server in self.running.servers:
            server.kill9()

    def usual(self) -> None:
        """The times and parameters that every test may expect; no fault waits."""
        self.aws.set(notice=0.1, outage=OUTAGE_SECONDS, stale=0, detect=0, catch_up=20, speed=1)
        self.aws.heal()
        self.set_parameters(aurora_enhanced_binlog="0", binlog_backup="1")

    def set_parameters(self, **values: str) -> None:
        """Of the cluster; in force after a reboot."""
        changes = [
            {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
            for name, value in values.items()
        ]
        self.client("rds").modify_db_cluster_parameter_group(
            DBClusterParameterGroupName=names.PARAMETERS, Parameters=changes
        )

    def client(self, service: str, region: str = names.REGION) -> Any:
        """boto3's; a refusal is tried again by its usual rules."""
        keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab"}
        return boto3.client(service, region_name=region, endpoint_url=self.aws.url, **keys)

    def cli(self, *arguments: str, region: str = names.REGION) -> subprocess.CompletedProcess[str]:
        """The AWS CLI."""
        command = [str(Path(sys.executable).parent / "aws"), "--region", region, "--output", "json", *arguments]
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)

    def server(self, instance: str) -> Server:
        """Of an instance."""
        return Server.open(self.lab.folder / names.ROLES[instance])

    def rejoin(self) -> None:
        """The second region is made anew, and belongs to the global database again; the binlog replica, too."""
        self.aws.process.stop()
        roles = self.aws.folder / "roles.json"
        roles.write_text(json.dumps(json.loads(roles.read_text()) | {"detached": False}))
        for server in (self.server("lab-eu-1"), self.server("lab-replica-1")):
            server.kill9()
            shutil.rmtree(server.datadir)
            server.start()
            server.release()
        self.aws.start()
        self.usual()

    @property
    def writer(self) -> str:
        """The instance of `lab` that takes writes, as AWS says."""
        members = self.client("rds").describe_db_clusters(DBClusterIdentifier="lab")["DBClusters"][0][
            "DBClusterMembers"
        ]
        return next(member["DBInstanceIdentifier"] for member in members if member["IsClusterWriter"])

    @property
    def other(self) -> str:
        """The instance of `lab` that does not."""
        return "lab-1" if self.writer == "lab-2" else "lab-2"

    def until_writer(self, instance: str) -> None:
        """Until this one writes, and the cluster is available."""

        def holds() -> bool:
            cluster = self.client("rds").describe_db_clusters(DBClusterIdentifier="lab")["DBClusters"][0]
            return bool(self.writer == instance and cluster["Status"] == "available")

        self.until(holds, f"{instance} did not become the writer")

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Awaits it."""
        assert await_condition(holds, DEADLINE_SECONDS, every=0.05), (
            f"{otherwise}\n{self.aws.process.log.read_text()[-4000:]}"
        )


class Subscriber:
    """An HTTP endpoint that SNS tells of things, and that confirms its subscription where it is told to."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], dict[str, Any]]] = []
        """Headers and body of each."""
        told = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()
                told.append(({name.lower(): value for name, value in self.headers.items()}, body))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def messages(self) -> list[dict[str, Any]]:
        """What notifications say, where it is JSON."""
        return [json.loads(body["Message"]) for _, body in self.told if body["Type"] == "Notification"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
