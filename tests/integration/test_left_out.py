"""Tables and statements that are not understood, and connections set up as the user says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace import lab

DATABASE = "left_out"


@pytest.fixture
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(f"CREATE TABLE {DATABASE}.marker (id INT PRIMARY KEY)")
    mysql.execute(f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY)")
    yield mysql
    mysql.execute(f"DROP DATABASE {DATABASE}")


def _alter_unseen(server: lab.Server) -> None:
    """A row that no definition fits: its table is altered behind the binlog's back, and altered again."""
    server.execute("SET GLOBAL binlog_row_metadata = MINIMAL")
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"ALTER TABLE {DATABASE}.t ADD COLUMN hidden INT")
        cursor.execute("SET SESSION sql_log_bin = 1")
        cursor.execute(f"INSERT INTO {DATABASE}.t VALUES (1, 1)")
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"ALTER TABLE {DATABASE}.t DROP COLUMN hidden")


@pytest.mark.parametrize("mode", ["fail", "warn", "skip"])
def test_rows_that_no_definition_fits_are_left_out_only_when_asked(
    mode: str, server: lab.Server, tmp_path: Path
) -> None:
    before = server.execute("SELECT @@GLOBAL.binlog_row_metadata")[0][0]
    properties = {"inconsistent__schema__handling__mode": mode, "offset__flush__interval__ms": 50}
    connector = Connector(tmp_path, server, DATABASE, **properties)
    connector.start()
    connector.catch_up(server, DATABASE)
    assert connector.stop() == 0
    try:
        _alter_unseen(server)
        connector.start()
        if mode == "fail":
            code, errors = connector.wait()
            assert code != 0
            assert f"{DATABASE}.t" in errors
        else:
            connector.catch_up(server, DATABASE, 2)
            assert connector.stop() == 0
            assert connector.events() == []
    finally:
        server.execute(f"SET GLOBAL binlog_row_metadata = {before}")


@pytest.mark.parametrize(("order", "tables"), [("ascending", ["few", "many"]), ("descending", ["many", "few"])])
def test_tables_are_read_in_the_order_of_their_size(
    order: str, tables: list[str], server: lab.Server, tmp_path: Path
) -> None:
    server.execute(f"CREATE TABLE {DATABASE}.few (id INT PRIMARY KEY)")
    server.execute(f"CREATE TABLE {DATABASE}.many (id INT PRIMARY KEY)")
    server.execute(f"INSERT INTO {DATABASE}.few VALUES (1)")
    server.execute(f"INSERT INTO {DATABASE}.many VALUES " + ", ".join(f"({number})" for number in range(500)))
    server.execute(f"ANALYZE TABLE {DATABASE}.few, {DATABASE}.many")
    properties = {"snapshot__mode": "initial_only", "snapshot__tables__order__by__row__count": order}
    connector = Connector(tmp_path, server, DATABASE, **properties)
    connector.start()
    assert connector.wait()[0] == 0
    read = dict.fromkeys(event["source"]["table"] for event in connector.events())
    assert list(read) == tables


def test_the_statements_of_a_user_are_run_on_each_connection(server: lab.Server, tmp_path: Path) -> None:
    properties = {"database__initial__statements": "SET @a = 'x;;y';SET @b = nowhere.nothing"}
    connector = Connector(tmp_path, server, DATABASE, **properties)
    connector.start()
    code, errors = connector.wait()
    assert code != 0
    assert "nowhere" in errors


def test_what_is_behind_the_offset_does_not_come_again_where_its_source_is_left_out(
    server: lab.Server, tmp_path: Path
) -> None:
    server.execute(f"INSERT INTO {DATABASE}.t VALUES (0)")
    server.execute(f"ALTER TABLE {DATABASE}.t ADD COLUMN late INT")
    uuid = server.execute("SELECT @@server_uuid")[0][0]
    properties = {"gtid__source__excludes": uuid, "gtid__source__filter__dml__events": "false"}
    connector = Connector(tmp_path, server, DATABASE, snapshot__mode="no_data", **properties)
    connector.start()
    connector.await_streaming()
    server.execute(f"INSERT INTO {DATABASE}.t VALUES (1, 2)")
    connector.catch_up(server, DATABASE)
    assert connector.stop() == 0
    assert [event["after"] for event in connector.events()] == [{"id": 1, "late": 2}]
