"""A worker in a process of its own, over a real server: what its connectors write is what the tables had."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from support.connector import doubled
from support.rest import Worker, connector_config
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ServerFactory
    from tailrace.lab import Server


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    name = "worker_test"
    mysql.execute(f"CREATE DATABASE {name}")
    mysql.execute(f"CREATE TABLE {name}.t (id INT PRIMARY KEY, v TEXT)")
    yield name
    mysql.execute(f"DROP DATABASE {name}")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    with Worker(tmp_path, sink__type="jsonl") as made:
        yield made


def events(worker: Worker, name: str) -> list[dict[str, Any]]:
    """What the connector has written, a line that is still being written left out."""
    found = []
    for file in sorted((worker.folder / name).glob("*.jsonl")):
        with suppress(FileNotFoundError):
            found += [json.loads(line) for line in file.read_bytes().rpartition(b"\n")[0].splitlines()]
    return found


def ids(worker: Worker, name: str) -> list[int]:
    return [event["after"]["id"] for event in events(worker, name) if event["op"] != "d"]


def await_ids(worker: Worker, name: str, wanted: list[int]) -> None:
    assert await_condition(lambda: ids(worker, name) == wanted, 30, every=0.05), ids(worker, name)


def create(
    worker: Worker, server: Server, database: str, name: str, number: int, **properties: object
) -> dict[str, Any]:
    config = connector_config(
        server, database, database__server__id=7400 + number, sink__path=worker.folder / name, **properties
    )
    config = {key: str(value) for key, value in config.items()}
    reply = worker.ask("POST", "/connectors", {"name": name, "config": config})
    assert reply.status == 201, reply.text
    return config


def await_offset(worker: Worker, name: str, gtids: str) -> None:
    def stored() -> bool:
        found = worker.ask("GET", f"/connectors/{name}/offsets").body["offsets"]
        return bool(found) and found[0]["offset"].get("gtids") == gtids

    assert await_condition(stored, 30, every=0.05), worker.ask("GET", f"/connectors/{name}/offsets").text


def executed(server: Server) -> str:
    return str(server.execute("SELECT @@gtid_executed")[0][0]).replace("\n", "")


def test_a_connectors_life(worker: Worker, mysql: Server, database: str) -> None:
    insert = f"INSERT INTO {database}.t VALUES ({{}}, 'x')".format
    mysql.execute(insert(1))
    config = create(worker, mysql, database, "a", 1)
    mysql.execute(insert(2))
    await_ids(worker, "a", [1, 2])
    worker.await_state("a", "RUNNING", "RUNNING")
    assert await_condition(lambda: worker.ask("GET", "/connectors/a/topics").body["a"]["topics"] != [], 30)
    assert worker.ask("GET", "/connectors/a/topics").body == {"a": {"topics": [f"test.{database}.t"]}}
    worker.ask("PUT", "/connectors/a/topics/reset")
    assert worker.ask("GET", "/connectors/a/topics").body == {"a": {"topics": []}}

    # What is written while it rests comes afterwards.
    assert worker.ask("PUT", "/connectors/a/pause").status == 202
    worker.await_state("a", "PAUSED", "PAUSED")
    mysql.execute(insert(3))
    assert worker.ask("PUT", "/connectors/a/resume").status == 202
    await_ids(worker, "a", [1, 2, 3])

    # A wrong configuration changes nothing; a right one is taken at once, and shown secrets may come back masked.
    wrong = worker.ask("PUT", "/connectors/a/config", config | {"table.include.lst": "x"})
    assert wrong.status == 400
    assert "did you mean table.include.list" in wrong.body["message"]
    worker.await_state("a", "RUNNING", "RUNNING")
    shown = worker.ask("GET", "/connectors/a/config").body
    assert shown["database.password"] == "********"
    assert worker.ask("PUT", "/connectors/a/config", shown | {"skipped.operations": "u"}).status == 200
    worker.await_state("a", "RUNNING", "RUNNING")
    mysql.execute(f"UPDATE {database}.t SET v = 'y'")
    mysql.execute(insert(4))
    await_ids(worker, "a", [1, 2, 3, 4])

    # Restarts lose and double nothing; a connector that was deleted and made again goes on where it was.
    assert worker.ask("POST", "/connectors/a/restart?includeTasks=true").body["tasks"][0]["state"] == "RESTARTING"
    mysql.execute(insert(6))
    await_ids(worker, "a", [1, 2, 3, 4, 6])
    assert worker.ask("DELETE", "/connectors/a").status == 204
    assert worker.ask("GET", "/connectors/a").status == 404
    mysql.execute(insert(7))
    create(worker, mysql, database, "a", 1)
    await_ids(worker, "a", [1, 2, 3, 4, 6, 7])
    assert worker.stop() == 0
    assert mysql.password not in worker.log


def test_a_connector_that_rests_falls_behind_and_says_so(worker: Worker, mysql: Server, database: str) -> None:
    insert = f"INSERT INTO {database}.t VALUES ({{}}, 'x')".format

    def await_gap(gap: int | None) -> None:
        def told() -> dict[str, Any]:
            return worker.ask("GET", "/tailrace/connectors/a/progress").body["distance"] or {"gtid_gap": None}

        # It looks every ten seconds.
        assert await_condition(lambda: told()["gtid_gap"] == gap, 30, every=0.2), told()

    mysql.execute(insert(1))
    create(worker, mysql, database, "a", 3)
    await_ids(worker, "a", [1])
    await_gap(0)
    assert worker.ask("PUT", "/connectors/a/pause").status == 202
    worker.await_state("a", "PAUSED", "PAUSED")
    for number in range(2, 5):
        mysql.execute(insert(number))
    await_gap(3)
    assert worker.ask("PUT", "/connectors/a/stop").status == 204
    mysql.execute(insert(5))
    await_gap(4)
    dumps = "SELECT COUNT(*) FROM performance_schema.threads WHERE processlist_command LIKE 'Binlog Dump%'"
    assert mysql.execute(dumps)[0][0] == 0
    # What was behind an offset that is forgotten is not behind the next.
    assert worker.ask("DELETE", "/connectors/a/offsets").status == 200
    await_gap(None)


def test_offsets_can_be_moved_back_and_forgotten_while_it_is_stopped(
    worker: Worker, mysql: Server, database: str
) -> None:
    insert = f"INSERT INTO {database}.t VALUES ({{}}, 'x')".format
    mysql.execute(insert(1))
    create(worker, mysql, database, "a", 2)
    await_ids(worker, "a", [1])
    assert worker.ask("DELETE", "/connectors/a/offsets").status == 400
    await_offset(worker, "a", executed(mysql))
    assert worker.ask("PUT", "/connectors/a/stop").status == 204
    assert worker.state("a") == ("STOPPED", None)
    before = executed(mysql)
    mysql.execute(insert(5))
    assert worker.ask("PUT", "/connectors/a/resume").status == 202
    await_ids(worker, "a", [1, 5])
    assert worker.ask("PUT", "/connectors/a/stop").status == 204
    entry = worker.ask("GET", "/connectors/a/offsets").body["offsets"][0]
    assert entry["partition"] == {"server": "test"}
    entry["offset"]["gtids"] = before
    assert worker.ask("PATCH", "/connectors/a/offsets", {"offsets": [entry]}).status == 200
    worker.ask("PUT", "/connectors/a/resume")
    await_ids(worker, "a", [1, 5, 5])
    worker.ask("PUT", "/connectors/a/stop")

    # Reset: as if for the first time.
    assert worker.ask("DELETE", "/connectors/a/offsets").status == 200
    assert worker.ask("GET", "/connectors/a/offsets").body == {"offsets": []}
    worker.ask("PUT", "/connectors/a/resume")
    await_ids(worker, "a", [1, 5, 5, 1, 5])


def test_kill9_and_start_again_lose_and_double_nothing(worker: Worker, mysql: Server, database: str) -> None:
    for number, name in enumerate(("a", "b")):
        create(worker, mysql, database, name, 10 + number)
        worker.await_state(name, "RUNNING", "RUNNING")
    create(worker, mysql, database, "rests", 12)
    worker.ask("PUT", "/connectors/rests/stop")
    rows, done = 600, threading.Event()

    def write() -> None:
        for first in range(0, rows, 3):
            values = ", ".join(f"({number}, 'x')" for number in range(first, first + 3))
            mysql.execute(f"INSERT INTO {database}.t VALUES {values}")
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    for threshold in (100, 300):
        assert await_condition(lambda least=threshold: len(ids(worker, "a")) > least, 60, every=0.01)  # type: ignore[misc]
        worker.kill9()
        worker.start()
    writer.join()
    for name in ("a", "b"):
        assert await_condition(lambda name=name: len(ids(worker, name)) >= rows, 60, every=0.05)  # type: ignore[misc]
        found = events(worker, name)
        assert sorted(event["after"]["id"] for event in found) == list(range(rows))
        assert not doubled(found)
        worker.await_state(name, "RUNNING", "RUNNING")
    assert worker.state("rests") == ("STOPPED", None)
    assert done.is_set()


def test_one_that_fails_harms_no_other(worker: Worker, mysql: Server, database: str) -> None:
    create(worker, mysql, database, "well", 20)
    create(worker, mysql, database, "ill", 21, table__include__list=f"{database}.nosuch")
    worker.await_state("ill", "RUNNING", "FAILED")
    trace = worker.ask("GET", "/connectors/ill/status").body["tasks"][0]["trace"]
    assert "no table of the server matches" in trace
    assert worker.ask("GET", "/tailrace/health").body["status"] == "degraded"
    mysql.execute(f"INSERT INTO {database}.t VALUES (1, 'x')")
    await_ids(worker, "well", [1])
    assert worker.state("well") == ("RUNNING", "RUNNING")

    # The cause is mended, and a restart of what failed is enough.
    mysql.execute(f"CREATE TABLE {database}.nosuch (id INT PRIMARY KEY)")
    mysql.execute(f"INSERT INTO {database}.nosuch VALUES (9)")
    reply = worker.ask("POST", "/connectors/ill/restart?includeTasks=true&onlyFailed=true")
    assert reply.body["tasks"][0]["state"] == "RESTARTING"
    await_ids(worker, "ill", [9])
    worker.await_state("ill", "RUNNING", "RUNNING")


def test_a_server_that_is_away_when_the_worker_starts_is_waited_for(
    mysql_server_factory: ServerFactory, tmp_path: Path
) -> None:
    server = mysql_server_factory()
    server.execute("CREATE DATABASE away")
    server.execute("CREATE TABLE away.t (id INT PRIMARY KEY)")
    with Worker(tmp_path, sink__type="jsonl") as worker:
        create(worker, server, "away", "a", 30)
        worker.await_state("a", "RUNNING", "RUNNING")
        assert await_condition(
            lambda: worker.ask("GET", "/tailrace/connectors/a/progress").body["state"] == "streaming", 30
        )
        server.stop()
        progress = "/tailrace/connectors/a/progress"
        assert await_condition(lambda: worker.ask("GET", progress).body["state"] == "reconnecting", 30)
        assert worker.state("a") == ("RUNNING", "RUNNING")
        worker.kill9()
        worker.start()

        def waits() -> bool:
            # While it tries again it runs, without a trace.
            task = worker.ask("GET", "/connectors/a/status").body["tasks"][0]
            return task["state"] == "RESTARTING" and "refused" in task.get("trace", "")

        assert await_condition(waits, 30, every=0.05), worker.ask("GET", "/connectors/a/status").text
        server.start()
        server.execute("INSERT INTO away.t VALUES (1)")
        await_ids(worker, "a", [1])
        worker.await_state("a", "RUNNING", "RUNNING")
        # What was there before is a 409, and changes nothing.
        reply = worker.ask("POST", "/connectors", {"name": "a", "config": connector_config(server, "away")})
        assert reply.status == 409


def test_a_signal_by_rest_is_carried_out_and_told_of_after_restarts_too(
    worker: Worker, mysql: Server, database: str
) -> None:
    mysql.execute(f"INSERT INTO {database}.t VALUES (1, 'x')")
    create(worker, mysql, database, "s", 9)
    await_ids(worker, "s", [1])
    signals, told = "/tailrace/connectors/s/signals", "/tailrace/connectors/s/notifications"

    def since(number: int) -> tuple[list[dict[str, Any]], int]:
        answer = worker.ask("GET", f"{told}?since={number}").body
        return answer["notifications"], answer["next"]

    asked = {"id": "again", "type": "execute-snapshot", "data": {"data-collections": [rf"{database}\.t"]}}
    reply = worker.ask("POST", signals, asked)
    assert (reply.status, reply.body["id"]) == (202, "again")
    await_ids(worker, "s", [1, 1])
    ours = {("again", "STARTED"), ("again", "COMPLETED")}
    assert await_condition(lambda: ours <= {(each["id"], each["type"]) for each in since(0)[0]}, 30), since(0)
    everything, last = since(0)
    assert since(last) == ([], last)
    assert since(everything[0]["number"])[0] == everything[1:]
    assert worker.ask("GET", f"{told}?limit=1").body == {"notifications": everything[-1:], "next": last}

    # What no table is, the engine refuses, and says so; the numbers of a new run go on above the old ones.
    assert worker.ask("POST", "/connectors/s/restart?includeTasks=true").status == 202
    worker.await_state("s", "RUNNING", "RUNNING")
    nothing = {"type": "execute-snapshot", "data": {"data-collections": ["no.such"]}}
    assert await_condition(lambda: worker.ask("POST", signals, nothing).status == 202, 30)
    assert await_condition(lambda: any(each["type"] == "REFUSED" for each in since(last)[0]), 30), since(0)
