"""The name that a connector calls leads to another server: it goes on where nothing is lost, and otherwise stops and
says which transactions are missing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.connector import Connector
from support.proxy import Proxy
from support.running import Running
from tailrace.errors import PositionPurged
from tailrace.lab.pair import Lab
from tailrace.lab.server import Server, await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ServerFactory


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    running = Lab(tmp_path / "lab").up()
    primary, replica = running.primary, running.replica
    yield primary, replica
    for server in (primary, replica):
        server.kill9()


def _last_gtid(server: Server) -> str:
    uuid, last = server.execute("SELECT @@server_uuid, SUBSTRING_INDEX(@@gtid_executed, '-', -1)")[0]
    return f"{uuid}:{last}"


def test_a_connector_goes_on_at_a_replica_waits_for_what_it_lacks_and_stops_where_that_will_never_come(
    pair: tuple[Server, Server], tmp_path: Path
) -> None:
    primary, replica = pair
    primary.execute("CREATE DATABASE moved")
    primary.execute("CREATE TABLE moved.t (id INT PRIMARY KEY, note VARCHAR(20))")
    with Proxy(primary.port) as proxy:
        running = Running(tmp_path / "connector", primary, "moved", database__port=proxy.port)
        with pytest.raises(PositionPurged) as caught:
            _move_to_and_fro(running, proxy, primary, replica)
    assert _last_gtid(primary) in caught.value.message
    assert running.wrong() == []


def _move_to_and_fro(running: Running, proxy: Proxy, primary: Server, replica: Server) -> None:
    def comes(identity: int) -> bool:
        return any(event["after"]["id"] == identity for event in running.events("t"))

    def insert(identity: int, note: str) -> None:
        primary.execute("INSERT INTO moved.t VALUES (%s, %s)", (identity, note))
        running.until(lambda: comes(identity), f"row {note} did not come")

    with running:
        insert(1, "at the primary")
        proxy.lead_to(replica.port)
        insert(2, "at the replica")

        replica.execute("STOP REPLICA")
        proxy.lead_to(primary.port)
        insert(3, "not at the replica")
        proxy.lead_to(replica.port)
        running.until(lambda: _last_gtid(primary) in running.engine.progress.reason, "it did not wait")
        replica.execute("START REPLICA")
        insert(4, "at both again")

        replica.execute("STOP REPLICA")
        proxy.lead_to(primary.port)
        insert(5, "never at the replica")
        replica.execute("SET GLOBAL read_only = OFF")
        proxy.lead_to(replica.port)
        assert await_condition(lambda: running.ended, 30), "it went on where a transaction was lost"


@pytest.mark.parametrize("mode", ["initial", "when_needed"])
def test_a_connector_that_is_started_at_a_replica_that_lags_waits_and_reads_no_table_again(
    pair: tuple[Server, Server], tmp_path: Path, mode: str
) -> None:
    primary, replica = pair
    primary.execute("CREATE DATABASE moved")
    primary.execute("CREATE TABLE moved.t (id INT PRIMARY KEY, note VARCHAR(20))")
    primary.execute("INSERT INTO moved.t VALUES (1, 'read')")
    with Proxy(primary.port) as proxy:
        given = {"database__port": proxy.port, "snapshot__mode": mode}
        with Running(tmp_path / "connector", primary, "moved", **given) as running:
            running.until(lambda: len(running.events("t")) == 1, "no snapshot")
            replica.execute("STOP REPLICA")
            primary.execute("INSERT INTO moved.t VALUES (2, 'streamed')")
            running.until(lambda: len(running.events("t")) == 2, "no stream")
        proxy.lead_to(replica.port)
        again = Running(tmp_path / "connector", primary, "moved", **given)
        again.begin()
        again.until(lambda: _last_gtid(primary) in again.engine.progress.reason, "it did not wait")
        replica.execute("START REPLICA")
        primary.execute("INSERT INTO moved.t VALUES (3, 'after')")
        again.until(lambda: len(again.events("t")) == 3, "it did not go on")
        again.end()
    assert [(event["op"], event["after"]["id"]) for event in again.events("t")] == [("r", 1), ("c", 2), ("c", 3)]


def test_file_and_position_are_not_looked_for_on_another_server(
    mysql_server_factory: ServerFactory, tmp_path: Path
) -> None:
    # Both have a file of that name, and a place of that number in it.
    one, other = (mysql_server_factory("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF") for _ in range(2))
    for server in (one, other):
        server.execute("CREATE DATABASE moved")
        server.execute("CREATE TABLE moved.t (id INT PRIMARY KEY)")
        server.execute(f"ALTER USER '{one.user}'@'%' IDENTIFIED BY '{one.password}'")
    with Proxy(one.port) as proxy:
        connector = Connector(tmp_path / "connector", one, "moved", database__port=proxy.port)
        connector.start()
        connector.await_streaming()
        one.execute("INSERT INTO moved.t VALUES (1)")
        connector.await_row("moved", "t", {"id": 1})
        proxy.lead_to(other.port)
        code, errors = connector.wait()
    error = json.loads(errors.splitlines()[-1])
    assert (code, error["error"]) == (1, "PositionPurged")
    assert "another server answers" in error["message"]
