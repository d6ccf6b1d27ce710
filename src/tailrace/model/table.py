"""A table's definition as one frozen value, the same whether it came from SHOW, information_schema or DDL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class TableId(NamedTuple):
    """`database` and `table` exactly as the server spells them."""

    database: str
    table: str

    def __str__(self) -> str:
        """`database.table`, for messages and filters."""
        return f"{self.database}.{self.table}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column, in the words of `information_schema.COLUMNS`."""

    name: str
    data_type: str
    """DATA_TYPE in lower case: `int`, `varchar`, `enum`, `geomcollection`, `point`, `vector` …; never a synonym."""
    length: int | None = None
    """What stands in the first parenthesis: characters (char, varchar), bytes (binary, varbinary), precision (decimal),
    fractional digits (time, datetime, timestamp), bits (bit), dimensions (vector), display width (tinyint(1), or with
    ZEROFILL); None where COLUMN_TYPE prints none."""
    scale: int | None = None
    unsigned: bool = False
    nullable: bool = True
    charset: str | None = None
    """CHARACTER_SET_NAME (`utf8mb4`, `latin1` …); None for types without one, binary strings included."""
    collation: str | None = None
    labels: tuple[str, ...] = ()
    """ENUM and SET labels in order."""
    default: str | None = None
    """COLUMN_DEFAULT of a literal (`5`, `abc`, `0x6162` in binary strings, `b'101'`), or `CURRENT_TIMESTAMP[(n)]`;
    None: no default, or NULL, or an expression in parentheses, whose text the server rewrites so that DDL cannot tell
    it."""
    default_is_expression: bool = False
    auto_increment: bool = False
    generated: bool = False
    invisible: bool = False
    zerofill: bool = False
    srid: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table version. Column order is the order of the row images in the binlog."""

    id: TableId
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(index name, its columns) for each UNIQUE index, by name; functional parts leave an index out."""
    other_keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The other indexes, a functional part as '': a later unnamed UNIQUE gets the first name that is free among all."""
    charset: str | None = None
    """The table's default character set."""
    collation: str | None = None
    comment: str = ""
