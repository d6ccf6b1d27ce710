"""`tailrace events tail`: from topics of a Debezium and of our own connector, and from the files of a JSONL sink."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import pytest

from support.cli import Said, tailrace
from support.connector import started
from tailrace.errors import WorkerError
from tailrace.lab.server import await_condition
from tailrace.ops.connect import Connect
from tailrace.ops.http import Access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab
    from tailrace.lab.kafka import Broker

DATABASE = "cli_events"

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Made:
    """A connector, and where its events go."""

    name: str
    url: str

    def tail(self, *arguments: object) -> Said:
        return tailrace("events", "tail", "--connector", self.name, "--url", self.url, *arguments)

    def follow(self, *arguments: object) -> subprocess.Popen[str]:
        options = ["--connector", self.name, "--url", self.url, "--follow", *map(str, arguments)]
        command = [sys.executable, "-m", "tailrace.cli", "events", "tail", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process


@pytest.fixture(scope="module")
def database(mysql: lab.Server) -> Iterator[str]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(f"CREATE TABLE {DATABASE}.orders (id INT PRIMARY KEY, status VARCHAR(20), note TEXT)")
    mysql.execute(f"CREATE TABLE {DATABASE}.other (id INT PRIMARY KEY)")
    mysql.execute(f"INSERT INTO {DATABASE}.orders VALUES (1, 'new', 'ü')")
    yield DATABASE
    mysql.execute(f"DROP DATABASE {DATABASE}")


@pytest.fixture(scope="module", params=["debezium", "topics", "files"])
def made(
    request: pytest.FixtureRequest,
    mysql: lab.Server,
    kafka: Broker,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    name = f"clievents-{request.param}"
    worker = request.getfixturevalue("connect" if request.param == "debezium" else "tailrace_worker")
    sinks = {
        "debezium": {
            "schema.history.internal.kafka.bootstrap.servers": kafka.bootstrap,
            "schema.history.internal.kafka.topic": f"{name}.history",
            "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
        },
        "topics": {"sink.type": "kafka", "bootstrap.servers": kafka.bootstrap},
        "files": {"sink.type": "jsonl", "sink.path": str(tmp_path_factory.mktemp("events"))},
    }
    config = {
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "topic.prefix": name,
        "database.hostname": mysql.host,
        "database.port": str(mysql.port),
        "database.user": mysql.user,
        "database.password": mysql.password,
        "database.server.id": str(9510 + len(name)),
        "database.include.list": database,
        "include.schema.changes": "false",
        **sinks[request.param],
    }
    client = Connect(Access(worker.url))
    client.create(name, config)
    client.await_status(name, lambda status: bool(status and status.is_running), seconds=60)
    found = Made(name, worker.url)
    assert await_condition(lambda: found.tail("-n", 1).code == 0 and found.tail("-n", 1).out != "", 60, every=0.3)
    yield found
    with suppress(WorkerError):
        client.delete(name)
        client.await_status(name, lambda status: status is None, seconds=20)


def test_the_last_events_are_shown_with_what_has_changed(made: Made, mysql: lab.Server) -> None:
    mysql.execute(f"REPLACE INTO {DATABASE}.orders VALUES (7, 'new', NULL)")
    mysql.execute(f"UPDATE {DATABASE}.orders SET status = 'paid' WHERE id = 7")
    mysql.execute(f"INSERT INTO {DATABASE}.other SELECT COALESCE(MAX(id), 0) + 1 FROM {DATABASE}.other AS o")
    last = mysql.execute(f"SELECT MAX(id) FROM {DATABASE}.other")[0][0]

    def there() -> bool:
        # The rows of those before it are in the snapshot.
        return f"c   {DATABASE}.other  id={last}" in made.tail("-n", 1).out

    assert await_condition(there, 60, every=0.3), made.tail().out
    (update,) = made.tail("--table", f"{DATABASE}.orders", "-n", 1).out.splitlines()
    assert f"u   {DATABASE}.orders  id=7  status: 'new' → 'paid'" in update
    assert made.tail("--op", "update", "-n", 1).out.splitlines() == [update]
    reads = made.tail("--from-beginning", "--op", "r").out
    assert f"r   {DATABASE}.orders  id=1 status='new' note='ü'" in reads.replace("id=1  ", "id=1 ")
    document = made.tail("--op", "u", "-n", 1, "--json").json
    value: dict[str, Any] = document.get("value", document)
    assert (value["op"], value["after"]["status"]) == ("u", "paid")
    mysql.execute(f"DELETE FROM {DATABASE}.orders WHERE id = 7")


def test_what_comes_is_told_until_the_reader_has_enough(made: Made, mysql: lab.Server) -> None:
    number = 100

    def write() -> None:
        nonlocal number
        number += 1
        mysql.execute(f"REPLACE INTO {DATABASE}.orders VALUES ({number}, 'new', REPEAT('x', 3000))")

    with made.follow("-n", 0, "--json", "--table", f"{DATABASE}.orders", "--op", "c") as process:
        lines = _lines(process.stdout)
        # It follows from some moment on: written until something of it comes.
        assert await_condition(lambda: (write(), bool(lines))[1], 60, every=0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr
        assert process.stderr.read() == ""
    assert json.loads(lines[0]).get("value", json.loads(lines[0]))["after"]["status"] == "new"
    # As `| head -1` does.
    with made.follow("--from-beginning") as headed:
        assert headed.stdout
        assert headed.stdout.readline() != ""
        headed.stdout.close()
        assert await_condition(lambda: (write(), headed.poll() is not None)[1], 60, every=0.3)
        assert headed.stderr
        assert (headed.returncode, headed.stderr.read()) == (0, "")
    mysql.execute(f"DELETE FROM {DATABASE}.orders WHERE id > 100")


def test_what_cannot_be_read_is_told(made: Made) -> None:
    assert "choose of create" in made.tail("--op", "x").err
    nobody = tailrace("events", "tail", "--connector", "nobody", "--url", made.url)
    assert nobody.code == 1
    nothing = tailrace("events", "tail", "--file", "/no/such/events")
    assert (nothing.code, "there is no file of events" in nothing.err) == (2, True)


def _lines(stream: IO[str] | None) -> list[str]:
    """Filled by a thread as lines come."""
    import threading

    found: list[str] = []
    assert stream is not None
    threading.Thread(target=lambda: [found.append(line) for line in stream], daemon=True).start()
    return found
