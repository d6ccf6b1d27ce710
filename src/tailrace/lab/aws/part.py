"""The emulator as a part of the lab: started, stopped, and told what to do."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import sys
import urllib.error
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from tailrace.errors import LabError
from tailrace.lab.aws.names import REGION
from tailrace.lab.aws.settings import CLUSTER_HOST, READER_HOST, Settings
from tailrace.lab.ports import HOST, free_port
from tailrace.lab.process import Process
from tailrace.lab.server import read_settings

ASK_SECONDS = 5.0
START_SECONDS = 60.0
KEY = "lab"
"""Of nobody."""


def need() -> None:
    """Raises LabError where the emulator's packages are not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("boto3", "moto", "flask", "flask_cors")):
        raise LabError("the emulator of AWS is not installed", hint="pip install 'tailrace[aws-lab]'")


@functools.cache
def _client(url: str, service: str, region: str) -> Any:
    """boto3's, which take long to make."""
    need()
    boto3 = importlib.import_module("boto3")
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY}
    return boto3.client(service, region_name=region, endpoint_url=url, **keys)


class Aws:
    """Used as a context manager it starts, and at the end is killed; the folder stays. Its servers must run."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        """Opens the one of the folder, or makes one; it belongs to the lab in the folder above."""
        self.folder = folder.resolve()
        self.process = Process("aws", self.folder, log=self.folder / "aws.log")
        saved = self.folder / "aws.json"
        if saved.exists():
            self.settings = read_settings(Settings, saved)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.settings = Settings(port or free_port(), free_port(), free_port())
            saved.write_text(json.dumps(asdict(self.settings), indent=1) + "\n", encoding="utf-8")

    @property
    def url(self) -> str:
        """What AWS_ENDPOINT_URL names."""
        return f"http://{HOST}:{self.settings.port}"

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port of the cluster endpoint of `lab`."""
        return CLUSTER_HOST, self.settings.cluster_port

    @property
    def reader(self) -> tuple[str, int]:
        """Host and port of its reader endpoint."""
        return READER_HOST, self.settings.cluster_port

    @property
    def environment(self) -> dict[str, str]:
        """For AWS's SDKs and CLI. The keys are of nobody."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
        }

    @property
    def writer(self) -> str:
        """The instance that takes writes, also while this does not run: lab-1 until there was a failover."""
        try:
            kept = json.loads((self.folder / "roles.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return "lab-1"
        return str(kept["writers"][kept["primary"]])

    def start(self, *, timeout: float = START_SECONDS) -> None:
        """Starts it and awaits that the clusters are there; it dies with this process until `process.release`.

        No-op where it runs. Raises LabError where it cannot be had, or does not start within `timeout` seconds.
        """
        need()
        self.process.start([sys.executable, "-m", "tailrace.lab.aws", str(self.folder)], self.is_reachable, timeout)

    def forget(self) -> None:
        """Who writes is as at first, from the next start on."""
        (self.folder / "roles.json").unlink(missing_ok=True)

    def is_reachable(self) -> bool:
        """Whether it is ready."""
        try:
            self.status()
        except LabError:
            return False
        return True

    def status(self) -> dict[str, Any]:
        """What it is, its timing and faults, who writes, where endpoints lead. Raises LabError."""
        return self._ask("GET", "status")

    def call(self, service: str, operation: str, *, region: str = REGION, **parameters: object) -> dict[str, Any]:
        """One call of the API, by boto3's names: `call("rds", "describe_db_clusters")`.

        Raises LabError with AWS's code and message where it is refused, or not answered.
        """
        client = _client(self.url, service, region)
        failures = importlib.import_module("botocore.exceptions")
        try:
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except (failures.ClientError, failures.BotoCoreError) as error:
            raise LabError(str(error), where=self.url) from None
        return answer

    def set(self, **timing: float) -> None:
        """Other times (tailrace.lab.aws.timing). Raises LabError."""
        self._ask("PUT", "timing", timing)

    def fault(self, kind: str, **more: object) -> None:
        """The next calls are refused (tailrace.lab.aws.faults). Raises LabError."""
        self._ask("POST", "faults", {"kind": kind, **more})

    def heal(self) -> None:
        """No fault waits any more. Raises LabError."""
        self._ask("DELETE", "faults")

    def _ask(self, method: str, what: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_lab/{what}", data, method=method)  # noqa: S310 - http
        try:
            with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:  # noqa: S310 - http
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            said = json.loads(error.read() or b"{}").get("message", error.reason)
            raise LabError(f"the emulator refuses: {said}", where=self.url) from error
        except OSError as error:
            raise LabError(f"the emulator does not answer: {error}", where=self.url, hint="tailrace lab up") from error
        return found

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
