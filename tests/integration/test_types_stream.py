"""Every column type, from a real server's binlog: the kernel's JSON, the Python oracle and SELECT say the same."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from oracles.decoder import Row, Unknown, read_rows
from oracles.decoder_debezium import debezium, document, plain, selected
from support.kernel import batches, lines
from support.type_tables import TypeTable, type_tables
from tailrace.history.from_row_metadata import build_table
from tailrace.history.from_server import read_tables
from tailrace.model.table import TableId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab
    from tailrace._kernel import NeedTable
    from tailrace.model.table import Column, Table

ROWS = range(1, 9)


class Recording(NamedTuple):
    """What a server wrote for the statements of some tables, and what the tables held on the way."""

    binlog: bytes
    tables: dict[str, Table]
    contents: list[dict[tuple[str, int], list[Any]]]
    """After the inserts, and after the updates."""


class Setting(NamedTuple):
    image: str = "FULL"
    metadata: str = "FULL"
    partial_json: bool = False
    compressed: bool = False


SETTINGS = [
    Setting(),
    Setting(metadata="MINIMAL", compressed=True),
    Setting(image="MINIMAL", metadata="MINIMAL"),
    Setting(image="NOBLOB"),
    Setting(partial_json=True),
    Setting(image="NOBLOB", metadata="MINIMAL", partial_json=True, compressed=True),
    Setting(image="MINIMAL", partial_json=True),
]


@contextmanager
def row_metadata(server: lab.Server, value: str) -> Iterator[None]:
    before = server.execute("SELECT @@GLOBAL.binlog_row_metadata")[0][0]
    server.execute(f"SET GLOBAL binlog_row_metadata = {value}")
    try:
        yield
    finally:
        server.execute(f"SET GLOBAL binlog_row_metadata = {before}")


def record(server: lab.Server, tables: list[TypeTable], random: Random, setting: Setting) -> Recording:
    """Insert, update and delete rows of every table; the binlog begins with the first insert."""
    with row_metadata(server, setting.metadata), closing(server.connect(use_unicode=False, conv={})) as connection:
        cursor = connection.cursor()
        for statement in (
            "SET sql_mode = '', time_zone = '+00:00', innodb_strict_mode = 0, NAMES utf8mb4",
            f"SET binlog_row_image = {setting.image}, binlog_transaction_compression = {int(setting.compressed)}",
            f"SET binlog_row_value_options = '{'PARTIAL_JSON' if setting.partial_json else ''}'",
            "CREATE DATABASE types",
        ):
            cursor.execute(statement)
        try:
            for table in tables:
                cursor.execute(table.create)
            cursor.execute("FLUSH BINARY LOGS")
            file = server.binlog_files()[-1]
            definitions = {
                table.id.table: table for table in read_tables(server.execute) if table.id.database == "types"
            }
            contents = []
            for step in ("insert", "update"):
                for table in tables:
                    for statement in getattr(table, step)(random, ROWS):
                        cursor.execute(statement)
                    connection.commit()
                contents.append(select_all(cursor, definitions))
            for table in tables:
                cursor.execute(f"DELETE FROM {table.name}")
            connection.commit()
            cursor.execute("FLUSH BINARY LOGS")
            return Recording(file.read_bytes(), definitions, contents)
        finally:
            cursor.execute("DROP DATABASE types")


def select_all(cursor: Any, definitions: dict[str, Table]) -> dict[tuple[str, int], list[Any]]:
    """The plain values of every row, by table and id."""
    rows = {}
    for name, table in definitions.items():
        # The server prints six digits of a FLOAT.
        parts = [f"CAST({c.name} AS DOUBLE)" if c.data_type == "float" else c.name for c in table.columns]
        cursor.execute(f"SELECT {', '.join(parts)} FROM types.{name}")
        for row in cursor.fetchall():
            values = [selected(column, value) for column, value in zip(table.columns, row, strict=True)]
            rows[name, values[0]] = values
    return rows


def described(recording: Recording, setting: Setting, need: NeedTable) -> Table | None:
    """The definition as the engine would have it: from the row metadata where they are full."""
    if need.database != "types":
        return None
    known = recording.tables[need.table]
    if setting.metadata != "FULL":
        return known
    table = build_table(need)
    assert table is not None
    assert table.id == TableId("types", need.table)
    return table


def expected(table: Table, image: dict[int, Any] | None) -> dict[str, Any] | None:
    """What Debezium's image of a row has."""
    if image is None:
        return None
    return {
        table.columns[index].name: debezium(table.columns[index], plain(table.columns[index], value))
        for index, value in sorted(image.items())
        if not isinstance(value, Unknown)
    }


def images(row: Row) -> tuple[dict[int, Any] | None, dict[int, Any] | None]:
    """Before and after; a column that an update's after-image leaves out is unchanged."""
    if row.before is None or row.after is None:
        return row.before, row.after
    known = {index: value for index, value in row.after.items() if not isinstance(value, Unknown)}
    return row.before, {**row.before, **known}


def same(column: Column, ours: Any, theirs: Any) -> bool:
    if column.data_type == "json" and isinstance(ours, str):
        return bool(document(ours) == theirs)
    return type(ours) is type(theirs) and bool(ours == theirs)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: "-".join(map(str, setting)))
def test_kernel_oracle_and_select_agree(mysql: lab.Server, seed: int, setting: Setting) -> None:
    random = Random(f"{seed} {setting}")
    tables = type_tables(random, "types")
    recording = record(mysql, tables, random, setting)
    oracle = [row for row in read_rows(recording.binlog) if row.database == "types"]
    events = [
        json.loads(line.value)
        for batch in batches(recording.binlog, lambda need: described(recording, setting, need))
        for line in lines(batch)
    ]
    assert len(oracle) == 3 * len(ROWS) * len(tables)
    for row, event in zip(oracle, events, strict=True):
        table = recording.tables[row.table]
        place = (event["op"], event["source"]["table"], event["source"]["row"])
        assert place == (row.operation, row.table, row.number)
        assert setting.compressed or event["source"]["pos"] == row.position
        for ours, image in zip((event["before"], event["after"]), images(row), strict=True):
            theirs = expected(table, image)
            assert (ours is None) == (theirs is None)
            if ours is None or theirs is None:
                continue
            assert list(ours) == list(theirs)
            for column in table.columns:
                if column.name in ours:
                    mine, other = ours[column.name], theirs[column.name]
                    assert same(column, mine, other), f"{row.table}.{column}: {mine!r}, the oracle says {other!r}"
        check_against_select(recording, row)


def check_against_select(recording: Recording, row: Row) -> None:
    table = recording.tables[row.table]
    inserted, updated = recording.contents
    sides = {"c": (None, inserted), "u": (inserted, updated), "d": (updated, None)}[row.operation]
    row_id = next(image[0] for image in (row.before, row.after) if image and 0 in image)
    for image, contents in zip((row.before, row.after), sides, strict=True):
        for index, value in (image or {}).items():
            if contents is not None and not isinstance(value, Unknown):
                column = table.columns[index]
                theirs = contents[row.table, row_id][index]
                assert plain(column, value) == theirs, f"{row.table}.{column}: {value!r}, SELECT says {theirs!r}"
