"""Tables of every type on a real server: what its binlog says of their changes, and what SELECT says of their rows."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from oracles.decoder_debezium import selected
from support.type_tables import identifier
from tailrace.history.from_server import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from pymysql.cursors import Cursor

    from support.type_tables import TypeTable
    from tailrace import lab
    from tailrace.model.table import Table

ROWS = range(1, 9)
STEPS = ("insert", "update", "update_all", "delete")
"""Each changes every row."""


class Recording(NamedTuple):
    """What a server wrote for the statements of some tables, and what the tables held on the way."""

    binlog: bytes
    tables: dict[str, Table]
    contents: list[dict[tuple[str, int], list[Any]]]
    """The rows after each of the STEPS."""


class Setting(NamedTuple):
    image: str = "FULL"
    metadata: str = "FULL"
    partial_json: bool = False
    compressed: bool = False
    generated_key: bool = False
    """Tables without a primary key get an invisible one."""


@contextmanager
def row_metadata(server: lab.Server, value: str) -> Iterator[None]:
    before = server.execute("SELECT @@GLOBAL.binlog_row_metadata")[0][0]
    server.execute(f"SET GLOBAL binlog_row_metadata = {value}")
    try:
        yield
    finally:
        server.execute(f"SET GLOBAL binlog_row_metadata = {before}")


@contextmanager
def type_database(server: lab.Server, tables: list[TypeTable], setting: Setting) -> Iterator[Cursor]:
    """A session in which the tables exist in a database `types`, and a new binlog file begins."""
    with row_metadata(server, setting.metadata), closing(server.connect(use_unicode=False, conv={})) as connection:
        cursor = connection.cursor()
        for statement in (
            "SET sql_mode = '', time_zone = '+00:00', innodb_strict_mode = 0, NAMES utf8mb4",
            f"SET binlog_row_image = {setting.image}, binlog_transaction_compression = {int(setting.compressed)}",
            f"SET binlog_row_value_options = '{'PARTIAL_JSON' if setting.partial_json else ''}'",
            f"SET sql_generate_invisible_primary_key = {int(setting.generated_key)}",
            "CREATE DATABASE types",
        ):
            cursor.execute(statement)
        try:
            for table in tables:
                cursor.execute(table.create)
            cursor.execute("FLUSH BINARY LOGS")
            yield cursor
        finally:
            cursor.execute("DROP DATABASE types")


def change(cursor: Cursor, tables: list[TypeTable], step: str, random: Random) -> None:
    """One of the STEPS for every table, a transaction for each."""
    for table in tables:
        cursor.execute("BEGIN")
        for statement in getattr(table, step)(random, ROWS):
            cursor.execute(statement)
        cursor.execute("COMMIT")


def definitions(server: lab.Server) -> dict[str, Table]:
    return {table.id.table: table for table in read_tables(server.execute) if table.id.database == "types"}


def finished_binlog(server: lab.Server) -> bytes:
    """The file that was written to until now."""
    file = server.binlog_files()[-1]
    server.execute("FLUSH BINARY LOGS")
    return file.read_bytes()


def record(server: lab.Server, tables: list[TypeTable], random: Random, setting: Setting) -> Recording:
    """The STEPS of every table; the binlog begins with the first insert."""
    with type_database(server, tables, setting) as cursor:
        known = definitions(server)
        contents = []
        for step in STEPS:
            change(cursor, tables, step, random)
            contents.append(select_all(cursor, known))
        return Recording(finished_binlog(server), known, contents)


def select_all(cursor: Cursor, tables: dict[str, Table]) -> dict[tuple[str, int], list[Any]]:
    """The plain values of every row, by table and id."""
    rows = {}
    for name, table in tables.items():
        # The server prints six digits of a FLOAT.
        names = [(identifier(column.name), column.data_type) for column in table.columns]
        parts = [f"CAST({column} AS DOUBLE)" if data_type == "float" else column for column, data_type in names]
        cursor.execute(f"SELECT {', '.join(parts)} FROM types.{name}")
        for row in cursor.fetchall():
            values = [selected(column, value) for column, value in zip(table.columns, row, strict=True)]
            rows[name, values[0]] = values
    return rows
