from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.errors import SchemaError, UnsupportedSource
from tailrace.model.table import Column, Table, TableId
from tailrace.snapshot.keyset import key_of, order, select_piece

NAME = TableId("main", "t")
TABLE = Table(NAME, (Column("a", "int"), Column("b", "int", nullable=False), Column("v", "int")), primary_key=("b",))
ROWS = st.lists(st.tuples(st.none() | st.integers(-3, 3), st.integers()), unique_by=lambda row: row[1], max_size=30)


@given(ROWS.map(lambda rows: [(a, n, n) for n, (a, _) in enumerate(rows)]), st.integers(1, 7))
def test_pieces_are_all_rows_in_order_whatever_is_null_or_equal(
    rows: list[tuple[int | None, int, int]], size: int
) -> None:
    """SQLite compares numbers and NULL as MySQL does, and stands NULL before all else."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (a INT, b INT PRIMARY KEY, v INT)")
    database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    columns = order(TABLE, "a")
    assert columns == ("a", "b")
    wanted = sorted(rows, key=lambda row: ((row[0] is not None, row[0] or 0), row[1]))
    # Rows beyond the end are left out.
    end = wanted[len(wanted) * 2 // 3][:2] if wanted else None
    greatest = tuple(None if value is None else str(value) for value in end) if end else None
    found: list[tuple[int | None, int, int]] = []
    last = None
    while True:
        statement = select_piece(TABLE, columns, last=last, greatest=greatest, condition="1 = 1", rows=size)
        piece = database.execute(statement).fetchall()
        if not piece:
            break
        found += piece
        last = tuple(None if value is None else str(value) for value in piece[-1][:2])
    database.close()
    assert found == (wanted[: wanted.index(next(r for r in wanted if r[:2] == end)) + 1] if end else [])


def test_values_become_literals_that_say_nothing_else() -> None:
    columns = (
        Column("word", "varchar", nullable=False),
        Column("raw", "varbinary", nullable=False),
        Column("few", "bit", nullable=False),
        Column("chosen", "enum", labels=("x", "y"), nullable=False),
        Column("several", "set", labels=("x", "y"), nullable=False),
        Column("at", "datetime", nullable=False),
    )
    table = Table(NAME, columns, primary_key=tuple(column.name for column in columns))
    key = key_of(table, table.primary_key, [b"a' OR 1", b"\0'", b"\x01\x02", b"y", b"x,y", b"2024-01-01 00:00:00"])
    text = select_piece(table, table.primary_key, last=key, greatest=None, condition=None, rows=1)
    for literal in ("_utf8mb4 X'6127204f522031'", "X'0027'", "258", "`chosen`+0 = 2", "`several`+0 = 3"):
        assert literal in text
    assert "`at` > '2024-01-01 00:00:00'" in text


def test_a_table_without_an_order_is_refused_with_what_to_do() -> None:
    keyless = Table(NAME, (Column("a", "int"),), unique_keys=(("a", ("a",)),))
    with pytest.raises(UnsupportedSource, match="no primary key") as caught:
        order(keyless, None)
    assert "BLOCKING" in str(caught.value.hint)
    with pytest.raises(UnsupportedSource, match="no column c"):
        order(TABLE, "c")
    documents = Table(NAME, (Column("j", "json"), Column("b", "int", nullable=False)), primary_key=("b",))
    with pytest.raises(SchemaError, match="json"):
        select_piece(documents, ("j", "b"), last=("{}", "1"), greatest=None, condition=None, rows=1)
