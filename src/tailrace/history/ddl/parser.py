"""Statements: which kind one is, and the syntax of those that change tables."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from tailrace.errors import SchemaError
from tailrace.history.ddl.alter import alter_table
from tailrace.history.ddl.cursor import Cursor
from tailrace.history.ddl.definitions import (
    KEY_WORDS,
    column_definition,
    key_definition,
    key_parts,
    qualified_name,
    take_option,
)
from tailrace.history.ddl.lexer import Token, tokens
from tailrace.history.ddl.syntax import (
    AddKey,
    AlterTable,
    ColumnDefinition,
    CreateTable,
    DropDatabase,
    DropKey,
    DropTables,
    KeyDefinition,
    Options,
    RenameTables,
    SetDatabase,
    Statement,
    TruncateTable,
)
from tailrace.model.table import TableId

if TYPE_CHECKING:
    from collections.abc import Iterator

_DML: Final = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"})


@dataclass(frozen=True, slots=True)
class Ddl:
    """The statement may change a table or a database's default character set: give it to `apply`."""

    verb: str


@dataclass(frozen=True, slots=True)
class Dml:
    """The statement changes rows: the binlog is in statement format."""

    verb: str


@dataclass(frozen=True, slots=True)
class Other:
    """The statement changes neither rows nor any table's structure."""

    verb: str


def classify(sql: str, sql_mode: int = 0) -> Ddl | Dml | Other:
    """What a statement of the binlog means for the tables; reads only its first words."""
    words = _words(sql, sql_mode)
    verb = words[0] if words else ""
    rest = words[1:]
    if verb in _DML or (verb == "LOAD" and rest[:1] and rest[0] in ("DATA", "XML")):
        return Dml(verb)
    if verb == "TRUNCATE" and rest[:1] != ["PARTITION"]:
        return Ddl(verb)
    if verb in ("CREATE", "ALTER", "DROP", "RENAME") and rest:
        return _definition(verb, rest)
    return Other(verb)


def qualified_tables(sql: str, sql_mode: int = 0) -> frozenset[TableId]:
    """All `a.b` of a statement: the tables that it names with their database, and columns named with their table."""
    named: set[TableId] = set()
    try:
        before, dot = None, False
        for token in tokens(sql, sql_mode):
            is_name = token.kind in ("word", "name")
            if is_name and dot and before:
                named.add(TableId(before, token.value))
            dot = token.key == "."
            before = token.value if is_name else before if dot else None
    except SchemaError:
        # As in `classify`: no statement of the server's is so broken.
        pass
    return frozenset(named)


def _words(sql: str, sql_mode: int) -> list[str]:
    try:
        return [token.key for token in islice(_skip_open(tokens(sql, sql_mode)), 4)]
    except SchemaError:
        # A statement too broken to read is no table DDL the server has accepted.
        return []


def _skip_open(read: Iterator[Token]) -> Iterator[Token]:
    """Without the parentheses a statement may begin with."""
    return (token for token in read if token.key != "(")


def _definition(verb: str, rest: list[str]) -> Ddl | Other:
    if rest[0] in ("IGNORE", "ONLINE", "OFFLINE"):
        rest = rest[1:]
    what = rest[0] if rest else ""
    if what in ("TABLE", "TABLES", "DATABASE", "SCHEMA"):
        return Ddl(f"{verb} {what}")
    if what in ("INDEX", "UNIQUE", "FULLTEXT", "SPATIAL") and verb in ("CREATE", "DROP"):
        # CREATE SPATIAL REFERENCE SYSTEM makes no index.
        return Other(verb) if rest[1:2] == ["REFERENCE"] else Ddl(f"{verb} INDEX")
    return Other(f"{verb} {what}")


def parse(sql: str, sql_mode: int = 0) -> Statement | None:
    """The syntax of a statement that `classify` calls DDL; None if it touches no table (a temporary one, say).

    Raises SchemaError with the place where reading stopped.
    """
    cursor = Cursor(sql, sql_mode)
    verb = cursor.next().key
    cursor.take_any("IGNORE", "ONLINE", "OFFLINE")
    if verb == "CREATE":
        return _create(cursor)
    if verb == "ALTER":
        if cursor.take("TABLE"):
            return alter_table(cursor)
        return _database(cursor, create=False) if cursor.take_any("DATABASE", "SCHEMA") else None
    if verb == "DROP":
        return _drop(cursor)
    if verb == "RENAME" and cursor.take_any("TABLE", "TABLES"):
        return _rename(cursor)
    if verb == "TRUNCATE":
        cursor.take("TABLE")
        return TruncateTable(qualified_name(cursor))
    return None


def _create(cursor: Cursor) -> Statement | None:
    if cursor.take("TABLE"):
        return _create_table(cursor)
    if cursor.take_any("DATABASE", "SCHEMA"):
        return _database(cursor, create=True)
    if cursor.at_any("UNIQUE", "FULLTEXT", "SPATIAL", "INDEX"):
        return _create_index(cursor)
    return None


def _create_table(cursor: Cursor) -> CreateTable:
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name = qualified_name(cursor)
    if cursor.take("LIKE") or (cursor.at("(", "LIKE") and cursor.take("(", "LIKE")):
        return CreateTable(name, if_not_exists, like=qualified_name(cursor))
    columns: list[ColumnDefinition] = []
    keys: list[KeyDefinition] = []
    if cursor.key == "(" and cursor.peek().key not in ("SELECT", "WITH", "(", "VALUES", "TABLE"):
        cursor.next()
        while True:
            if cursor.at_any(*KEY_WORDS):
                if key := key_definition(cursor):
                    keys.append(key)
            else:
                column, inline = column_definition(cursor)
                columns.append(column)
                keys += inline
            if not cursor.take(","):
                cursor.expect(")")
                break
    options = _table_options(cursor)
    return CreateTable(name, if_not_exists, tuple(columns), tuple(keys), options)


def _table_options(cursor: Cursor) -> Options:
    """Options to the end of CREATE TABLE; partitions are skipped, a query is refused."""
    options = Options()
    while not cursor.at_end():
        if cursor.at("START", "TRANSACTION"):
            # So the server logs CREATE TABLE ... SELECT in row format: with every column.
            break
        if cursor.at_any("SELECT", "WITH", "VALUES", "IGNORE", "REPLACE", "AS") or cursor.at("(", "SELECT"):
            cursor.fail(
                "the columns of CREATE TABLE ... SELECT are not in the statement (the row format spells them out)"
            )
        if cursor.at("PARTITION", "BY"):
            while not (cursor.at_end() or cursor.at_any("SELECT", "AS")):
                cursor.skip_one()
            continue
        taken = take_option(cursor, options)
        if taken is None:
            cursor.skip_one()
        else:
            options = taken
    return options


def _create_index(cursor: Cursor) -> AlterTable:
    unique = cursor.take("UNIQUE")
    cursor.take_any("FULLTEXT", "SPATIAL")
    cursor.expect("INDEX")
    index = cursor.name()
    if cursor.take_any("USING", "TYPE"):
        cursor.next()
    cursor.expect("ON")
    table = qualified_name(cursor)
    kind: Literal["unique", "other"] = "unique" if unique else "other"
    return AlterTable(table, (AddKey(KeyDefinition(kind, index, key_parts(cursor))),))


def _database(cursor: Cursor, *, create: bool) -> SetDatabase:
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name: str | None = None
    options = Options()
    if create or not (take := take_option(cursor, options)):
        named = create or (not cursor.at_end() and not cursor.at_any("DEFAULT", "ENCRYPTION", "READ"))
        name = cursor.name() if named else None
    else:
        options = take
    while not cursor.at_end():
        taken = take_option(cursor, options)
        if taken is None:
            cursor.skip_one()
        else:
            options = taken
    return SetDatabase(name, options, create, if_not_exists)


def _drop(cursor: Cursor) -> Statement | None:
    if cursor.take_any("TABLE", "TABLES"):
        cursor.take("IF", "EXISTS")
        names = [qualified_name(cursor)]
        while cursor.take(","):
            names.append(qualified_name(cursor))
        return DropTables(tuple(names))
    if cursor.take_any("DATABASE", "SCHEMA"):
        cursor.take("IF", "EXISTS")
        return DropDatabase(cursor.name())
    if cursor.take("INDEX"):
        index = cursor.name()
        cursor.expect("ON")
        return AlterTable(qualified_name(cursor), (DropKey(None if index.upper() == "PRIMARY" else index),))
    return None


def _rename(cursor: Cursor) -> RenameTables:
    pairs = []
    while True:
        old = qualified_name(cursor)
        cursor.expect("TO")
        pairs.append((old, qualified_name(cursor)))
        if not cursor.take(","):
            return RenameTables(tuple(pairs))
