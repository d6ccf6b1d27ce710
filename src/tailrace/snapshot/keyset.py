"""A table read in pieces by the order of a key: the SELECTs, and keys as text.

Each piece begins behind the last key of the one before, so no piece costs more than another, however large the table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tailrace.errors import SchemaError, UnsupportedSource
from tailrace.model.incremental import Key
from tailrace.snapshot.select import expression, qualified, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailrace.model.table import Column, Table

_TEXT: Final = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_BINARY: Final = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit"})
_TIMES: Final = frozenset({"date", "time", "datetime", "timestamp"})
_NUMBERED: Final = frozenset({"enum", "set"})
"""The server orders these by number, and compares them with text by text."""
_PLAIN: Final = re.compile(r"[-+0-9.eE: ]+")


def identity(table: Table) -> tuple[str, ...]:
    """Columns whose values no two rows share and that are never NULL; () if there are none."""
    if table.primary_key:
        return table.primary_key
    never_null = {column.name for column in table.columns if not column.nullable}
    return next((columns for _, columns in table.unique_keys if never_null.issuperset(columns)), ())


def order(table: Table, surrogate: str | None) -> tuple[str, ...]:
    """The columns to read by. Raises UnsupportedSource, with what to do, where a table has no order of its rows."""
    own = identity(table)
    if not own:
        message = f"{table.id} has no primary key, and no unique key that is never NULL: it cannot be read in pieces"
        hint = "add a primary key, or take a blocking snapshot of it (type: BLOCKING)"
        raise UnsupportedSource(message, hint=hint)
    if surrogate is None:
        return own
    names = {column.name.lower(): column.name for column in table.columns}
    if surrogate.lower() not in names:
        message = f"{table.id} has no column {surrogate}, which surrogate-key names"
        raise UnsupportedSource(message, hint="name a column of the table, or leave surrogate-key out")
    first = names[surrogate.lower()]
    # Rows may share a surrogate's value: with the key behind it, none is left between two pieces.
    return (first, *(name for name in own if name != first))


def select_piece(
    table: Table, columns: Sequence[str], *, last: Key | None, greatest: Key | None, condition: str | None, rows: int
) -> str:
    """The next `rows` rows behind `last`, none beyond `greatest`."""
    conditions = [f"({condition})"] if condition else []
    if last is not None:
        conditions.append(_bound(table, columns, last, beyond=True))
    if greatest is not None:
        conditions.append(_bound(table, columns, greatest, beyond=False))
    by = ", ".join(quoted(name) for name in columns)
    return f"{_select(table, conditions)} ORDER BY {by} LIMIT {rows:d}"


def select_greatest(table: Table, columns: Sequence[str], condition: str | None) -> str:
    """The last row."""
    by = ", ".join(f"{quoted(name)} DESC" for name in columns)
    return f"{_select(table, [f'({condition})'] if condition else [])} ORDER BY {by} LIMIT 1"


def _select(table: Table, conditions: Sequence[str]) -> str:
    columns = ", ".join(expression(column) for column in table.columns)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {columns} FROM {qualified(table.id)}{where}"  # noqa: S608 -- quoted names, literals made here


def places(table: Table, columns: Sequence[str]) -> list[int]:
    """The columns' indexes in the table."""
    index = {column.name: place for place, column in enumerate(table.columns)}
    return [index[name] for name in columns]


def key_of(table: Table, columns: Sequence[str], values: Sequence[bytes | None]) -> Key:
    """A key as it is stored, from the bytes of a result set."""
    named = zip(places(table, columns), values, strict=True)
    return tuple(_stored(table.columns[place], value) for place, value in named)


def _stored(column: Column, value: bytes | None) -> str | None:
    if value is None:
        return None
    return value.hex() if column.data_type in _BINARY else value.decode()


def _bound(table: Table, columns: Sequence[str], key: Key, *, beyond: bool) -> str:
    """Rows behind `key`, or those up to it and with it; NULL stands before every value.

    Spelled out, for the optimizer finds no range in a comparison of row constructors.
    """
    pairs = [(table.columns[place], value) for place, value in zip(places(table, columns), key, strict=True)]
    alternatives = []
    for index, (column, value) in enumerate(pairs):
        same = [_equal(*pair) for pair in pairs[:index]]
        here = _greater(column, value) if beyond else _less(column, value)
        alternatives.append(" AND ".join([*same, here]))
    if not beyond:
        alternatives.append(" AND ".join(_equal(*pair) for pair in pairs))
    return "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")"


def _greater(column: Column, value: str | None) -> str:
    if value is None:
        return f"{quoted(column.name)} IS NOT NULL"
    return f"{_comparable(column)} > {_literal(column, value)}"


def _less(column: Column, value: str | None) -> str:
    if value is None:
        return "FALSE"
    less = f"{_comparable(column)} < {_literal(column, value)}"
    return f"({less} OR {quoted(column.name)} IS NULL)" if column.nullable else less


def _equal(column: Column, value: str | None) -> str:
    if value is None:
        return f"{quoted(column.name)} IS NULL"
    return f"{_comparable(column)} = {_literal(column, value)}"


def _comparable(column: Column) -> str:
    return f"{quoted(column.name)}+0" if column.data_type in _NUMBERED else quoted(column.name)


def _literal(column: Column, value: str) -> str:
    kind = column.data_type
    if kind in _TEXT:
        # Of least coercibility: it is converted to the column's character set, and the index is used.
        return f"_utf8mb4 X'{value.encode().hex()}'"
    if kind == "bit":
        return str(int(value, 16))
    if kind in _BINARY:
        return f"X'{value}'"
    if kind == "enum":
        return str(column.labels.index(value) + 1 if value in column.labels else 0)
    if kind == "set":
        chosen = value.split(",") if value else []
        return str(sum(1 << column.labels.index(label) for label in chosen))
    if not _PLAIN.fullmatch(value):
        message = f"rows cannot be read in the order of {column.name}, which is {kind}"
        raise SchemaError(message, hint="name another column as surrogate-key, or leave it out")
    return f"'{value}'" if kind in _TIMES else value
