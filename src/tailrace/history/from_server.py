"""Tables as information_schema shows them: four queries for any number of tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tailrace.history.charset import Charset, by_name, canonical_charset, canonical_collation
from tailrace.history.ddl.lexer import tokens
from tailrace.history.tables import Tables
from tailrace.model.table import Column, Table, TableId

Query = Callable[[str, Sequence[str]], Iterable[Sequence[Any]]]
"""Runs one SELECT (`%s` for each argument) and gives its rows with text as str."""

SYSTEM_DATABASES: Final = ("information_schema", "mysql", "performance_schema", "sys")

SCHEMATA: Final = (
    "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
)
TABLES: Final = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COLLATION, TABLE_COMMENT FROM information_schema.TABLES"
    " WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN ({databases})"
)
COLUMNS: Final = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE, CHARACTER_SET_NAME,"
    " COLLATION_NAME, COLUMN_TYPE, EXTRA, SRS_ID, COLUMN_COMMENT FROM information_schema.COLUMNS"
    " WHERE TABLE_SCHEMA IN ({databases})"
    " ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"
)
STATISTICS: Final = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME FROM information_schema.STATISTICS"
    " WHERE TABLE_SCHEMA IN ({databases}) ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
)

_INTEGERS: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_SIZE: Final = re.compile(r"\((\d+)(?:,(\d+))?\)")


def read_statements(query: Query, tables: Iterable[TableId]) -> tuple[tuple[TableId, str], ...]:
    """(table, what SHOW CREATE TABLE prints), in the order given."""
    return tuple((table, next(iter(query(f"SHOW CREATE TABLE {_quoted(table)}", ())))[1]) for table in tables)


def _quoted(table: TableId) -> str:
    return ".".join("`" + name.replace("`", "``") + "`" for name in table)


def read_tables(
    query: Query, databases: Sequence[str] | None = None, tables: Sequence[TableId] | None = None
) -> Tables:
    """Every base table of the databases (None: all but the server's own), or only some tables of them.

    Give `tables` instead of `databases` to read a few. Takes no lock: who needs one instant holds it around the call.
    """
    charsets = database_charsets(query(SCHEMATA, ()))
    if tables is not None:
        databases = sorted({table.database for table in tables})
    if databases is None:
        databases = [name for name in charsets if name not in SYSTEM_DATABASES]
    if not databases:
        return Tables.of((), charsets)
    names = [table.table for table in tables] if tables is not None else []
    arguments = (*databases, *names)

    def rows(text: str) -> Iterable[Sequence[Any]]:
        return query(_narrowed(text, len(databases), len(names)), arguments)

    found = build_tables(rows(TABLES), rows(COLUMNS), rows(STATISTICS))
    if tables is not None:
        wanted = set(tables)
        found = (table for table in found if table.id in wanted)
    return Tables.of(found, charsets)


def read_names(query: Query) -> list[TableId]:
    """Of every base table, the server's own too."""
    text = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
    return [TableId(str(database), str(table)) for database, table in query(text, ())]


def _narrowed(text: str, databases: int, names: int) -> str:
    """The query for so many databases, and so many table names where there are any."""
    places = ", ".join(["%s"] * databases)
    text = text.format(databases=places)
    if not names:
        return text
    return text.replace(
        f"TABLE_SCHEMA IN ({places})", f"TABLE_SCHEMA IN ({places}) AND TABLE_NAME IN ({', '.join(['%s'] * names)})"
    )


def database_charsets(schemata: Iterable[Sequence[Any]]) -> dict[str, Charset]:
    """Rows of SCHEMATA as each database's default character set."""
    return {
        str(name): by_name(str(charset), str(collation)) or Charset(str(charset), str(collation))
        for name, charset, collation in schemata
    }


def build_tables(
    tables: Iterable[Sequence[Any]], columns: Iterable[Sequence[Any]], statistics: Iterable[Sequence[Any]]
) -> Iterator[Table]:
    """Rows of TABLES, COLUMNS and STATISTICS, in the queries' order, as tables."""
    columns_of: dict[TableId, list[Column]] = defaultdict(list)
    for database, table, *row in columns:
        columns_of[TableId(database, table)].append(build_column(row))
    indexes_of: dict[TableId, dict[str, tuple[bool, list[str]]]] = defaultdict(dict)
    for database, table, index, non_unique, column in statistics:
        _, parts = indexes_of[TableId(database, table)].setdefault(index, (not int(non_unique), []))
        parts.append(column or "")
    for database, table, collation, comment in tables:
        table_id = TableId(database, table)
        yield _table(table_id, tuple(columns_of[table_id]), indexes_of[table_id], collation, comment)


def _table(
    table_id: TableId,
    columns: tuple[Column, ...],
    indexes: Mapping[str, tuple[bool, list[str]]],
    collation: str | None,
    comment: str,
) -> Table:
    keys = {name: (unique, tuple(parts)) for name, (unique, parts) in indexes.items()}
    _, primary = keys.pop("PRIMARY", (True, ()))
    charset = by_name(None, collation) if collation else None
    return Table(
        id=table_id,
        columns=columns,
        primary_key=primary,
        unique_keys=tuple(sorted((n, parts) for n, (unique, parts) in keys.items() if unique and "" not in parts)),
        other_keys=tuple(sorted((n, parts) for n, (unique, parts) in keys.items() if not unique or "" in parts)),
        charset=charset.name if charset else None,
        collation=charset.collation if charset else collation,
        comment=comment,
    )


def build_column(row: Sequence[Any]) -> Column:
    """The part of a COLUMNS row from COLUMN_NAME on as a column, in the spelling of the newest server."""
    name, default, is_nullable, data_type, charset, collation, column_type, extra, srid, comment = row
    data_type = str(data_type).lower()
    data_type = "geomcollection" if data_type == "geometrycollection" else data_type
    words = str(extra).upper()
    labels = _labels(str(column_type)) if data_type in ("enum", "set") else ()
    attributes = str(column_type)[len(data_type) :] if not labels else ""
    zerofill = "zerofill" in attributes
    unsigned = "unsigned" in attributes
    length, scale = _sizes(data_type, attributes, keep_width=zerofill)
    if data_type == "tinyint" and unsigned and not zerofill:
        length = None
    expression = "DEFAULT_GENERATED" in words
    now = str(default or "").upper().startswith("CURRENT_TIMESTAMP")
    return Column(
        name=str(name),
        data_type=data_type,
        length=length,
        scale=scale,
        unsigned=unsigned,
        nullable=is_nullable == "YES",
        charset=canonical_charset(str(charset)) if charset else None,
        collation=canonical_collation(str(collation)) if collation else None,
        labels=labels,
        default=None if default is None or (expression and not now) else str(default),
        default_is_expression=expression or (now and data_type in ("timestamp", "datetime")),
        auto_increment="AUTO_INCREMENT" in words,
        generated="VIRTUAL GENERATED" in words or "STORED GENERATED" in words,
        invisible="INVISIBLE" in words,
        zerofill=zerofill,
        srid=None if srid is None else int(srid),
        comment=str(comment),
    )


def _sizes(data_type: str, attributes: str, *, keep_width: bool) -> tuple[int | None, int | None]:
    """Length and scale of COLUMN_TYPE, without the display widths that servers before 8.0.19 print."""
    match = _SIZE.search(attributes)
    if match is None or data_type == "year":
        return None, None
    length = int(match[1])
    if data_type in _INTEGERS and not keep_width and (data_type, length) != ("tinyint", 1):
        return None, None
    return length, int(match[2]) if match[2] else None


def _labels(column_type: str) -> tuple[str, ...]:
    """`enum('a','b''c')` as its labels: the text is a literal of the server, so a string of the default sql_mode."""
    return tuple(token.value for token in tokens(column_type) if token.kind == "string")
