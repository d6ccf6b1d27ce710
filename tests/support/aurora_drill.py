"""Failover drills of Aurora, on the lab's double of AWS: a shop writes, and AWS makes another server the writer."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from support.drill import DATABASE, RATE, Drill
from tailrace._kernel import GtidSet
from tailrace.lab.aws import names

if TYPE_CHECKING:
    from pathlib import Path

    from support.aws import Aurora
    from support.drill import Capture
    from support.rest import Client
    from tailrace.lab.server import Server

IN_REGION = ("planned", "stale", "resumed", "dead", "refusals", "given_up")
TO_REGION = ("region", "enhanced")
KINDS = (*IN_REGION, "runbook", *TO_REGION, "lost")
"""Within the cluster: as planned; for a while the endpoint leads to the old writer, or to both by turns; the run is
killed and resumed; the writer is dead; AWS denies, throttles and answers with errors; it gives up first; by the bash
runbook with the AWS CLI. To another region: a switchover; one with the enhanced binlog, which begins anew there; a
failover with the connector ahead of what that region has."""


class AuroraDrill(Drill):
    """One of them, on servers that are there; each leaves them as good as before, but for `lost`."""

    _promoting = "writer"

    def __init__(  # noqa: PLR0917 - as Drill
        self,
        kind: str,
        seed: int,
        folder: Path,
        worker: Client,
        aurora: Aurora,
        rate: float = RATE,
        capture: Capture | None = None,
    ) -> None:
        super().__init__(kind, seed, folder, worker, rate, capture)
        self._aurora = aurora

    # Scenes

    def _planned(self) -> None:
        self._run_planned()

    def _stale(self) -> None:
        self._aurora.aws.set(stale=self._random.uniform(0.5, 3), flap=self._random.choice((0, 0.2, 0.6)))
        self._run_planned()

    def _dead(self) -> None:
        self._primary.kill9()
        # Whether AWS notices by itself or is asked to is the same to connectors; here it is asked.
        self._run_planned()

    def _refusals(self) -> None:
        """What passes is waited out, and what does not pass is taken back: nothing has happened then."""
        self._aurora.aws.fault("access-denied", service="rds", action="FailoverDBCluster", times=1)
        refused = self._call("run", "--yes", "--json", *self._options())
        assert refused.returncode == 1
        assert "rds:FailoverDBCluster" in refused.stderr
        assert self._aurora.writer == self._writer
        assert self._worker.state(self.name)[0] == "RUNNING"
        self._aurora.aws.fault("throttling", times=self._random.randint(1, 3))
        self._aurora.aws.fault("unavailable", times=self._random.randint(1, 3))
        self._run_planned()

    def _given_up(self) -> None:
        """The reader does not catch up: the old writer goes on, and so does the connector. Later it is done."""
        self._replica.execute("STOP REPLICA SQL_THREAD")
        self._aurora.aws.set(catch_up=0.5)
        refused = self._call("run", "--yes", "--json", *self._options())
        assert refused.returncode == 1
        assert "previous primary again" in refused.stderr
        assert self._aurora.writer == self._writer
        assert self._worker.state(self.name)[0] == "RUNNING"
        self._replica.execute("START REPLICA")
        self._aurora.aws.set(catch_up=60)
        self._run_planned()

    def _region(self) -> None:
        self._run_planned()

    def _enhanced(self) -> None:
        """The other region's binlog begins anew: writers are quiet, the connector reads all, then regions change."""
        self._aurora.set_parameters(aurora_enhanced_binlog="1")
        with ThreadPoolExecutor(1) as thread:
            quiet = thread.submit(self._be_quiet)
            self._run_planned()
            quiet.result()
        self._aurora.set_parameters(aurora_enhanced_binlog="0")

    def _be_quiet(self) -> None:
        """When the run asks for it."""
        self._await((self._folder / "quiet").exists, "the run does not ask writers to be quiet")
        self._primary.execute("SET GLOBAL super_read_only = ON")
        gtids = self._primary.execute("SELECT @@GLOBAL.gtid_executed")[0][0]
        self._distant.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 60)", (gtids,))
        self._distant.execute("FLUSH BINARY LOGS")
        files = self._distant.execute("SHOW BINARY LOGS")
        self._distant.execute("PURGE BINARY LOGS TO %s", (files[-1][0],))
        (self._folder / "is-quiet").touch()

    def _lost(self) -> None:
        """The other region gets nothing more, while the connector reads on."""
        self._distant.execute("STOP REPLICA IO_THREAD")
        behind = GtidSet(self._distant.execute("SELECT @@GLOBAL.gtid_executed")[0][0])
        self._await(lambda: (self.offset() or GtidSet()).subtract(behind).count() > 0, "nobody writes")
        done = self._call("run", "--yes", "--json", "--allow-data-loss", *self._options())
        assert done.returncode == 1, done.stdout + done.stderr
        message = json.loads(done.stderr.splitlines()[-1])["message"]
        named = re.search(r"[0-9a-f-]{36}:[0-9:-]+", message)
        assert named, message
        missing = (self.offset() or GtidSet()).subtract(GtidSet(self.executed()))
        assert str(missing) == named[0], message
        # Held: it would write what no table has, and go on as if nothing were.
        assert self._worker.state(self.name)[0] == "STOPPED"
        self.outcome.refused = named[0]

    # Their parts

    def _set_up(self) -> None:
        aurora = self._aurora
        aurora.usual()
        aurora.aws.set(outage=self._random.uniform(0.2, 2), notice=self._random.uniform(0, 0.5))
        self._writer, self._reader = aurora.writer, aurora.other
        self._primary, self._replica = aurora.server(self._writer), aurora.server(self._reader)
        self._distant = aurora.server("lab-eu-1")
        self._primary.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        self._to_connector: Any = _At(aurora.aws.endpoint[1])

    @property
    def _servers(self) -> list[Server]:
        return [self._primary, self._replica, self._distant]

    @property
    def _by_endpoint(self) -> bool:
        return True

    @property
    def _is_global(self) -> bool:
        return self._kind in {*TO_REGION, "lost"}

    @property
    def new_primary(self) -> Server:
        return self._distant if self._is_global else self._replica

    def _options(self) -> list[str]:
        options = ["--connector", self.name, "--url", self._worker.url, "--source", "${env:DRILL_ENDPOINT}"]
        options += ["--aurora", names.CLUSTER, "--settle", str(round(self._random.uniform(0.5, 1.5), 1))]
        options += ["--journal", str(self._folder / "failover.jsonl")]
        if self._is_global:
            options += ["--global", names.GLOBAL, "--candidate", "${env:DRILL_OTHER}"]
        if self._kind == "enhanced":
            quiet = f"touch '{self._folder}/quiet'; until [ -e '{self._folder}/is-quiet' ]; do sleep 0.05; done"
            options += ["--fence-command", quiet]
        return options

    def _environment(self) -> dict[str, str]:
        def dsn(port: int) -> str:
            return self._primary.admin_dsn.replace(str(self._primary.port), str(port))

        aws = self._aurora
        ends = {
            "DRILL_ENDPOINT": dsn(aws.aws.endpoint[1]),
            "DRILL_OTHER": dsn(aws.aws.settings.second_port),
        }
        return {**os.environ, **aws.environment, **ends}

    def _check(self) -> None:
        if self._kind == "lost":
            return
        said = self._call("verify", "--json", "--deadline", "20", *self._options())
        assert said.returncode == 0, said.stdout + said.stderr
        super()._check()
        if self._is_global:
            self._go_back()

    def _go_back(self) -> None:
        rds = self._aurora.client("rds")
        arn = names.cluster_arn(names.REGION, names.CLUSTER)

        def is_back() -> bool:
            (found,) = rds.describe_global_clusters(GlobalClusterIdentifier=names.GLOBAL)["GlobalClusters"]
            writers = [each["DBClusterArn"] for each in found["GlobalClusterMembers"] if each["IsWriter"]]
            return writers == [arn] and found["Status"] == "available"

        self._aurora.client("rds", names.SECOND_REGION).switchover_global_cluster(
            GlobalClusterIdentifier=names.GLOBAL, TargetDbClusterIdentifier=arn
        )
        self._await(is_back, "the first region is not the primary again")


class _At:
    """A port, where a proxy was expected: the double's own endpoint."""

    def __init__(self, port: int) -> None:
        self.port = port
