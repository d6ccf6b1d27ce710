"""How far incremental snapshots are: one frozen value that moves together with the offset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tailrace.model.table import TableId

Key = tuple[str | None, ...]
"""Values of a row's key columns as the server prints them, binary ones in hexadecimal; None: NULL."""


@dataclass(frozen=True, slots=True)
class Requested:
    """A table to be read, and what was said of it."""

    table: TableId
    signal: str
    """Id of the signal that asked."""
    condition: str | None = None
    """SQL that the rows must meet; of a blocking snapshot the whole SELECT."""
    surrogate: str | None = None
    """A column to go by instead of the primary key."""


@dataclass(frozen=True, slots=True)
class Incremental:
    """Tables that are still to be read; the first is being read."""

    tables: tuple[Requested, ...] = ()
    last: Key | None = None
    """Everything up to this key of the first table is delivered."""
    greatest: Key | None = None
    """Where the first table ends: rows beyond it came after the snapshot began, by the stream."""
    rows: int = 0
    """Rows of the first table read so far."""
    paused: bool = False
    blocking: tuple[Requested, ...] = ()
    """Tables to be read while the stream waits; before all others."""

    def __bool__(self) -> bool:
        """Whether anything is left to do."""
        return bool(self.tables or self.blocking)

    @property
    def current(self) -> Requested | None:
        """The table being read."""
        return self.tables[0] if self.tables else None

    def asked(self, requested: Sequence[Requested]) -> Incremental:
        """With more tables at the end of the queue; one that stands there already is not read twice."""
        known = {(one.table, one.condition, one.surrogate) for one in self.tables}
        more = tuple(one for one in requested if (one.table, one.condition, one.surrogate) not in known)
        return replace(self, tables=self.tables + more)

    def without(self, tables: Sequence[Requested]) -> Incremental:
        """Without these; if the first is among them, the next one begins."""
        left = tuple(one for one in self.tables if one not in tables)
        if left[:1] == self.tables[:1]:
            return replace(self, tables=left)
        return Incremental(left, paused=self.paused and bool(left), blocking=self.blocking)

    def done(self) -> Incremental:
        """The first table is whole."""
        return self.without(self.tables[:1])

    def advanced(self, last: Key | None, greatest: Key | None, rows: int) -> Incremental:
        """So many more rows of the first table are delivered, up to `last`."""
        return replace(self, last=last or self.last, greatest=greatest, rows=self.rows + rows)

    def again(self) -> Incremental:
        """The first table from its beginning."""
        return replace(self, last=None, greatest=None, rows=0)

    def to_json(self) -> dict[str, object]:
        """Keys of an offset: the tables under Debezium's names, the rest under our own."""
        collections = [
            {
                "incremental_snapshot_collections_id": str(one.table),
                "incremental_snapshot_collections_additional_condition": one.condition,
                "incremental_snapshot_collections_surrogate_key": one.surrogate,
            }
            for one in self.tables
        ]
        first = self.current
        return {
            "incremental_snapshot_collections": json.dumps(collections),
            "incremental_snapshot_correlation_id": first.signal if first is not None else None,
            "incremental_snapshot": {
                "tables": [[*one.table, one.signal] for one in self.tables],
                "last": self.last,
                "greatest": self.greatest,
                "rows": self.rows,
                "paused": self.paused,
                "blocking": [[*one.table, one.signal, one.condition] for one in self.blocking],
            },
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Incremental | None:
        """None where no snapshot was under way. Raises ValueError where the keys contradict one another."""
        own = stored.get("incremental_snapshot")
        if own is None:
            return None
        collections = json.loads(stored["incremental_snapshot_collections"])
        tables = tuple(
            Requested(
                TableId(database, table),
                signal,
                collection["incremental_snapshot_collections_additional_condition"],
                collection["incremental_snapshot_collections_surrogate_key"],
            )
            for (database, table, signal), collection in zip(own["tables"], collections, strict=True)
        )
        blocking = tuple(
            Requested(TableId(database, table), signal, select) for database, table, signal, select in own["blocking"]
        )
        return cls(tables, _key(own["last"]), _key(own["greatest"]), own["rows"], own["paused"], blocking)


def _key(values: Sequence[str | None] | None) -> Key | None:
    return None if values is None else tuple(values)
