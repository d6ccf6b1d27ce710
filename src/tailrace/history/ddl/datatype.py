"""Column types: every spelling of the grammar to what information_schema prints (sql/sql_yacc.yy, `type`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tailrace.history.charset import is_charset
from tailrace.history.ddl.lexer import REAL_AS_FLOAT
from tailrace.history.ddl.syntax import DataType

if TYPE_CHECKING:
    from tailrace.history.ddl.cursor import Cursor

# Plain synonyms: one word to DATA_TYPE.
_NAMES: Final = {
    "TINYINT": "tinyint", "INT1": "tinyint", "SMALLINT": "smallint", "INT2": "smallint", "MEDIUMINT": "mediumint",
    "INT3": "mediumint", "MIDDLEINT": "mediumint", "INT": "int", "INTEGER": "int", "INT4": "int", "BIGINT": "bigint",
    "INT8": "bigint", "FLOAT": "float", "FLOAT4": "float", "FLOAT8": "double", "DOUBLE": "double", "REAL": "double",
    "DECIMAL": "decimal", "DEC": "decimal", "NUMERIC": "decimal", "FIXED": "decimal", "BIT": "bit", "DATE": "date",
    "TIME": "time", "DATETIME": "datetime", "TIMESTAMP": "timestamp", "YEAR": "year", "CHAR": "char",
    "CHARACTER": "char",
    "VARCHAR": "varchar", "VARCHARACTER": "varchar", "BINARY": "binary", "VARBINARY": "varbinary",
    "TINYBLOB": "tinyblob",
    "BLOB": "blob", "MEDIUMBLOB": "mediumblob", "LONGBLOB": "longblob", "TINYTEXT": "tinytext", "TEXT": "text",
    "MEDIUMTEXT": "mediumtext", "LONGTEXT": "longtext", "ENUM": "enum", "SET": "set", "JSON": "json",
    "GEOMETRY": "geometry",
    "POINT": "point", "LINESTRING": "linestring", "POLYGON": "polygon", "MULTIPOINT": "multipoint",
    "MULTILINESTRING": "multilinestring", "MULTIPOLYGON": "multipolygon", "GEOMETRYCOLLECTION": "geomcollection",
    "GEOMCOLLECTION": "geomcollection", "VECTOR": "vector",
}  # fmt: skip
_INTEGERS: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_NUMBERS: Final = _INTEGERS | {"float", "double", "decimal"}
_STRINGS: Final = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
FLOAT_DIGITS: Final = 24
"""FLOAT(p) above this is a double."""


def data_type(cursor: Cursor) -> DataType:
    """The type at the cursor with its attributes up to, not including, NOT NULL and the like."""
    parsed = _base(cursor)
    if parsed.name in _NUMBERS or parsed.name == "year":
        return _number_attributes(cursor, parsed)
    if parsed.name in _STRINGS:
        return _string_attributes(cursor, parsed)
    return parsed


def _base(cursor: Cursor) -> DataType:  # noqa: C901 - one branch a family of spellings
    if cursor.take_any("BOOL", "BOOLEAN"):
        return DataType("tinyint", 1)
    if cursor.take("SERIAL"):
        return DataType("bigint", unsigned=True, serial=True)
    if cursor.take("LONG"):
        return _long(cursor)
    if cursor.take_any("NATIONAL", "NCHAR", "NVARCHAR"):
        return _national(cursor)
    name = _NAMES.get(cursor.key)
    if name is None:
        cursor.fail("expected a column type")
    word = cursor.next().key
    if name == "double":
        cursor.take("PRECISION")
        if word == "REAL" and cursor.sql_mode & REAL_AS_FLOAT:
            name = "float"
    elif name == "char":
        if cursor.take_any("VARYING"):
            name = "varchar"
        elif cursor.take("LARGE", "OBJECT"):
            return DataType("longtext")
    elif name == "binary" and cursor.take("LARGE", "OBJECT"):
        return DataType("longblob")
    elif name in ("enum", "set"):
        return DataType(name, labels=_labels(cursor))
    return _sizes(cursor, name)


def _long(cursor: Cursor) -> DataType:
    """LONG, LONG VARCHAR, LONG CHAR VARYING, LONG VARBINARY."""
    if cursor.take("VARBINARY"):
        return DataType("mediumblob")
    if cursor.take_any("CHAR", "CHARACTER"):
        cursor.take("VARYING")
    else:
        cursor.take_any("VARCHAR", "VARCHARACTER")
    return DataType("mediumtext")


def _national(cursor: Cursor) -> DataType:
    """NATIONAL CHAR, NCHAR VARYING, NVARCHAR and the rest: utf8mb3."""
    word = cursor.peek(-1).key
    varying = word == "NVARCHAR"
    if word == "NATIONAL":
        varying = cursor.next().key in ("VARCHAR", "VARCHARACTER")
    elif word == "NCHAR":
        varying = cursor.take_any("VARCHAR", "VARCHARACTER")
    if cursor.take("VARYING"):
        varying = True
    return replace(_sizes(cursor, "varchar" if varying else "char"), charset="utf8mb3")


def _sizes(cursor: Cursor, name: str) -> DataType:
    length: int | None = None
    scale: int | None = None
    if cursor.take("("):
        length = cursor.number()
        if cursor.take(","):
            scale = cursor.number()
        cursor.expect(")")
    return _normalise(name, length, scale)


def _normalise(name: str, length: int | None, scale: int | None) -> DataType:
    if name == "decimal":
        return DataType(name, length or 10, scale or 0)
    if name == "float" and scale is None:
        return DataType("double" if (length or 0) > FLOAT_DIGITS else "float")
    if name == "double" and scale is None:
        return DataType(name)
    if name in ("bit", "char", "binary") and (length is None or (name == "bit" and length == 0)):
        return DataType(name, 1)
    if name == "vector" and length is None:
        return DataType(name, 2048)
    if name in ("time", "datetime", "timestamp"):
        return DataType(name, length or None)
    if name == "year":
        return DataType(name)
    return DataType(name, length, scale)


def _labels(cursor: Cursor) -> tuple[str | bytes, ...]:
    cursor.expect("(")
    labels: list[str | bytes] = []
    while True:
        token = cursor.token
        if token.kind == "hex":
            labels.append(bytes.fromhex(token.value.zfill(len(token.value) + len(token.value) % 2)))
            cursor.next()
        elif token.kind == "bit":
            labels.append(int(token.value, 2).to_bytes((len(token.value) + 7) // 8, "big"))
            cursor.next()
        elif token.kind in ("string", "national"):
            labels.append(cursor.next().value)
        else:
            cursor.fail("expected a label in quotes")
        if not cursor.take(","):
            cursor.expect(")")
            return tuple(labels)


def _number_attributes(cursor: Cursor, parsed: DataType) -> DataType:
    unsigned, zerofill = parsed.unsigned, False
    while True:
        if cursor.take("UNSIGNED"):
            unsigned = True
        elif cursor.take("ZEROFILL"):
            unsigned = zerofill = True
        elif not cursor.take("SIGNED"):
            break
    if parsed.name == "year":
        return parsed
    return replace(
        parsed, unsigned=unsigned, zerofill=zerofill, length=_width(parsed, unsigned=unsigned, zerofill=zerofill)
    )


def _width(parsed: DataType, *, unsigned: bool, zerofill: bool) -> int | None:
    """The display width COLUMN_TYPE still prints: that of ZEROFILL and of tinyint(1)."""
    if parsed.name not in _INTEGERS:
        return parsed.length
    if zerofill:
        widths = {"tinyint": 3, "smallint": 5, "mediumint": 8, "int": 10, "bigint": 20}
        return parsed.length or widths[parsed.name]
    return 1 if parsed.name == "tinyint" and parsed.length == 1 and not unsigned else None


def _string_attributes(cursor: Cursor, parsed: DataType) -> DataType:
    """CHARACTER SET, ASCII, UNICODE, BYTE and BINARY in any order (`opt_charset_with_opt_binary`)."""
    while True:
        if cursor.take("BYTE"):
            parsed = replace(parsed, charset="binary")
        elif cursor.take("ASCII"):
            parsed = replace(parsed, charset="latin1")
        elif cursor.take("UNICODE"):
            parsed = replace(parsed, charset="ucs2")
        elif cursor.take("BINARY"):
            parsed = replace(parsed, binary=True)
        elif cursor.at_any("CHARSET", "CHARACTER", "CHAR"):
            parsed = replace(parsed, charset=charset_clause(cursor))
        else:
            return parsed


def charset_clause(cursor: Cursor) -> str:
    """`CHARSET x`, `CHARACTER SET x`, with or without `=`."""
    if not cursor.take("CHARSET"):
        cursor.next()
        cursor.expect("SET")
    cursor.take_any("=", ":=")
    if not is_charset(cursor.token.value) and cursor.key != "DEFAULT":
        cursor.fail("expected a character set")
    return cursor.charset_or_collation()
