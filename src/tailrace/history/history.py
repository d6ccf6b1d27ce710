"""The schema history: every table's definition now, and as it was at the offset where streaming resumes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tailrace.errors import StorageError
from tailrace.history.serialize import Delta, Stored, dump, load
from tailrace.history.tables import Later, Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tailrace.history.charset import Charset
    from tailrace.history.ddl.effect import Change, Context
    from tailrace.model.table import Table, TableId


@dataclass(frozen=True, slots=True)
class Record:
    """One step of the history. Holds whole definitions, so that recovery parses no SQL."""

    offset: str
    """The engine's text for the place in the binlog behind the statement; only the engine reads it."""
    database: str
    """The default database of the statement; empty for a snapshot."""
    ddl: str
    """The statement as the binlog has it; empty where tables were read from the server."""
    delta: str
    """The changed tables as JSON (`tailrace.history.serialize`)."""
    ahead: str = ""
    """Where the tables are not those of `offset` but of a later place: the engine's text for that one."""


class Storage(Protocol):
    """Where records are kept, in order. Each call is durable when it returns; all raise StorageError."""

    def append(self, record: Record) -> None:
        """Add a record behind the others."""

    def load(self) -> Iterator[Record]:
        """Every record, oldest first."""

    def compact(self, records: Iterable[Record]) -> None:
        """Put these in the place of all records, at once or not at all."""


class SchemaHistory:
    """The tables at the engine's offset; every change is kept before it takes effect."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._tables = Tables()
        self._ahead = ""
        self._later = Tables()

    @property
    def tables(self) -> Tables:
        """All tables as they are now."""
        return self._tables

    @property
    def ahead(self) -> str:
        """The later place whose tables were read; empty: they were those of their offset."""
        return self._ahead

    def recover(self, reached: Callable[[str], bool]) -> int:
        """Read the storage up to the offset to resume from; returns how many records counted.

        `reached(offset)` says whether an offset lies at or before it. Records beyond it do not count: their statements
        come again in the binlog. Raises StorageError for a record that cannot be read; a table in it is read, and
        may be found damaged, when it is first asked for.
        """
        count = 0
        tables: dict[TableId, Table | Later] = {}
        databases: dict[str, Charset] = {}
        for record in self._storage.load():
            if not reached(record.offset):
                continue
            try:
                delta = load(record.delta)
                _replay(delta, record.offset, tables, databases)
            except (ValueError, KeyError, TypeError) as error:
                raise _damaged(record.offset) from error
            if delta.complete:
                self._ahead = record.ahead
                self._later = Tables(dict(tables), dict(databases)) if record.ahead else Tables()
            count += 1
        self._tables = Tables(tables, databases)
        return count

    def snapshot(self, offset: str, tables: Tables, ahead: str = "") -> None:
        """Begin anew with tables read from the server; earlier records are dropped. `ahead`: they are of that place."""
        delta = Delta(tuple(tables), databases=tables.databases, complete=True)
        self._storage.compact([Record(offset, "", "", dump(delta), ahead)])
        self._tables = tables
        self._ahead, self._later = ahead, tables if ahead else Tables()

    def put(self, offset: str, *tables: Table) -> None:
        """Tables read from the server, or from row metadata, in the place of what was known of them."""
        self._storage.append(Record(offset, "", "", dump(Delta(tables))))
        self._tables = self._tables.put(*tables)

    def follow(self, offset: str, context: Context, sql: str) -> tuple[Change, ...]:
        """Carry out a statement that `classify` calls DDL. Raises SchemaError, then nothing has changed."""
        from tailrace.history.ddl.effect import apply  # noqa: PLC0415 - start-up time

        after, changes = apply(self._tables, context, sql)
        delta = _delta(self._tables, after, changes)
        if delta != Delta():
            self._storage.append(Record(offset, context.database, sql, dump(delta)))
        self._tables = after
        return changes

    def pass_by(self, offset: str, context: Context, sql: str) -> tuple[Change, ...]:
        """A statement before `ahead`: the tables that it names are those that were read, which have it behind them."""
        from tailrace.history.ddl.effect import named  # noqa: PLC0415 - start-up time

        after = self._tables
        found = named(after.by_id, context, sql)
        changes = tuple(replace(change, table=self._later.get(change.id)) for change in found)
        for name in dict.fromkeys(n for change in changes for n in (change.previous_id, change.id) if n is not None):
            table = self._later.get(name)
            after = after.put(table) if table is not None else after.drop(name)
        delta = _delta(self._tables, after, changes)
        if delta != Delta():
            self._storage.append(Record(offset, context.database, sql, dump(delta)))
        self._tables = after
        return changes

    def compact(self, offset: str) -> None:
        """Replace all records by one that holds the tables as they are: only when `offset` is durably stored."""
        self.snapshot(offset, self._tables)


def _delta(before: Tables, after: Tables, changes: Iterable[Change]) -> Delta[Table]:
    """What leads from one value to the next; only the tables that `changes` names are looked at."""
    if after is before:
        return Delta()
    named = dict.fromkeys(name for change in changes for name in (change.previous_id, change.id) if name is not None)
    found = ((name, before.get(name), after.get(name)) for name in named)
    changed = [(name, table) for name, known, table in found if table is not known]
    return Delta(
        tables=tuple(table for _, table in changed if table is not None),
        dropped=tuple(name for name, table in changed if table is None),
        databases={name: charset for name, charset in after.databases.items() if before.databases.get(name) != charset},
        dropped_databases=tuple(name for name in before.databases if name not in after.databases),
    )


def _damaged(offset: str) -> StorageError:
    return StorageError(
        "a record of the schema history cannot be read",
        where=f"the record at offset {offset}",
        hint="read the definitions again: snapshot.mode=recovery",
    )


def _later(table: Stored, offset: str) -> Later:
    def make() -> Table:
        try:
            return table.read()
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(offset) from error

    return Later(make)


def _replay(
    delta: Delta[Stored], offset: str, tables: dict[TableId, Table | Later], databases: dict[str, Charset]
) -> None:
    if delta.complete:
        tables.clear()
        databases.clear()
    for table_id in delta.dropped:
        tables.pop(table_id, None)
    for name in delta.dropped_databases:
        databases.pop(name, None)
    tables.update((table.id, _later(table, offset)) for table in delta.tables)
    databases.update(delta.databases)
