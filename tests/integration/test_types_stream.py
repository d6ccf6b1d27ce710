"""Every column type, from a real server's binlog: the kernel's JSON, the Python oracle and SELECT say the same."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from oracles.decoder import Row, Unknown, read_rows
from oracles.decoder_debezium import INTEGERS, debezium, document, plain
from support.kernel import batches, lines
from support.recording import ROWS, STEPS, Recording, Setting, record
from support.type_tables import column_types, document_table, type_tables, wide_table
from tailrace.history.from_row_metadata import build_table, check

if TYPE_CHECKING:
    from tailrace import lab
    from tailrace._kernel import NeedTable
    from tailrace.model.table import Column, Table

SETTINGS = [
    Setting(),
    Setting(metadata="MINIMAL", compressed=True),
    Setting(image="MINIMAL", metadata="MINIMAL"),
    Setting(image="NOBLOB", generated_key=True),
    Setting(partial_json=True),
    Setting(image="NOBLOB", metadata="MINIMAL", partial_json=True, compressed=True),
    Setting(image="MINIMAL", partial_json=True, generated_key=True),
]


def described(recording: Recording, setting: Setting, need: NeedTable) -> Table | None:
    """The definition as the engine would have it: from the row metadata where they are full."""
    if need.database != "types":
        return None
    known = recording.tables[need.table]
    assert check(known, need) is None
    if setting.metadata != "FULL":
        return known
    table = build_table(need)
    assert table is not None
    assert (table.id, table.primary_key) == (known.id, known.primary_key)
    for column, other in zip(table.columns, known.columns, strict=True):
        told = replace(other, default=None, default_is_expression=False, generated=False, zerofill=False, srid=None)
        if column.data_type in {*INTEGERS, "float", "double"}:
            told = replace(told, length=None, scale=None, auto_increment=False)
        assert column == told, "what row metadata do not carry is empty, the rest as in information_schema"
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
    tables = [*type_tables(random, column_types(random)), document_table(random), wide_table(random)]
    recording = record(mysql, tables, random, setting)
    oracle = [row for row in read_rows(recording.binlog) if row.database == "types"]
    events = [
        (json.loads(line.key or b"null"), json.loads(line.value))
        for batch in batches(recording.binlog, lambda need: described(recording, setting, need))
        for line in lines(batch)
    ]
    assert len(oracle) == len(STEPS) * len(ROWS) * len(tables)
    lives: Counter[tuple[str, int]] = Counter()
    for row, (key, event) in zip(oracle, events, strict=True):
        table = recording.tables[row.table]
        image = event["after"] or event["before"]
        assert key == ({name: image[name] for name in table.primary_key} or None)
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
        check_against_select(recording, row, lives)


def check_against_select(recording: Recording, row: Row, lives: Counter[tuple[str, int]]) -> None:
    """`lives` counts the changes of each row: one for each step."""
    table = recording.tables[row.table]
    row_id = row.table, next(image[0] for image in (row.before, row.after) if image and 0 in image)
    step = lives[row_id]
    lives[row_id] += 1
    for image, when in ((row.before, step - 1), (row.after, step)):
        for index, value in (image or {}).items():
            if not isinstance(value, Unknown):
                column = table.columns[index]
                theirs = recording.contents[when][row_id][index]
                assert plain(column, value) == theirs, f"{row.table}.{column}: {value!r}, SELECT says {theirs!r}"
