"""Events that cannot be read: they stop the connector, or are passed over as configured, and nothing else is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.connector import Connector
from support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace import lab

DATABASE = "passed_over"
GOOD, BAD = b"to be damaged", b"to be DAMAGED"
MODE = "event__processing__failure__handling__mode"


@pytest.fixture
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY, note VARCHAR(50))")
    mysql.execute(f"CREATE TABLE {DATABASE}.marker (id INT PRIMARY KEY)")
    yield mysql
    mysql.execute(f"DROP DATABASE {DATABASE}")


@pytest.fixture
def proxy(server: lab.Server) -> Iterator[Proxy]:
    with Proxy(server.port) as made:
        made.damage(GOOD, BAD)
        yield made


def through(proxy: Proxy, server: lab.Server, folder: Path, **properties: object) -> Connector:
    """Streaming, through a network that damages an event."""
    made = Connector(folder, server, DATABASE, database__port=proxy.port, database__ssl__mode="disabled", **properties)
    made.start()
    made.catch_up(server, DATABASE, 1)
    return made


def write(server: lab.Server) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        for number, note in ((1, "before"), (2, GOOD.decode()), (3, "after")):
            cursor.execute(f"INSERT INTO {DATABASE}.t VALUES ({number}, '{note}')")
            connection.commit()
        # The same in the middle of a transaction.
        for number, note in ((4, "with it"), (5, GOOD.decode()), (6, "with it too")):
            cursor.execute(f"INSERT INTO {DATABASE}.t VALUES ({number}, '{note}')")
        connection.commit()


def test_an_event_that_cannot_be_read_stops_the_connector_with_its_place(
    proxy: Proxy, server: lab.Server, tmp_path: Path
) -> None:
    connector = through(proxy, server, tmp_path)
    write(server)
    code, errors = connector.wait()
    assert code == 1
    assert "checksum" in errors
    assert "Write_rows event" in errors
    assert [event["after"]["id"] for event in connector.events()] == [1]
    # Undamaged it goes on exactly there.
    connector.properties["database.port"] = server.port
    connector.start()
    connector.await_row(DATABASE, "t", {"id": 6})
    assert connector.stop() == 0
    assert [event["after"]["id"] for event in connector.events()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("mode", ["warn", "skip", "ignore"])
def test_an_event_that_cannot_be_read_is_passed_over_where_that_is_wanted(
    mode: str, proxy: Proxy, server: lab.Server, tmp_path: Path
) -> None:
    connector = through(proxy, server, tmp_path, **{MODE: mode})
    write(server)
    connector.catch_up(server, DATABASE, 2)
    connector.await_offset(server.execute("SELECT @@gtid_executed")[0][0])
    code, errors = connector.end()
    assert code == 0
    told = errors.count("an event is passed over")
    assert told == (2 if mode == "warn" else 0), errors
    if mode == "warn":
        assert f"{server.host}:{proxy.port}, binlog." in errors
        assert "Write_rows event" in errors
    assert [event["after"]["id"] for event in connector.events()] == [1, 3, 4, 6]
    # The offset lies behind it: it does not come later either.
    connector.properties["database.port"] = server.port
    connector.start()
    connector.catch_up(server, DATABASE, 3)
    assert connector.stop() == 0
    assert [event["after"]["id"] for event in connector.events()] == [1, 3, 4, 6]


def test_bytes_and_rows_have_modes_of_their_own(proxy: Proxy, server: lab.Server, tmp_path: Path) -> None:
    modes = {MODE: "skip", "event__deserialization__failure__handling__mode": "fail"}
    connector = through(proxy, server, tmp_path, **modes)
    write(server)
    assert connector.wait()[0] == 1


def test_a_value_that_has_no_room_is_null_or_stops_the_connector(server: lab.Server, tmp_path: Path) -> None:
    server.execute(f"CREATE TABLE {DATABASE}.times (id INT PRIMARY KEY, at TIME)")
    properties = {"time__precision__mode": "connect", "offset__flush__interval__ms": 50}
    converting = "event__converting__failure__handling__mode"
    for mode in ("warn", "skip"):
        connector = Connector(tmp_path / mode, server, DATABASE, **properties, **{converting: mode})
        connector.start()
        connector.await_streaming()
        server.execute(f"REPLACE INTO {DATABASE}.times VALUES (1, '25:00:00')")
        connector.await_row(DATABASE, "times", {"id": 1, "at": None})
        code, errors = connector.end()
        assert code == 0
        told = f"{DATABASE}.times.at: 1 values have no place in time.precision.mode=connect" in errors
        assert told is (mode == "warn")
        server.execute(f"DELETE FROM {DATABASE}.times")
    connector = Connector(tmp_path / "fail", server, DATABASE, **properties, **{converting: "fail"})
    connector.start()
    connector.await_streaming()
    server.execute(f"INSERT INTO {DATABASE}.times VALUES (2, '25:00:00')")
    code, errors = connector.wait()
    assert code == 1
    assert "does not fit into a time of day" in errors
