"""Columns in the words of Debezium's table model: JDBC types, type names, lengths."""

from __future__ import annotations

from collections.abc import Mapping

from tailrace.model.table import Column

JDBC_TYPES: Mapping[str, int] = {
    "tinyint": 5,
    "smallint": 5,
    "mediumint": 4,
    "int": 4,
    "bigint": -5,
    "decimal": 3,
    "float": 6,
    "double": 8,
    "bit": -7,
    "char": 1,
    "varchar": 12,
    "tinytext": 12,
    "text": 12,
    "mediumtext": 12,
    "longtext": 12,
    "enum": 1,
    "set": 1,
    "binary": -2,
    "varbinary": -3,
    "tinyblob": 2004,
    "blob": 2004,
    "mediumblob": 2004,
    "longblob": 2004,
    "date": 91,
    "time": 92,
    "datetime": 93,
    "timestamp": 2014,
    "year": 4,
}
"""`java.sql.Types`; the others are OTHER."""
OTHER = 1111

_ZERO_FILLED = {"tinyint": 3, "smallint": 5, "mediumint": 8, "int": 10, "bigint": 20}


def type_name(column: Column) -> str:
    """`INT UNSIGNED`."""
    name = column.data_type.upper()
    if column.zerofill:
        return f"{name} UNSIGNED ZEROFILL"
    return f"{name} UNSIGNED" if column.unsigned else name


def jdbc_type(column: Column) -> int:
    """A number of `java.sql.Types`."""
    return JDBC_TYPES.get(column.data_type, OTHER)


def length(column: Column) -> int | None:
    """What stands first in the parenthesis; of ENUM 1, of SET what all its labels would take as letters."""
    match column.data_type:
        case "enum":
            return 1
        case "set":
            return max(2 * len(column.labels) - 1, 0)
        case "bit":
            return column.length or 1
        case _:
            return column.length


def scale(column: Column) -> int | None:
    """Digits after the point."""
    return column.scale
