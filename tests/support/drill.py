"""A failover drill: a primary and a replica under a shop's writes, a connector of a worker, and something happens.

What comes out of one drill is an `Outcome`: what was lost or doubled in the sink, and how soon events came again.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

import pymysql

from support.proxy import Proxy
from support.rest import Client, connector_config
from support.topics import read
from tailrace._kernel import GtidSet
from tailrace.errors import ConnectionLost, LabError
from tailrace.lab.connect import debezium_config
from tailrace.lab.pair import Lab
from tailrace.lab.process import await_condition
from tailrace.lab.server import Server
from tailrace.lab.verify import events, verify
from tailrace.lab.workload import Workload

if TYPE_CHECKING:
    from pathlib import Path

DATABASE = "shop"
KINDS = ("config", "endpoint", "runbook", "resumed", "kill9", "partition", "ahead")
"""Planned: by the connector's configuration, by its endpoint, by the bash runbook, by a run that is killed and resumed.
The primary dies. A network is cut with the connector on the replica's side, or on the primary's (so it is ahead of the
replica)."""
RATE = 1000.0
PATIENCE = 100.0


@dataclass
class Outcome:
    kind: str
    seed: int
    transactions: int = 0
    unequal: list[str] = field(default_factory=list)
    """Tables of the new primary that the sink's events do not make."""
    doubled: int = 0
    """Events that came twice, or do not fit the rows before them."""
    refused: str = ""
    """GTIDs that a refused failover named; the primary then came back, and a planned one followed."""
    lost_to_primary: str = ""
    """GTIDs that the dead primary had alone, as `verify` named them."""
    seconds: float | None = None
    """From the end of the promotion to the first event that the connector made; None: the runbook keeps no journal."""
    run_seconds: float = 0.0
    """Of the whole `tailrace failover run`, or of the runbook."""


class Clients:
    """Write to a server at a rate; when it takes no more, to the next one that does."""

    def __init__(self, servers: list[Server], seed: int, rate: float, ddl_every: float) -> None:
        self._ddl_every = ddl_every
        self._servers = servers
        self._seed = seed
        self._rate = rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._now: Workload | None = None
        self._end_now = threading.Event()
        self._done = 0

    @property
    def transactions(self) -> int:
        return self._done + (self._now.progress().transactions if self._now else 0)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._end_now.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            for server in self._servers:
                if not _takes_writes(server):
                    continue
                self._now = Workload(
                    server.admin_dsn, self._rate, self._seed, database=DATABASE, ddl_every=self._ddl_every
                )
                # A workload that loses its server sets the event itself.
                self._end_now = threading.Event()
                if self._stop.is_set():
                    return
                with suppress(ConnectionLost, pymysql.Error, LabError):
                    self._now.run(self._end_now)
                self._done += self._now.progress().transactions
                self._now = None


def _takes_writes(server: Server) -> bool:
    try:
        return not server.execute("SELECT @@GLOBAL.read_only")[0][0]
    except pymysql.Error:
        return False


class Capture(Protocol):
    """What captures: how its connector is configured, and where its events are."""

    every: float
    """Seconds between two questions for its offset, which costs a worker of Connect a good deal."""
    ddl_every: float
    """Seconds; 0: tables stay as they are."""

    def config(self, server: Server, name: str, folder: Path) -> dict[str, Any]: ...

    def files(self, name: str, folder: Path) -> list[Path]:
        """All events, as JSON lines."""

    def has_all(self, drill: Drill) -> bool:
        """Whether all that the new primary has executed is out."""


class JsonFiles:
    """Tailrace's worker and its files."""

    every = 0.05
    ddl_every = 1.0

    def config(self, server: Server, name: str, folder: Path) -> dict[str, Any]:
        return connector_config(
            server,
            DATABASE,
            topic__prefix=name,
            sink__type="jsonl",
            sink__path=str(folder / "events"),
            offset__flush__interval__ms=200,
        )

    def files(self, name: str, folder: Path) -> list[Path]:
        del name
        return sorted((folder / "events").glob("*.jsonl"))

    def has_all(self, drill: Drill) -> bool:
        offset = drill.offset()
        return offset is not None and not GtidSet(drill.executed()).subtract(offset)


class Topics:
    """Debezium in Connect, and Kafka. Its offset does not tell of the last transaction: a row that comes after does."""

    every = 0.7
    ddl_every = 0.0

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._marked = False

    def config(self, server: Server, name: str, folder: Path) -> dict[str, Any]:
        del folder
        return debezium_config(server, self._bootstrap, name, DATABASE, server_id=9900)

    def files(self, name: str, folder: Path) -> list[Path]:
        file = folder / "topics.jsonl"
        values = (message.value for message in read(self._bootstrap, f"{name}.{DATABASE}."))
        file.write_text("".join(json.dumps(value) + "\n" for value in values if value), encoding="utf-8")
        return [file]

    def has_all(self, drill: Drill) -> bool:
        if not self._marked:
            drill.new_primary.execute(f"CREATE TABLE {DATABASE}.marker (id INT PRIMARY KEY)")
            drill.new_primary.execute(f"INSERT INTO {DATABASE}.marker VALUES (1)")
            self._marked = True
        return bool(read(self._bootstrap, f"{drill.name}.{DATABASE}.marker"))


class Drill:
    """One of them. `worker` runs the connector; files are in `folder`."""

    _promoting = "promote"
    """The step after which the new primary takes writes."""

    def __init__(  # noqa: PLR0917 - what, where, how
        self, kind: str, seed: int, folder: Path, worker: Client, rate: float = RATE, capture: Capture | None = None
    ) -> None:
        self.outcome = Outcome(kind, seed)
        self._kind = kind
        self._random = random.Random(f"{kind} {seed}")
        self._folder = folder
        self._worker = worker
        self._rate = rate
        self.name = f"drill-{kind}-{seed}"
        self._capture = capture or JsonFiles()
        self._promoted: float | None = None
        self._parts = ExitStack()

    def play(self) -> Outcome:
        with self._parts:
            self._set_up()
            with Clients(self._servers, self.outcome.seed, self._rate, self._capture.ddl_every) as clients:
                self._await(lambda: clients.transactions > self._rate / 10, "nobody writes")
                self._start_connector()
                self._await(lambda: clients.transactions > self._rate * self._random.uniform(0.5, 2), "too few writes")
                getattr(self, f"_{self._kind}")()
                before = clients.transactions
                self._await(lambda: clients.transactions > before + self._rate / 5, "the new primary gets no writes")
            self.outcome.transactions = clients.transactions
            self._check()
        return self.outcome

    # Scenes

    def _config(self) -> None:
        self._run_planned()

    def _endpoint(self) -> None:
        self._run_planned()

    def _runbook(self) -> None:
        script = self._folder / "runbook.sh"
        script.write_text(self._call("runbook", *self._options()).stdout, encoding="utf-8")
        logins = {}
        for name, server in (("SOURCE", self._primary), ("CANDIDATE", self._replica)):
            login = self._folder / f"{name}.cnf"
            login.write_text(
                f"[client]\nuser={server.admin.user}\npassword={server.admin.password}\n", encoding="utf-8"
            )
            login.chmod(0o600)
            logins[f"{name}_LOGIN"] = str(login)
        client = self._primary.mysql.command("mysql")
        place = self._folder / "bin"
        place.mkdir()
        (place / "mysql").write_text("#!/bin/sh\nexec " + " ".join(map(repr, client)) + ' "$@"\n', encoding="utf-8")
        (place / "mysql").chmod(0o755)
        environment = self._environment() | logins | {"PATH": f"{place}:{os.environ['PATH']}"}
        environment["REPLICATION_PASSWORD"] = self._primary.capture.password
        began = time.time()
        done = subprocess.run(
            ["bash", str(script)], env=environment, capture_output=True, text=True, check=False, timeout=150
        )
        assert done.returncode == 0, done.stderr
        self.outcome.run_seconds = time.time() - began

    def _resumed(self) -> None:
        """The run is killed at a moment of its own choice, if it does not end before."""
        after = self._random.choice(("stop-", "fence", "drain", "detach", "promote"))
        journal = self._folder / "failover.jsonl"
        command = [sys.executable, "-m", "tailrace.cli", "failover", "run", "--yes", "--json", *self._options()]
        with subprocess.Popen(command, env=self._environment(), stdout=subprocess.DEVNULL) as process:

            def is_there() -> bool:
                told = journal.read_text(encoding="utf-8") if journal.exists() else ""
                return f'"step": "{after}' in told or process.poll() is not None

            self._await(is_there, f"the run does not come to {after}")
            process.kill()
        if '"finished"' in journal.read_text(encoding="utf-8"):
            self._promoted = self._promotion()
        else:
            self._run_planned()

    def _kill9(self) -> None:
        self._primary.kill9()
        self._fail_over("true")

    def _partition(self) -> None:
        self._cut(connector_too=True)
        self._fail_over(f"kill -9 {self._primary.pid}")

    def _ahead(self) -> None:
        self._cut(connector_too=False)
        self._fail_over(f"kill -9 {self._primary.pid}")
        assert self.outcome.refused, "the connector was ahead of the candidate, and nobody noticed"

    # Their parts

    def _set_up(self) -> None:
        running = Lab(self._folder / "lab").up(options=["--sync-binlog=0"])
        self._primary, self._replica = running.primary, running.replica
        for server in (self._primary, self._replica):
            self._parts.callback(server.kill9)
        self._to_replica, self._to_connector, self._to_us = (
            self._parts.enter_context(Proxy(self._primary.port)) for _ in range(3)
        )
        if self._kind in {"partition", "ahead"}:
            self._replica.execute("STOP REPLICA")
            self._replica.execute(f"CHANGE REPLICATION SOURCE TO SOURCE_PORT = {self._to_replica.port}")
            self._replica.execute("START REPLICA")

    @property
    def _servers(self) -> list[Server]:
        """In whose order clients look for one that takes writes."""
        return [self._primary, self._replica]

    @property
    def _by_endpoint(self) -> bool:
        return self._kind in {"endpoint", "partition", "ahead"}

    def _start_connector(self) -> None:
        config = self._capture.config(self._primary, self.name, self._folder)
        if self._by_endpoint:
            config["database.port"] = str(self._to_connector.port)
        reply = self._worker.ask("POST", "/connectors", {"name": self.name, "config": config})
        assert reply.status == 201, reply.text
        self._parts.callback(lambda: self._worker.ask("DELETE", f"/connectors/{self.name}"))
        streams = await_condition(lambda: self.offset() is not None, PATIENCE, every=self._capture.every)
        assert streams, f"it does not come to stream: {self._worker.ask('GET', f'/connectors/{self.name}/status').text}"

    def offset(self) -> GtidSet | None:
        found = self._worker.ask("GET", f"/connectors/{self.name}/offsets").body["offsets"]
        if not found or found[0]["offset"].get("snapshot"):
            return None
        return GtidSet(found[0]["offset"]["gtids"])

    @property
    def new_primary(self) -> Server:
        return self._replica

    def executed(self) -> str:
        """By the new primary."""
        return str(self.new_primary.execute("SELECT @@GLOBAL.gtid_executed")[0][0])

    def _cut(self, *, connector_too: bool) -> None:
        # The connector first: whether it is ahead of the replica is what the two kinds differ in.
        cut = [*([self._to_connector] if connector_too else []), self._to_replica, self._to_us]
        for proxy in cut:
            proxy.refuse()
            proxy.reset()
        # Its clients are on the primary's side, and write on.
        threading.Event().wait(self._random.uniform(0.1, 0.8))

    def _heal(self) -> None:
        for proxy in (self._to_replica, self._to_us, self._to_connector):
            with suppress(OSError):
                proxy.accept()

    def _run_planned(self) -> None:
        began = time.time()
        done = self._call("run", "--yes", "--json", *self._options())
        assert done.returncode == 0, done.stderr + done.stdout
        self.outcome.run_seconds = time.time() - began
        self._promoted = self._promotion()

    def _fail_over(self, fence: str) -> None:
        began = time.time()
        pid = self._primary.pid
        done = self._call("run", "--yes", "--json", "--dead", "--fence-command", fence, *self._options())
        if done.returncode:
            error = json.loads(done.stderr.splitlines()[-1])
            assert error["error"] == "FailoverError", done.stderr
            self._check_refusal(error["message"])
            # The way out: the primary comes back, with all that it had, and nothing is lost.
            if self._primary.pid is None or pid is None:
                self._primary.start()
            self._heal()
            self._await_replication()
            self._run_planned()
            return
        self.outcome.run_seconds = time.time() - began
        self._promoted = self._promotion()
        self._primary.kill9()
        self._primary.start(["--super-read-only=ON", "--skip-replica-start"])
        self._heal()
        self._check_what_came_back()

    def _check_refusal(self, message: str) -> None:
        """What it names is what the connector has and the replica has not (by now a connector may have more)."""
        candidate = GtidSet(self._replica.execute("SELECT @@GLOBAL.gtid_executed")[0][0])
        missing = (self.offset() or GtidSet()).subtract(candidate)
        found = re.search(r"[0-9a-f-]{36}:[0-9:-]+", message)
        assert found, f"refused, and no GTIDs are named: {message}"
        assert not GtidSet(found[0]).subtract(missing), f"{missing} is missing: {message}"
        assert GtidSet(found[0]).intersect(missing)
        self.outcome.refused = found[0]

    def _check_what_came_back(self) -> None:
        """What the dead primary had alone is named by `verify`."""
        old = GtidSet(self._primary.execute("SELECT @@GLOBAL.gtid_executed")[0][0])
        new = GtidSet(self._replica.execute("SELECT @@GLOBAL.gtid_executed")[0][0])
        alone = str(old.subtract(new))
        found = json.loads(self._call("verify", "--json", "--deadline", "20", *self._options()).stdout)
        named = next(one for one in found if one["check"] == "the old primary has nothing that the new one lacks")
        assert (named["severity"] == "problem") == bool(alone), named
        assert alone in named["evidence"], named
        self.outcome.lost_to_primary = alone

    def _await_replication(self) -> None:
        self._replica.execute("START REPLICA")
        state = "SELECT SERVICE_STATE FROM performance_schema.replication_connection_status"
        self._await(lambda: self._replica.execute(state) == (("ON",),), "the replica does not follow any more")

    def _promotion(self) -> float:
        lines = [json.loads(line) for line in (self._folder / "failover.jsonl").read_text().splitlines()]
        return next(
            float(line["at"]) for line in lines if line.get("step") == self._promoting and line["state"] == "done"
        )

    def _options(self) -> list[str]:
        options = [
            "--connector",
            self.name,
            "--url",
            self._worker.url,
            "--journal",
            str(self._folder / "failover.jsonl"),
        ]
        options += ["--source", "${env:DRILL_SOURCE}", "--candidate", "${env:DRILL_CANDIDATE}"]
        options += ["--replication-user", self._primary.capture.user]
        if self._by_endpoint:
            flag = self._folder / "moved"
            options += ["--endpoint", f"127.0.0.1:{self._to_connector.port}", "--endpoint-command", f"touch '{flag}'"]
        return options

    def _environment(self) -> dict[str, str]:
        ours = self._primary.admin_dsn.replace(str(self._primary.port), str(self._to_us.port))
        secret = self._primary.capture.password
        return {
            **os.environ,
            "DRILL_SOURCE": ours,
            "DRILL_CANDIDATE": self._replica.admin_dsn,
            "TAILRACE_REPLICATION_PASSWORD": secret,
        }

    def _call(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        stop = threading.Event()
        mover = threading.Thread(target=self._move_endpoint, args=(stop,))
        mover.start()
        try:
            return subprocess.run(
                [sys.executable, "-m", "tailrace.cli", "failover", command, *options],
                env=self._environment(),
                capture_output=True,
                text=True,
                check=False,
                timeout=150,
            )
        finally:
            stop.set()
            mover.join()

    def _move_endpoint(self, stop: threading.Event) -> None:
        """The endpoint is a proxy of this process, which is told to move by a file."""
        while not stop.wait(0.02):
            if (self._folder / "moved").exists():
                with suppress(OSError):
                    self._to_connector.accept()
                self._to_connector.lead_to(self._replica.port)
                return

    def _check(self) -> None:
        if not await_condition(lambda: self._capture.has_all(self), PATIENCE, every=self._capture.every):
            status = self._worker.ask("GET", f"/connectors/{self.name}/status").text
            message = f"not all comes: {self.offset()} of {self.executed()}: {status}"
            raise AssertionError(message)
        self._worker.ask("PUT", f"/connectors/{self.name}/stop")
        self._worker.await_state(self.name, "STOPPED", None)
        files = self._capture.files(self.name, self._folder)
        with self.new_primary.connect() as connection:
            for verdict in verify(connection, DATABASE, files):
                self.outcome.doubled += verdict.doubled + verdict.misfits
                if (verdict.rebuilt_rows, verdict.rebuilt_hash) != (verdict.server_rows, verdict.server_hash):
                    self.outcome.unequal.append(str(verdict))
        seen: set[int] = set()
        first = None
        for event in events(files):
            # On another server a transaction has another place; the same change cannot happen twice in one.
            change = hash(
                json.dumps([event["source"]["gtid"], event["source"]["table"], event["before"], event["after"]])
            )
            if event["op"] != "r":
                self.outcome.doubled += change in seen
                seen.add(change)
            if self._promoted and first is None and event["ts_ms"] / 1000 >= self._promoted:
                first = event["ts_ms"] / 1000
        if self._promoted:
            assert first is not None, "no event after the promotion"
            self.outcome.seconds = first - self._promoted

    def _await(self, holds: Any, otherwise: str) -> None:
        assert await_condition(holds, PATIENCE, every=0.02), otherwise
