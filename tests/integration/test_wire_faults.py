"""The network fails in every way it can; the connector goes on by itself, and no event is lost or doubled.

`DEADLINE` is the promise: streaming again within two seconds of the server being reachable. On a busy machine a test
waits longer before it fails, so it uses `PATIENCE`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from support.connector import Connector, doubled
from support.proxy import Proxy
from tailrace.lab.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import ServerFactory
    from tailrace.lab import Server

DEADLINE = 2.0
PATIENCE = 4 * DEADLINE


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    mysql.execute("CREATE DATABASE faults")
    mysql.execute("CREATE TABLE faults.t (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(200))")
    mysql.execute("CREATE TABLE faults.marker (id INT PRIMARY KEY)")
    yield "faults"
    mysql.execute("DROP DATABASE faults")


@pytest.fixture
def proxy(mysql: Server) -> Iterator[Proxy]:
    with Proxy(mysql.port) as made:
        yield made


@pytest.fixture
def connector(mysql: Server, proxy: Proxy, database: str, tmp_path: Path) -> Connector:
    """Streaming, through the proxy."""
    made = Connector(tmp_path, mysql, database, database__port=proxy.port)
    made.start()
    made.catch_up(mysql, database, 1)
    return made


def _insert(mysql: Server, rows: int) -> None:
    values = ", ".join(["(REPEAT('x', 150))"] * rows)
    mysql.execute(f"INSERT INTO faults.t (note) VALUES {values}")


def _proven(connector: Connector, mysql: Server) -> None:
    assert connector.stop() == 0
    assert doubled(connector.events()) == []
    with mysql.connect() as connection:
        assert all(verdict.equal for verdict in verify(connection, "faults", connector.files))


@pytest.mark.parametrize("count", [1, 3, 700, 20_000, 100_001])
def test_a_connection_cut_inside_a_packet_is_taken_up_again(
    count: int, connector: Connector, proxy: Proxy, mysql: Server
) -> None:
    proxy.cut_after(count)
    _insert(mysql, 500)
    _insert(mysql, 500)
    mysql.execute("INSERT INTO faults.marker VALUES (2)")
    connector.await_row("faults", "marker", {"id": 2}, PATIENCE)
    _proven(connector, mysql)


def test_many_cuts_inside_one_large_transaction_still_give_each_row_once(
    connector: Connector, proxy: Proxy, mysql: Server
) -> None:
    proxy.delay(0.02)  # for each 64 KiB: a transaction of 3 MB is under way for a second
    _insert(mysql, 20_000)
    for _ in range(3):
        before = proxy.passed
        _await(lambda before=before: proxy.passed > before + 300_000)
        proxy.reset()
    mysql.execute("INSERT INTO faults.marker VALUES (2)")
    connector.await_row("faults", "marker", {"id": 2}, 3 * PATIENCE)
    _proven(connector, mysql)


def test_a_reset_connection_is_taken_up_again(connector: Connector, proxy: Proxy, mysql: Server) -> None:
    proxy.reset()
    mysql.execute("INSERT INTO faults.marker VALUES (2)")
    connector.await_row("faults", "marker", {"id": 2}, PATIENCE)
    _proven(connector, mysql)


def test_a_connection_that_is_silently_dead_is_noticed_by_missing_heartbeats(
    connector: Connector, proxy: Proxy, mysql: Server
) -> None:
    proxy.stall()
    mysql.execute("INSERT INTO faults.marker VALUES (2)")
    # Longer than the connector waits for a heartbeat: it must have given the connection up by itself.
    threading.Event().wait(3)
    proxy.reset()
    proxy.resume()
    connector.await_row("faults", "marker", {"id": 2}, PATIENCE)
    _proven(connector, mysql)


def test_a_server_that_was_away_is_followed_within_the_deadline(
    connector: Connector, proxy: Proxy, mysql: Server
) -> None:
    proxy.refuse()
    proxy.reset()
    mysql.execute("INSERT INTO faults.marker VALUES (2)")
    threading.Event().wait(5)  # back-off has grown to its limit
    proxy.accept()
    connector.await_row("faults", "marker", {"id": 2}, PATIENCE)
    _proven(connector, mysql)


def test_a_killed_dump_thread_is_not_waited_for(connector: Connector, mysql: Server) -> None:
    for _ in range(3):
        for (thread,) in mysql.execute(
            "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%%'"
        ):
            mysql.execute(f"KILL {thread}")
    mysql.execute("INSERT INTO faults.marker VALUES (2)")
    connector.await_row("faults", "marker", {"id": 2}, PATIENCE)
    _proven(connector, mysql)


def test_a_server_killed_and_started_again_is_followed(mysql_server_factory: ServerFactory, tmp_path: Path) -> None:
    server = mysql_server_factory()
    server.execute("CREATE DATABASE faults")
    server.execute("CREATE TABLE faults.marker (id INT PRIMARY KEY)")
    connector = Connector(tmp_path, server, "faults")
    connector.start()
    connector.catch_up(server, "faults", 1)
    server.kill9()
    server.restart()
    server.execute("INSERT INTO faults.marker VALUES (2)")
    connector.await_row("faults", "marker", {"id": 2}, PATIENCE)
    assert connector.stop() == 0


def _await(holds: Callable[[], bool]) -> None:
    from tailrace.lab.server import await_condition

    assert await_condition(holds, 30)
