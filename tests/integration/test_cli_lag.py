"""`tailrace lag`, of a Debezium in Kafka Connect and of our own worker, against real servers."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from support.cli import Said, tailrace
from support.connector import started
from tailrace.errors import WorkerError
from tailrace.lab.pair import Lab
from tailrace.lab.server import await_condition
from tailrace.ops.connect import Connect
from tailrace.ops.http import Access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.workers import TailraceWorker
    from tailrace import lab
    from tailrace.lab.kafka import Broker

DATABASE = "cli_lag"
NAME = "clilag"

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Made:
    """A connector of one kind."""

    kind: str
    url: str
    metrics: str
    client: Connect
    name: str = NAME

    @property
    def is_debezium(self) -> bool:
        return self.kind == "connect"

    def call(self, *arguments: object, source: str = "", metrics: bool = True) -> Said:
        seen = ("--metrics", self.metrics) if metrics else ()
        server = ("--source", source) if source else ()
        return tailrace("lag", self.name, "--url", self.url, *seen, *server, *arguments)

    def report(self, source: str, *, metrics: bool = True) -> Any:
        said = self.call("--json", source=source, metrics=metrics)
        assert said.code == 0, said.err
        return said.json[0]


def dsn(server: lab.Server) -> str:
    return f"mysql://{server.user}:${{env:LAG_{server.port}}}@{server.host}:{server.port}"


@contextmanager
def connector(client: Connect, server: lab.Server, name: str = NAME, **properties: str) -> Iterator[None]:
    config = {
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "topic.prefix": name,
        "database.hostname": server.host,
        "database.port": str(server.port),
        "database.user": server.user,
        "database.password": server.password,
        "database.server.id": "9410",
        "database.include.list": DATABASE,
        "snapshot.mode": "no_data",
        **properties,
    }
    client.create(name, config)
    try:
        client.await_status(name, lambda status: bool(status and status.is_running), seconds=60)
        yield
    finally:
        with suppress(WorkerError):
            client.delete(name)
            client.await_status(name, lambda status: status is None, seconds=20)


@pytest.fixture(scope="module")
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(1000))")
    mysql.execute(f"INSERT INTO {DATABASE}.t (v) VALUES (REPEAT('x', 1000))")
    yield mysql
    mysql.execute(f"DROP DATABASE {DATABASE}")


@pytest.fixture(autouse=True)
def _passwords(mysql: lab.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"LAG_{mysql.port}", mysql.password)


@pytest.fixture(scope="module", params=["connect", "tailrace_worker"])
def made(
    request: pytest.FixtureRequest,
    server: lab.Server,
    kafka: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    worker = request.getfixturevalue(request.param)
    own: dict[str, str] = {"sink.type": "jsonl", "sink.path": str(tmp_path_factory.mktemp("lag") / "events")}
    if request.param == "connect":
        own = {
            "schema.history.internal.kafka.bootstrap.servers": kafka.bootstrap,
            "schema.history.internal.kafka.topic": f"{NAME}.history",
            "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
        }
    client = Connect(Access(worker.url))
    with connector(client, server, **own):
        yield Made(request.param, worker.url, worker.metrics_url, client)


def write(server: lab.Server, transactions: int) -> None:
    for _ in range(transactions):
        server.execute(f"INSERT INTO {DATABASE}.t (v) VALUES (REPEAT('x', 1000))")


def hop(report: Any, name: str) -> Any:
    return next(each for each in report["hops"] if each["name"] == name)


def test_what_is_caught_up_has_no_lag_by_any_figure(made: Made, server: lab.Server) -> None:
    write(server, 5)

    def caught_up() -> bool:
        now = made.report(dsn(server))
        return hop(now, "source → connector")["seconds"] == 0 and hop(now, "connector → sink")["mood"] == "fine"

    assert await_condition(caught_up, 60, every=0.3), made.report(dsn(server))
    found = made.report(dsn(server))
    capture = hop(found, "source → connector")
    assert (capture["mood"], capture["seconds"]) == ("fine", 0.0)
    assert hop(found, "connector → sink")["mood"] == "fine"
    assert found["purge"]["bytes"] > 0
    assert found["missing"] == []
    fine = made.call("--fail-above", "60s", source=dsn(server))
    assert fine.code == 0, fine.out + fine.err
    assert "nothing is missing" in fine.out or "read the binlog to its end" in fine.out
    # The source as the configuration has it: Kafka Connect shows it whole, ours hides the password.
    bare = made.report("")
    assert ("database.password is not shown here" in "".join(bare["missing"])) is not made.is_debezium


def test_a_deaf_debezium_is_frozen_and_a_stopped_connector_is_down(made: Made, server: lab.Server) -> None:
    write(server, 1)
    if made.is_debezium:
        made.client.await_status(NAME, lambda status: bool(status and status.is_running), seconds=30)
        find = "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"
        for (thread,) in server.execute(find):
            server.execute(f"KILL {thread}")
        wanted = "frozen"
    else:
        made.client.stop(NAME)
        made.client.await_status(NAME, lambda status: bool(status and status.is_stopped), seconds=30)
        wanted = "down"
    try:
        write(server, 7)

        def noticed() -> bool:
            capture = hop(made.report(dsn(server)), "source → connector")
            # Its silence outgrows whatever lag its last event had.
            told = capture["told"] or 0 if made.is_debezium else -1
            return capture["mood"] == wanted and capture["transactions"] >= 7 and capture["seconds"] > told

        assert await_condition(noticed, 60, every=0.3), made.report(dsn(server))
        capture = hop(made.report(dsn(server)), "source → connector")
        assert capture["bytes"] > 7 * 1000
        assert capture["seconds"] is not None
        failing = made.call("--fail-above", "1ms", source=dsn(server))
        assert failing.code == 1
        assert f"{NAME}: lag is" in failing.err
        if made.is_debezium:
            assert capture["seconds"] > capture["told"]
            assert "Connected = 0" in capture["meaning"]
    finally:
        if made.is_debezium:
            made.client.restart(NAME, tasks=True, failed_only=False)
        else:
            made.client.resume(NAME)


def test_watching_tells_look_by_look_and_ends_quietly(made: Made, server: lab.Server) -> None:
    options = ["--url", made.url, "--metrics", made.metrics, "--source", dsn(server), "--watch", "--every", "100ms"]
    command = [sys.executable, "-m", "tailrace.cli", "lag", NAME, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        started.append(process)
        assert process.stdout
        assert process.stderr
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
        assert process.wait(30) == 0, errors
    assert errors == ""
    assert all(f"  {NAME}  lag " in line and "[source → connector: " in line for line in lines), lines


def test_a_replica_as_the_source_has_a_hop_of_its_own(
    tailrace_worker: TailraceWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = Lab(tmp_path / "lab").up()
    try:
        for each in (pair.primary, pair.replica):
            monkeypatch.setenv(f"LAG_{each.port}", each.password)
        pair.primary.execute(f"CREATE DATABASE {DATABASE}")
        pair.primary.execute(f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(1000))")
        client = Connect(Access(tailrace_worker.url))
        files = {"sink.type": "jsonl", "sink.path": str(tmp_path / "events")}
        with connector(client, pair.primary, "onpair", **files):
            mine = Made("tailrace_worker", tailrace_worker.url, tailrace_worker.metrics_url, client, "onpair")
            write(pair.primary, 3)
            name = f"127.0.0.1:{pair.primary.port} → replica"
            at_replica = dsn(pair.replica)
            assert await_condition(lambda: hop(mine.report(at_replica), name)["mood"] == "fine", 60, every=0.3)

            def all_there() -> bool:
                return bool(hop(mine.report(at_replica), "source → connector")["transactions"] == 0)

            assert await_condition(all_there, 60, every=0.3), mine.report(at_replica)
            # Its files are others: no distance in bytes of a place that means nothing there.
            assert mine.report(at_replica)["purge"]["bytes"] is None
            assert mine.report(dsn(pair.primary))["purge"]["bytes"] > 0
            pair.replica.execute("STOP REPLICA SQL_THREAD")
            assert await_condition(lambda: hop(mine.report(at_replica), name)["mood"] == "down", 30, every=0.3)
            write(pair.primary, 4)
            assert await_condition(lambda: hop(mine.report(at_replica), name)["transactions"] == 4, 30, every=0.3)

            def captured() -> bool:
                return hop(mine.report(dsn(pair.primary)), "source → connector")["transactions"] == 0

            assert await_condition(captured, 30, every=0.3)
            # The connector is ahead of the replica then, and that is no lag of 0.
            ahead = hop(mine.report(at_replica), "source → connector")
            assert ahead["mood"] == "unknown"
            assert "4 transactions that this server never executed" in ahead["meaning"]
    finally:
        for each in (pair.replica, pair.primary):
            each.kill9()


def test_retention_is_computed_of_measured_rates(server: lab.Server) -> None:
    table = ("retention", "--source", dsn(server), "--table", f"{DATABASE}.t", "--measure", "100ms")
    said = tailrace("lag", *table, "--disk-free", "900G", "--json")
    assert said.code == 0, said.err
    assert said.json["need"]["rows_per_second"] > 1
    assert said.json["retention"]["fits"] is True
    slow = tailrace("lag", *table, "--rows-per-second", "1", "--safety", 1e7, "--write-rate", "1M", "--disk-free", "1G")
    assert slow.code == 1, slow.out
    assert "does not fit" in slow.out
    assert "SET PERSIST binlog_expire_logs_seconds = " in slow.out
    missing = tailrace("lag", "retention", "--source", dsn(server), "--table", f"{DATABASE}.nothing")
    assert missing.code == 2
    assert "there is no table" in missing.err
