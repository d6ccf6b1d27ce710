"""Tables split by ranges of their key, for parallel readers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tailrace.model.table import Table, TableId

ROWS: Final = 250_000
"""Rows aimed at per chunk: half a second of one connection's work, so that readers end at about the same time."""
MOST: Final = 1_000
"""Chunks of one table at most: a key with gaps must not become a million empty SELECTs."""
_INTEGERS: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a table with `low` <= key < `high`; None: no bound on that side; key None: the whole table."""

    table: TableId
    key: str | None = None
    low: int | None = None
    high: int | None = None
    estimated_rows: int = 0
    statement: str | None = None
    """The user's own SELECT, for the whole table."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What the server says of a table's size: TABLE_ROWS, and the key's least and greatest value where it is split."""

    estimated_rows: int
    least: int | None = None
    greatest: int | None = None


def split_key(table: Table) -> str | None:
    """The primary key where it is one integer column, else None."""
    if len(table.primary_key) != 1:
        return None
    name = table.primary_key[0]
    column = next(column for column in table.columns if column.name == name)
    return name if column.data_type in _INTEGERS else None


def split(table: Table, extent: Extent, rows: int = ROWS) -> tuple[Chunk, ...]:
    """Equal ranges of the key, of about `rows` rows if keys are spread evenly.

    The outermost ranges are open, so that no row is missed whatever `extent` says.
    """
    key = split_key(table)
    whole = (Chunk(table.id, estimated_rows=extent.estimated_rows),)
    if key is None or extent.least is None or extent.greatest is None:
        return whole
    width = extent.greatest - extent.least + 1
    count = min(-(-extent.estimated_rows // rows), MOST, width)
    if count < 2:  # noqa: PLR2004 -- one chunk is the whole table
        return whole
    bounds = [None, *(extent.least + width * i // count for i in range(1, count)), None]
    share = extent.estimated_rows // count
    return tuple(Chunk(table.id, key, low, high, share) for low, high in pairwise(bounds))


def plan(
    tables: Sequence[Table],
    extents: Mapping[TableId, Extent],
    *,
    threads: int,
    rows: int = ROWS,
    statement: Callable[[TableId], str | None] = lambda _: None,
) -> tuple[Chunk, ...]:
    """All chunks, table after table in the order given; one reader gets whole tables, and so does the user's SELECT."""
    chunks: list[Chunk] = []
    for table in tables:
        extent, own = extents[table.id], statement(table.id)
        if threads == 1 or own is not None:
            chunks.append(Chunk(table.id, estimated_rows=extent.estimated_rows, statement=own))
        else:
            chunks += split(table, extent, rows)
    return tuple(chunks)
