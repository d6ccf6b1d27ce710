"""`tailrace snapshot`, against Debezium in Kafka Connect and against our own worker."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from support.cli import Said, tailrace
from support.running import SIGNALS
from tailrace.config.kafka import TopicRule
from tailrace.config.parse import parse_kafka
from tailrace.errors import WorkerError
from tailrace.kafka.topics import Topics
from tailrace.lab.server import await_condition
from tailrace.ops.connect import Connect
from tailrace.ops.http import Access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab
    from tailrace.lab.kafka import Broker

DATABASE = "cli_snapshot"
NAME = "clisnap"
ROWS = 300_000
"""More than are read, piece by piece, before the test stops it."""

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Made:
    """A connector of one kind."""

    kind: str
    url: str
    metrics: str
    dsn: str

    @property
    def is_debezium(self) -> bool:
        return self.kind == "connect"

    def call(self, command: str, *arguments: object, metrics: bool = True) -> Said:
        seen = ("--metrics", self.metrics) if metrics else ()
        return tailrace("snapshot", command, NAME, *arguments, "--url", self.url, *seen)

    def status(self) -> Any:
        said = self.call("status", "--json")
        assert said.code == 0, said.err
        return said.json


@pytest.fixture(scope="module")
def database(mysql: lab.Server) -> Iterator[str]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(SIGNALS.format(f"{DATABASE}.signals"))
    mysql.execute(f"CREATE TABLE {DATABASE}.small (id INT PRIMARY KEY, v INT)")
    mysql.execute(f"INSERT INTO {DATABASE}.small VALUES (1, 1), (2, 1), (3, 2)")
    mysql.execute(f"CREATE TABLE {DATABASE}.big (id INT PRIMARY KEY AUTO_INCREMENT, v INT)")
    mysql.execute(
        f"INSERT INTO {DATABASE}.big (v)"
        " WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        f" SELECT a.i FROM n AS a JOIN n AS b ON b.i <= {ROWS // 1000}"
    )
    yield DATABASE
    mysql.execute(f"DROP DATABASE {DATABASE}")


@pytest.fixture(scope="module", params=["connect", "tailrace_worker"])
def made(
    request: pytest.FixtureRequest,
    mysql: lab.Server,
    kafka: Broker,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    worker = request.getfixturevalue(request.param)
    config = {
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "topic.prefix": NAME,
        "database.hostname": mysql.host,
        "database.port": str(mysql.port),
        "database.user": mysql.admin.user,
        "database.password": mysql.admin.password,
        "database.server.id": "9310",
        "database.include.list": database,
        "snapshot.mode": "no_data",
        "signal.data.collection": f"{database}.signals",
        "incremental.snapshot.chunk.size": "20",
        "signal.enabled.channels": "source,kafka",
        "signal.kafka.topic": f"{NAME}.signal",
        "signal.kafka.bootstrap.servers": kafka.bootstrap,
        "signal.kafka.groupId": NAME,
        # Debezium's consumer gets on only while it polls: by default 0.1 s of 5 s, and it is deaf for most of a minute.
        "signal.kafka.poll.timeout.ms": "500",
        "signal.poll.interval.ms": "500",
    }
    topics = Topics(parse_kafka({"bootstrap.servers": kafka.bootstrap}))
    topics.open()
    topics.ensure([f"{NAME}.signal"], TopicRule(partitions=1))
    if request.param == "connect":
        config |= {
            "schema.history.internal.kafka.bootstrap.servers": kafka.bootstrap,
            "schema.history.internal.kafka.topic": f"{NAME}.history",
            "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
            "notification.enabled.channels": "sink",
            "notification.sink.topic.name": f"{NAME}.notifications",
        }
    else:
        config |= {"sink.type": "jsonl", "sink.path": str(tmp_path_factory.mktemp("snapshot") / "events")}
    client = Connect(Access(worker.url))
    client.create(NAME, config)
    dsn = f"mysql://{mysql.admin.user}:${{env:A_PASSWORD}}@{mysql.host}:{mysql.port}"
    found = Made(request.param, worker.url, worker.metrics_url, dsn)
    client.await_status(NAME, lambda status: bool(status and status.is_running), seconds=60)
    assert await_condition(lambda: client.offsets(NAME) != [], 60, every=0.3)
    yield found
    with suppress(WorkerError):
        client.delete(NAME)
        client.await_status(NAME, lambda status: status is None, seconds=20)


def test_a_snapshot_is_asked_for_and_awaited(made: Made) -> None:
    said = made.call("start", "--table", f"{DATABASE}.small", "--wait", "--deadline", 90, "--json")
    assert said.code == 0, said.out + said.err
    assert said.json["channel"] == ("source" if made.is_debezium else "rest")
    assert (said.json["done"], said.json["status"]["phase"]) == (True, "completed")
    assert said.json["status"]["rows"][f"{DATABASE}.small"] == 3
    only = ("--condition", f"{DATABASE}.small=v = 1", "--type", "blocking")
    said = made.call("start", "--table", f"{DATABASE}.small", *only, "--wait", "--deadline", 90)
    assert said.code == 0, said.out + said.err
    assert "done: the snapshot is completed" in said.out


def test_a_long_one_is_followed_paused_resumed_and_stopped(made: Made) -> None:
    said = made.call("start", "--table", rf"{DATABASE}\.big", "--channel", "kafka")
    assert said.code == 0, said.err
    assert f"sent by kafka: topic {NAME}.signal on " in said.out
    seen: list[Any] = []

    def runs() -> bool:
        seen.append(made.status())
        return bool(seen[-1]["phase"] == "running")

    assert await_condition(runs, 60, every=0.3), seen[-1]
    running = seen[-1]
    assert running["waiting"] == [f"{DATABASE}.big"]
    assert running["remaining"] >= 1
    paused = made.call("pause", "--wait", "--deadline", 60, "--json")
    assert (paused.code, paused.json["status"]["phase"]) == (0, "paused")
    assert 0 < made.status()["rows"][f"{DATABASE}.big"] < ROWS
    shown = made.call("status").out
    assert "snapshot" in shown
    assert "paused" in shown
    assert f"delivered up to key {made.status()['last_key']}" in shown
    assert made.call("resume", "--wait", "--deadline", 60).code == 0
    if made.status()["phase"] == "running":
        stopped = made.call("stop", "--wait", "--deadline", 60, "--json")
        assert stopped.code == 0, stopped.out
        assert stopped.json["status"]["phase"] not in {"running", "paused"}


def test_what_cannot_be_is_told_before_a_signal_is_sent(
    made: Made, mysql: lab.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_PASSWORD", mysql.admin.password)
    for table, why in ((f"{DATABASE}.nothing", "there is no table"), ("elsewhere.t", "is not captured")):
        said = made.call("start", "--table", table, "--source", made.dsn)
        assert (said.code, why in said.err) == (2, True), said.err
    assert made.call("start").code == 2
    by_file = made.call("start", "--table", f"{DATABASE}.small", "--channel", "file")
    assert "signal.enabled.channels has source, kafka, not file" in by_file.err
    mysql.execute(f"RENAME TABLE {DATABASE}.signals TO {DATABASE}.kept")
    try:
        by_table = ("start", "--table", f"{DATABASE}.small", "--channel", "source", "--source", made.dsn)
        missing = made.call(*by_table)
        mysql.execute(f"CREATE TABLE {DATABASE}.signals (id VARCHAR(42), kind VARCHAR(32), data VARCHAR(2048))")
        wrong = made.call(*by_table)
        mysql.execute(f"DROP TABLE {DATABASE}.signals")
        mysql.execute(f"CREATE TABLE {DATABASE}.signals (id VARCHAR(42), type VARCHAR(32), data VARCHAR(20))")
        narrow = made.call(*by_table)
        mysql.execute(f"DROP TABLE {DATABASE}.signals")
    finally:
        mysql.execute(f"RENAME TABLE {DATABASE}.kept TO {DATABASE}.signals")
    assert f"CREATE TABLE {DATABASE}.signals (id VARCHAR(42)" in missing.err
    assert "has columns id, kind, data; it must have id, type, data" in wrong.err
    assert f"ALTER TABLE {DATABASE}.signals MODIFY data VARCHAR(4096)" in narrow.err
    assert {said.code for said in (missing, wrong, narrow)} == {2}
    if not made.is_debezium:
        hidden = made.call("start", "--table", f"{DATABASE}.small", "--channel", "source")
        assert "database.password is not shown here" in hidden.err


def test_names_of_connectors_are_completed(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TAILRACE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"tailrace snapshot status {NAME[:3]}")
    monkeypatch.setenv("COMP_CWORD", "3")
    monkeypatch.setenv("TAILRACE_URL", made.url)
    assert f"plain,{NAME}" in tailrace().out


@dataclass(frozen=True)
class Untold:
    """A Debezium without notifications, with an account of its own."""

    made: Made
    client: Connect
    account: str

    def start(self, *arguments: object) -> Said:
        found = ("--table", f"{DATABASE}.small", "--source", self.made.dsn, "--wait", "--deadline", 60, *arguments)
        seen = ("--url", self.made.url, "--metrics", self.made.metrics)
        return tailrace("snapshot", "start", "untold", *found, *seen)


@pytest.fixture(scope="module")
def untold(request: pytest.FixtureRequest, mysql: lab.Server, kafka: Broker, database: str) -> Iterator[Untold]:
    worker = request.getfixturevalue("connect")
    account = "'untold'@'%'"
    mysql.execute(f"CREATE USER {account} IDENTIFIED BY 'untold'")
    mysql.execute(f"GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT, LOCK TABLES ON *.* TO {account}")
    mysql.execute(f"GRANT INSERT ON {database}.signals TO {account}")
    client = Connect(Access(worker.url))
    client.create(
        "untold",
        {
            "connector.class": "io.debezium.connector.mysql.MySqlConnector",
            "topic.prefix": "untold",
            "database.hostname": mysql.host,
            "database.port": str(mysql.port),
            "database.user": "untold",
            "database.password": "untold",
            "database.server.id": "9311",
            "table.include.list": rf"{database}\.small",
            "snapshot.mode": "no_data",
            "signal.data.collection": f"{database}.signals",
            "schema.history.internal.kafka.bootstrap.servers": kafka.bootstrap,
            "schema.history.internal.kafka.topic": "untold.history",
            "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
        },
    )
    dsn = f"mysql://{mysql.admin.user}:${{env:A_PASSWORD}}@{mysql.host}:{mysql.port}"
    client.await_status("untold", lambda status: bool(status and status.is_running), seconds=60)
    mysql.execute(f"INSERT INTO {database}.small VALUES (4, 4)")
    assert await_condition(lambda: client.offsets("untold") != [], 60, every=0.3)
    yield Untold(Made("connect", worker.url, worker.metrics_url, dsn), client, account)
    client.delete("untold")
    client.await_status("untold", lambda status: status is None, seconds=20)
    mysql.execute(f"DROP USER {account}")


def test_a_short_one_is_seen_again_though_it_begins_and_ends_between_two_looks(
    untold: Untold, mysql: lab.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_PASSWORD", mysql.admin.password)
    monkeypatch.setattr("tailrace.cli.snapshot.LOOK_SECONDS", 6.0)
    for _ in range(2):
        said = untold.start("--json")
        assert (said.code, said.json["done"], said.json["problem"]) == (0, True, ""), said.out + said.err


def test_one_that_cannot_be_is_told_instead_of_awaited(
    untold: Untold, mysql: lab.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_PASSWORD", mysql.admin.password)
    monkeypatch.setattr("tailrace.cli.snapshot.QUIET_SECONDS", 12.0)
    mysql.execute(f"REVOKE INSERT ON {DATABASE}.signals FROM {untold.account}")
    try:
        denied = untold.start()
    finally:
        mysql.execute(f"GRANT INSERT ON {DATABASE}.signals TO {untold.account}")
    assert denied.code == 1
    assert f"untold may not INSERT into {DATABASE}.signals" in denied.err
    assert "GRANT INSERT ON" in denied.err
    untold.client.stop("untold")
    untold.client.await_status("untold", lambda status: bool(status and status.is_stopped), seconds=30)
    stopped = untold.start()
    assert stopped.code == 1
    assert "the connector is STOPPED" in stopped.out
