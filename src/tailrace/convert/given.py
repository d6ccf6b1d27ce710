"""What a converter's function gets of a column, and how what it returns is written.

| column | given |
|---|---|
| TINYINT … BIGINT, YEAR | int |
| BIT(1); BIT(n) | bool; int |
| DECIMAL | decimal.Decimal |
| FLOAT, DOUBLE | float |
| CHAR, VARCHAR, TEXT …, ENUM, SET, JSON | str |
| BINARY, VARBINARY, BLOB … | bytes |
| DATE | datetime.date |
| TIME | datetime.timedelta |
| DATETIME | datetime.datetime without a zone |
| TIMESTAMP | datetime.datetime in UTC |
| POINT, GEOMETRY … | dict: wkb (bytes), srid; of POINT x and y too |
| VECTOR | list of float |

A date of the server's that no calendar has (`0000-00-00`) is NULL, or where the column is NOT NULL 1970-01-01.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tailrace.convert.schema import Json
from tailrace.model.encoding import Form
from tailrace.model.table import Column

Read = Callable[[Json], Any]
"""From the JSON value of the form."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_UNSIGNED = (1 << 64) - 1


def given(column: Column) -> tuple[Form, Read]:
    """The form that the kernel writes for the function, and how it is read. Raises KeyError for an unknown type."""
    match column.data_type:
        case "bigint" if column.unsigned:
            return "unsigned_long", lambda value: value & _UNSIGNED
        case "float" if column.scale is None:
            return "float", _same
        case "bit" if (column.length or 1) == 1:
            return "boolean", _same
        case kind:
            return _GIVEN[kind]


def written(value: Any) -> Json:
    """What a function returned, for JSON: bytes become base64, as Connect's converter has them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: written(part) for name, part in value.items()}
    if isinstance(value, list):
        return [written(part) for part in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"it gave a {type(value).__name__}; text, numbers, booleans, bytes, lists and dicts can be written")


def _same(value: Json) -> Any:
    return value


def _geometry(value: Mapping[str, Json]) -> Any:
    return {**value, "wkb": base64.b64decode(value["wkb"])}


_INT: tuple[Form, Read] = ("int", _same)
_TEXT: tuple[Form, Read] = ("text", _same)
_BYTES: tuple[Form, Read] = ("bytes", base64.b64decode)
_SHAPE: tuple[Form, Read] = ("geometry", _geometry)
_GIVEN: Mapping[str, tuple[Form, Read]] = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint"), _INT),
    "year": ("year", _same),
    "decimal": ("decimal_string", Decimal),
    **dict.fromkeys(("float", "double"), ("double", _same)),
    "bit": ("bits", lambda value: int.from_bytes(base64.b64decode(value), "little")),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), _TEXT),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), _BYTES),
    "enum": ("enum", _same),
    "set": ("set", _same),
    "json": ("json", _same),
    "date": ("date", lambda days: date(1970, 1, 1) + timedelta(days=days)),
    "time": ("time_us", lambda micros: timedelta(microseconds=micros)),
    "datetime": ("datetime_us", lambda micros: _EPOCH + timedelta(microseconds=micros)),
    "timestamp": ("timestamp", datetime.fromisoformat),
    "point": ("point", _geometry),
    **dict.fromkeys(
        (
            "geometry", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection",
            "geometrycollection",
        ),
        _SHAPE,
    ),
    "vector": ("vector", _same),
}  # fmt: skip
