from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tailrace.model.table import Column, Table, TableId
from tailrace.snapshot.chunks import Chunk, Extent, plan, split
from tailrace.snapshot.select import select

ID = TableId("d`b", "t")
TABLE = Table(ID, (Column("id", "bigint"), Column("f`", "float")), primary_key=("id",))


@given(
    least=st.integers(-(2**63), 2**64 - 1),
    width=st.integers(0, 2**64),
    estimate=st.integers(0, 10**7),
    rows=st.integers(1, 10**6),
    key=st.integers(-(2**63), 2**64 - 1),
)
def test_every_key_is_in_exactly_one_chunk(least: int, width: int, estimate: int, rows: int, key: int) -> None:
    chunks = split(TABLE, Extent(estimate, least, least + width), rows)
    holding = [c for c in chunks if (c.low is None or c.low <= key) and (c.high is None or key < c.high)]
    assert len(holding) == 1
    assert len(chunks) <= 1_000


def test_a_key_of_text_or_of_two_columns_is_not_split() -> None:
    extent = Extent(10**9, 1, 10**9)
    text = Table(ID, (Column("id", "varchar"),), primary_key=("id",))
    pair = Table(ID, (Column("a", "int"), Column("b", "int")), primary_key=("a", "b"))
    assert len(split(text, extent)) == len(split(pair, extent)) == 1


def test_one_reader_gets_whole_tables() -> None:
    assert plan([TABLE], {ID: Extent(10**9, 1, 10**9)}, threads=1) == (Chunk(ID, estimated_rows=10**9),)


def test_names_are_quoted_and_floats_keep_their_digits() -> None:
    sql = select(TABLE, Chunk(ID, "id", -5, 7))
    assert sql == "SELECT `id`, `f```+0e0 FROM `d``b`.`t` WHERE `id` >= -5 AND `id` < 7"
