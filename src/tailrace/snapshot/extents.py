"""How large tables are, as the server estimates it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace.model.table import TableId
from tailrace.snapshot.chunks import ROWS, Extent, split_key
from tailrace.snapshot.select import qualified, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailrace.model.table import Table
    from tailrace.mysql.connection import Connection


def read_extents(
    connection: Connection, tables: Sequence[Table], *, threads: int, rows: int = ROWS
) -> dict[TableId, Extent]:
    """One query for all estimates; one more (two index look-ups) for each table that parallel readers would split."""
    databases = sorted({table.id.database for table in tables})
    if not databases:
        return {}
    marks = ", ".join(["%s"] * len(databases))
    found = {
        TableId(database, name): int(estimate or 0)
        for database, name, estimate in connection.query(
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES"  # noqa: S608 -- marks only
            f" WHERE TABLE_SCHEMA IN ({marks})",
            databases,
        )
    }
    return {
        table.id: _extent(
            connection, table, found.get(table.id, 0), wanted=threads > 1 and found.get(table.id, 0) > rows
        )
        for table in tables
    }


def _extent(connection: Connection, table: Table, estimate: int, *, wanted: bool) -> Extent:
    key = split_key(table)
    if not wanted or key is None:
        return Extent(estimate)
    bounds = f"SELECT MIN({quoted(key)}), MAX({quoted(key)}) FROM {qualified(table.id)}"  # noqa: S608 -- quoted names
    least, greatest = connection.query(bounds)[0]
    return Extent(estimate, least, greatest)
