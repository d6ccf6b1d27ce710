"""Properties that leave something out, or stop a connector, on purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace import lab

DATABASE = "forgiving"


@pytest.fixture
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY)")
    mysql.execute(f"CREATE TABLE {DATABASE}.u (id INT PRIMARY KEY)")
    mysql.execute(f"CREATE TABLE {DATABASE}.marker (id INT PRIMARY KEY)")
    yield mysql
    mysql.execute(f"DROP DATABASE {DATABASE}")


def test_rows_of_a_source_that_is_left_out_do_not_come(server: lab.Server, tmp_path: Path) -> None:
    uuid = server.execute("SELECT @@server_uuid")[0][0]
    properties = {"gtid__source__excludes": uuid, "snapshot__mode": "no_data", "offset__flush__interval__ms": 50}
    connector = Connector(tmp_path, server, DATABASE, **properties)
    connector.start()
    connector.await_streaming()
    server.execute(f"INSERT INTO {DATABASE}.t VALUES (1)")
    connector.await_offset(server.execute("SELECT @@gtid_executed")[0][0])
    assert connector.stop() == 0
    assert connector.events() == [], "its GTIDs count, its rows do not"


def test_more_tables_than_the_guardrail_allows_stop_the_connector(server: lab.Server, tmp_path: Path) -> None:
    properties = {"guardrail__collections__max": 2, "guardrail__collections__limit__action": "fail"}
    connector = Connector(tmp_path, server, DATABASE, **properties)
    connector.start()
    code, errors = connector.wait()
    assert code == 2
    assert "3 tables would be captured" in errors


def test_more_tables_than_the_guardrail_allows_are_warned_of(server: lab.Server, tmp_path: Path) -> None:
    connector = Connector(tmp_path, server, DATABASE, guardrail__collections__max=2)
    connector.start()
    connector.catch_up(server, DATABASE)
    assert connector.stop() == 0


def test_a_heartbeat_query_moves_the_offset_of_a_quiet_server(server: lab.Server, tmp_path: Path) -> None:
    server.execute(f"INSERT INTO {DATABASE}.u VALUES (0)")
    statement = f"UPDATE {DATABASE}.u SET id = id + 1"
    properties: dict[str, object] = {"heartbeat__interval__ms": 100, "heartbeat__action__query": statement}
    properties |= {"database__user": server.admin.user, "database__password": server.admin.password}
    connector = Connector(tmp_path, server, DATABASE, **properties)
    connector.start()
    connector.await_row(DATABASE, "u", {"id": 3})
    assert connector.stop() == 0


def test_a_heartbeat_query_that_is_no_sql_stops_the_connector(server: lab.Server, tmp_path: Path) -> None:
    properties = {"heartbeat__interval__ms": 50, "heartbeat__action__query": "INSRT INTO nowhere"}
    connector = Connector(tmp_path, server, DATABASE, **properties)
    connector.start()
    code, errors = connector.wait()
    assert code == 2
    assert "heartbeat.action.query" in errors


@pytest.mark.parametrize("line", ["value", "record"])
def test_a_filter_leaves_out_what_its_condition_does_not_want(line: str, server: lab.Server, tmp_path: Path) -> None:
    properties = {
        "transforms": "f",
        "transforms__f__type": "io.debezium.transforms.Filter",
        "transforms__f__condition": "value.op != 'd' && value.after.id != 2",
        "transforms__f__topic__regex": r"test\.forgiving\.(t|u)",
        "transforms__f__null__handling__mode": "drop",
        "sink__format": line,
    }
    connector = Connector(tmp_path, server, DATABASE, **properties)
    connector.start()
    connector.await_streaming()
    for statement in (
        "INSERT INTO {}.t VALUES (1), (2), (3)",
        "DELETE FROM {}.t WHERE id = 1",
        "INSERT INTO {}.t VALUES (5)",
    ):
        server.execute(statement.format(DATABASE))
    connector.await_text(b'"after":{"id":5}')
    assert connector.stop() == 0
    lines = [json.loads(text) for file in connector.files for text in file.read_bytes().splitlines()]
    found = [text["value"] if line == "record" else text for text in lines]
    rows = [value["after"]["id"] for value in found if value.get("source", {}).get("table") == "t" and "op" in value]
    assert rows == [1, 3, 5]


def test_heartbeats_are_records_of_their_own_topic(server: lab.Server, tmp_path: Path) -> None:
    connector = Connector(tmp_path, server, DATABASE, heartbeat__interval__ms=50, sink__format="record")
    connector.start()
    connector.await_record("__debezium-heartbeat.test")
    assert connector.stop() == 0
