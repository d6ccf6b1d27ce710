"""A schema history that was lost, and today's definitions for rows of before: they come as they were, or not at all."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from support.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ServerFactory
    from tailrace.lab import Server

DATABASE = "recovery"
PROBLEM = 1
ADD = "ALTER TABLE t ADD COLUMN c INT"
DROP = "ALTER TABLE t DROP COLUMN a"
RENAME = "ALTER TABLE t RENAME COLUMN a TO z"
MOVE = "ALTER TABLE t MODIFY COLUMN a INT AFTER b"
SWAP = "RENAME TABLE t TO gone, `_new` TO t"


@pytest.fixture(params=["ON", "OFF"])
def server(request: pytest.FixtureRequest, mysql_server_factory: ServerFactory) -> Server:
    if request.param == "ON":
        return mysql_server_factory()
    return mysql_server_factory("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF")


@pytest.fixture
def connector(mysql: Server, tmp_path: Path) -> Iterator[Connector]:
    yield _stopped(mysql, tmp_path)
    mysql.execute(f"DROP DATABASE {DATABASE}")
    mysql.execute("SET GLOBAL binlog_row_metadata = MINIMAL")


def _stopped(server: Server, folder: Path, **properties: object) -> Connector:
    """A connector that has captured a table, and is stopped."""
    for statement in (
        f"CREATE DATABASE {DATABASE}",
        f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY, a INT, b INT)",
        f"CREATE TABLE {DATABASE}._new (id INT PRIMARY KEY, a INT, b INT, c INT)",
        f"CREATE TABLE {DATABASE}.other (id INT PRIMARY KEY, a INT, b INT)",
        f"CREATE TABLE {DATABASE}.marker (id INT PRIMARY KEY)",
        f"INSERT INTO {DATABASE}.t VALUES (1, 10, 100)",
    ):
        server.execute(statement)
    made = Connector(folder, server, DATABASE, table__include__list=rf"{DATABASE}\.(t|marker)", **properties)
    made.start()
    made.catch_up(server, DATABASE)
    assert made.stop() == 0
    return made


def _happen(server: Server, *statements: str) -> None:
    with server.connect(database=DATABASE) as session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _lose_history(connector: Connector) -> None:
    with closing(sqlite3.connect(connector.folder / "state.db")) as state, state:
        state.execute("DELETE FROM schema_history")


def _recover(connector: Connector) -> None:
    _lose_history(connector)
    connector.properties["snapshot.mode"] = "recovery"
    connector.start()


def _refused(connector: Connector) -> Any:
    code, errors = connector.wait()
    assert code == PROBLEM, errors
    assert "Traceback" not in errors
    return json.loads(errors.splitlines()[-1])


def _rows(connector: Connector) -> list[dict[str, Any]]:
    """Streamed rows of the table, as they came."""
    return [event["after"] for event in connector.events() if event["source"]["snapshot"] == "false"]


@pytest.mark.parametrize("altered", [RENAME, DROP, ADD, MOVE, SWAP, "DROP TABLE `t`", "ALTER TABLE t RENAME TO u"])
def test_rows_whose_definition_is_gone_are_refused_before_any_comes(
    mysql: Server, connector: Connector, altered: str
) -> None:
    _happen(mysql, "INSERT INTO t VALUES (2, 20, 200)", altered)
    before = connector.offset()
    _recover(connector)
    error = _refused(connector)
    assert error["message"].startswith(f"{DATABASE}.t was altered after the offset")
    assert altered in error["where"]
    assert "new snapshot" in error["hint"]
    assert _rows(connector) == []
    assert connector.offset() == before


@pytest.mark.parametrize(
    ("altered", "row", "rows"),
    [
        (RENAME, "(3, 30, 300)", [{"id": 2, "a": 20, "b": 200}, {"id": 3, "z": 30, "b": 300}]),
        (DROP, "(3, 300)", [{"id": 2, "a": 20, "b": 200}, {"id": 3, "b": 300}]),
        (ADD, "(3, 30, 300, 3000)", [{"id": 2, "a": 20, "b": 200}, {"id": 3, "a": 30, "b": 300, "c": 3000}]),
        (MOVE, "(3, 300, 30)", [{"id": 2, "a": 20, "b": 200}, {"id": 3, "a": 30, "b": 300}]),
        (SWAP, "(3, 30, 300, 3000)", [{"id": 2, "a": 20, "b": 200}, {"id": 3, "a": 30, "b": 300, "c": 3000}]),
    ],
)
def test_rows_that_name_their_columns_are_read_as_they_were(
    mysql: Server, connector: Connector, altered: str, row: str, rows: list[dict[str, Any]]
) -> None:
    mysql.execute("SET GLOBAL binlog_row_metadata = FULL")
    _happen(mysql, "INSERT INTO t VALUES (2, 20, 200)", altered, f"INSERT INTO t VALUES {row}")
    _recover(connector)
    connector.catch_up(mysql, DATABASE, 2)
    assert connector.stop() == 0
    assert _rows(connector) == rows


def test_what_alters_no_row_that_came_before_it_is_passed_by_also_after_another_start(
    server: Server, tmp_path: Path
) -> None:
    connector = _stopped(server, tmp_path)
    _happen(
        server,
        "ALTER TABLE other DROP COLUMN a",
        RENAME,
        "ALTER TABLE t DROP COLUMN b, ADD COLUMN d INT",
        "INSERT INTO t VALUES (2, 20, 200)",
        "ALTER TABLE t ADD INDEX (d)",
        "INSERT INTO t VALUES (3, 30, 300)",
        # Of a column that is gone by now, and of a table that is.
        "ALTER TABLE other ADD COLUMN a INT",
        "ALTER TABLE other DROP COLUMN a",
        "CREATE TABLE passing LIKE other",
        "DROP TABLE passing",
    )
    _recover(connector)
    connector.await_row(DATABASE, "t", {"id": 2})
    connector.kill9()
    # For one start, as it is meant: what was looked through is not behind yet.
    connector.properties["snapshot.mode"] = "initial"
    connector.start()
    connector.catch_up(server, DATABASE, 2)
    _happen(server, "ALTER TABLE t RENAME COLUMN z TO y", "INSERT INTO t VALUES (4, 40, 400)")
    connector.catch_up(server, DATABASE, 3)
    assert connector.stop() == 0
    rows = _rows(connector)
    assert rows == [{"id": 2, "z": 20, "d": 200}, {"id": 3, "z": 30, "d": 300}, {"id": 4, "y": 40, "d": 400}]


def test_rows_of_a_prepared_transaction_are_looked_at_where_they_count(mysql: Server, connector: Connector) -> None:
    _happen(mysql, "XA START 'x'", "INSERT INTO t VALUES (2, 20, 200)", "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'")
    _happen(mysql, RENAME)
    _recover(connector)
    assert _refused(connector)["message"].startswith(f"{DATABASE}.t was altered after the offset")
