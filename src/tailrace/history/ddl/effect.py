"""The effect of a DDL statement on the tables: pure, old value in, new value out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from tailrace.errors import SchemaError
from tailrace.history.charset import SERVER_DEFAULT, Charset, by_id, by_name
from tailrace.history.ddl import evolve
from tailrace.history.ddl.cursor import HINT
from tailrace.history.ddl.parser import parse
from tailrace.history.ddl.syntax import (
    Action,
    AddKey,
    AlterColumn,
    AlterTable,
    CreateTable,
    DropDatabase,
    DropKey,
    DropTables,
    KeyDefinition,
    Options,
    QualifiedName,
    RenameKey,
    RenameTables,
    SetDatabase,
    SetOptions,
    Statement,
    TruncateTable,
)
from tailrace.history.tables import Tables
from tailrace.model.table import Table, TableId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Context:
    """What a statement's meaning depends on besides its text; the binlog's query event carries most of it."""

    database: str = ""
    """The default database."""
    sql_mode: int = 0
    database_collation: int | None = None
    """Collation id of the default database (Q_CHARSET_DATABASE_CODE); used while the database is not known."""
    server: Charset = SERVER_DEFAULT
    """character_set_server and collation_server: what CREATE DATABASE inherits."""
    explicit_defaults_for_timestamp: bool = True
    lower_case_table_names: bool = False
    """True where the server keeps names in lower case (1)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One table's change. `table` is None when it is gone, or was not known before and is not now."""

    kind: Literal["create", "alter", "drop", "rename", "truncate"]
    id: TableId
    previous_id: TableId | None = None
    table: Table | None = None


def apply(tables: Tables, context: Context, sql: str) -> tuple[Tables, tuple[Change, ...]]:
    """Tables after a statement that `classify` calls DDL, and what changed.

    A table that is not known may be altered, renamed and dropped: its changes carry no definition. Raises SchemaError
    for a statement that cannot be followed, with the place in it.
    """
    with _shown(sql):
        statement = parse(sql, context.sql_mode)
        return (tables, ()) if statement is None else _effect(tables, context, statement)


def named(known: Iterable[TableId], context: Context, sql: str) -> tuple[Change, ...]:
    """What a statement changed, by name alone: it is not carried out, and changes have no table. Of a database that
    goes, the tables of `known`. Raises SchemaError as `apply` does.
    """
    with _shown(sql):
        match statement := parse(sql, context.sql_mode):
            case None:
                return ()
            case DropDatabase(name):
                database = _fold(context)(name)
                return tuple(Change("drop", table) for table in known if table.database == database)
            case CreateTable(name):
                return (Change("create", _id(context, name)),)
            case _:
                # No definition is altered where none is known.
                return _effect(Tables(), context, statement)[1]


def alters_rows(sql: str, sql_mode: int = 0) -> bool:
    """Whether rows from before a statement have another definition, or another primary key, than those after it."""
    match parse(sql, sql_mode):
        case AlterTable(_, actions, rename):
            return rename is not None or any(map(_alters_rows, actions))
        case DropTables() | DropDatabase() | RenameTables():
            return True
    return False


def excerpt(sql: str) -> str:
    """As much of a statement as an error shows."""
    return sql if len(sql) <= _SHOWN else sql[:_SHOWN] + " …"


@contextmanager
def _shown(sql: str) -> Iterator[None]:
    """An error has the statement, too."""
    try:
        yield
    except SchemaError as error:
        raise SchemaError(
            error.message, where=f"{error.where or 'the statement'}; {excerpt(sql)}", hint=error.hint or HINT
        ) from error


def _alters_rows(action: Action) -> bool:
    match action:
        case AddKey(KeyDefinition(kind="primary")) | DropKey(None):
            return True
        case AddKey() | DropKey() | RenameKey() | AlterColumn() | SetOptions():
            return False
    return True


def database_of(sql: str, context: Context) -> str:
    """The database a statement is about: the one it names, else the default one."""
    statement = parse(sql, context.sql_mode)
    name: str | None = None
    match statement:
        case SetDatabase(name) | DropDatabase(name):
            pass
        case CreateTable(QualifiedName(name, _)) | AlterTable(QualifiedName(name, _)):
            pass
        case _:
            pass
    return _fold(context)(name or context.database)


def _effect(tables: Tables, context: Context, statement: Statement) -> tuple[Tables, tuple[Change, ...]]:
    match statement:
        case CreateTable():
            return _create(tables, context, statement)
        case AlterTable():
            return _alter(tables, context, statement)
        case DropTables(names):
            ids = [_id(context, name) for name in names]
            return tables.drop(*ids), tuple(Change("drop", name) for name in ids)
        case RenameTables(pairs):
            return _rename(tables, [(_id(context, old), _id(context, new)) for old, new in pairs])
        case TruncateTable(name):
            table_id = _id(context, name)
            return tables, (Change("truncate", table_id, None, tables.get(table_id)),)
        case SetDatabase():
            return _database(tables, context, statement), ()
        case DropDatabase(name):
            folded = _fold(context)(name)
            gone = tuple(Change("drop", table) for table in tables.by_id if table.database == folded)
            return tables.drop_database(folded), gone


def _fold(context: Context) -> Callable[[str], str]:
    return str.lower if context.lower_case_table_names else str


def _id(context: Context, name: QualifiedName) -> TableId:
    fold = _fold(context)
    database = name.database or context.database
    if not database:
        raise SchemaError(f"the statement names table {name.table!r} without a database, and none is in use")
    return TableId(fold(database), fold(name.table))


def _database_charset(tables: Tables, context: Context, database: str) -> Charset:
    if found := tables.databases.get(database):
        return found
    if database == _fold(context)(context.database) and context.database_collation is not None:
        return by_id(context.database_collation) or context.server
    return context.server


def _chosen(options: Options, inherited: Charset, tables: Tables, context: Context, database: str) -> Charset:
    """The character set options name; `inherited` where they name none."""
    if options.collation is None and options.charset is not None and options.charset.upper() == "DEFAULT":
        return _database_charset(tables, context, database)
    return by_name(options.charset, options.collation) or inherited


def _create(tables: Tables, context: Context, statement: CreateTable) -> tuple[Tables, tuple[Change, ...]]:
    table_id = _id(context, statement.name)
    if statement.if_not_exists and tables.get(table_id):
        return tables, ()
    if statement.like is not None:
        pattern_id = _id(context, statement.like)
        pattern = tables.get(pattern_id)
        if pattern is None:
            raise SchemaError(f"table {table_id} is made LIKE {pattern_id}, which is not known")
        table = replace(pattern, id=table_id)
    else:
        inherited = _database_charset(tables, context, table_id.database)
        charset = _chosen(statement.options, inherited, tables, context, table_id.database)
        table = evolve.create(table_id, statement, charset, timestamps_null=context.explicit_defaults_for_timestamp)
    return tables.put(table), (Change("create", table_id, None, table),)


def _alter(tables: Tables, context: Context, statement: AlterTable) -> tuple[Tables, tuple[Change, ...]]:
    table_id = _id(context, statement.name)
    new_id = _id(context, statement.rename) if statement.rename else table_id
    before = tables.get(table_id)
    after: Table | None = None
    if before is not None:
        after = evolve.alter(
            before,
            statement.actions,
            lambda options, inherited: _chosen(options, inherited, tables, context, table_id.database),
            timestamps_null=context.explicit_defaults_for_timestamp,
        )
        after = replace(after, id=new_id)
    if new_id == table_id:
        return (tables.put(after) if after else tables), (Change("alter", table_id, None, after),)
    rest = tables.drop(table_id)
    return (rest.put(after) if after else rest.drop(new_id)), (Change("rename", new_id, table_id, after),)


def _rename(tables: Tables, pairs: list[tuple[TableId, TableId]]) -> tuple[Tables, tuple[Change, ...]]:
    changes = []
    for old, new in pairs:
        table = tables.get(old)
        tables = tables.drop(old, new)
        if table is not None:
            table = replace(table, id=new)
            tables = tables.put(table)
        changes.append(Change("rename", new, old, table))
    return tables, tuple(changes)


def _database(tables: Tables, context: Context, statement: SetDatabase) -> Tables:
    name = _fold(context)(statement.name or context.database)
    if statement.create and statement.if_not_exists and name in tables.databases:
        return tables
    inherited = context.server if statement.create else _database_charset(tables, context, name)
    options = statement.options
    if options.charset is not None and options.charset.upper() == "DEFAULT":
        inherited = context.server
    return tables.put_database(name, by_name(options.charset, options.collation) or inherited)
