"""Names of tables as evidence: some, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model.table import TableId

MOST = 5


def listed(tables: Sequence[TableId], remarks: Sequence[str] = ()) -> str:
    """`shop.a (MyISAM), shop.b and 7 more`."""
    shown = [
        f"{table} ({remarks[position]})" if remarks else str(table) for position, table in enumerate(tables[:MOST])
    ]
    more = len(tables) - MOST
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
