"""A table from its table map in the binlog, and whether a known table fits one.

The table map carries types always, names only with `binlog_row_metadata=FULL` (libs/mysql/binlog/event/rows_event.h,
`Table_map_event`; numbers of types in include/field_types.h).
"""

# ruff: noqa: PLR2004 - sizes in bytes and bits of the format

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailrace.errors import SchemaError
from tailrace.history.charset import BINARY, by_id, max_bytes
from tailrace.model.table import Column, Table, TableId

if TYPE_CHECKING:
    from tailrace._kernel import NeedTable

# MYSQL_TYPE_* to DATA_TYPE where one number means one type.
_SIMPLE: Final = {
    1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 7: "timestamp", 8: "bigint", 9: "mediumint",
    10: "date",
    11: "time", 12: "datetime", 13: "year", 14: "date", 16: "bit", 17: "timestamp", 18: "datetime", 19: "time",
    242: "vector",
    245: "json", 246: "decimal", 247: "enum", 248: "set",
}  # fmt: skip
_VARCHAR: Final = frozenset({15, 253})
_BLOBS: Final = frozenset({249, 250, 251, 252})
_STRING: Final = 254
_ENUM: Final = 247
_SET: Final = 248
_GEOMETRY: Final = 255
_BLOB_NAMES: Final = {
    1: ("tinyblob", "tinytext"),
    2: ("blob", "text"),
    3: ("mediumblob", "mediumtext"),
    4: ("longblob", "longtext"),
}
_GEOMETRIES: Final = (
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection",
)  # fmt: skip
_NUMBERS: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "float", "double", "decimal"})
_FRACTIONS: Final = frozenset({"time", "datetime", "timestamp"})
_SIZED: Final = _FRACTIONS | {"char", "varchar", "binary", "varbinary", "decimal", "bit"}
_SPATIAL: Final = frozenset(_GEOMETRIES)


def build_table(need: NeedTable) -> Table | None:
    """The table a table map with names describes; None with `binlog_row_metadata=MINIMAL`, where they are missing.

    What the map does not carry (defaults, comments, unique keys, widths of integers) stays empty.
    """
    if need.names is None:
        return None
    columns = tuple(_column(need, index) for index in range(len(need.names)))
    primary = tuple(need.names[index] for index in need.primary_key or ())
    return Table(TableId(need.database, need.table), columns, primary)


def _column(need: NeedTable, index: int) -> Column:
    assert need.names is not None
    data_type, length, scale = _shape(need, index)
    collation = need.collations[index] if need.collations else None
    charset = by_id(collation) if collation is not None else None
    if charset == BINARY:
        charset = None
    labels = need.labels[index] if need.labels else None
    return Column(
        name=need.names[index],
        data_type=data_type,
        length=length,
        scale=scale,
        # The server counts YEAR among the unsigned numbers; its own COLUMN_TYPE does not say so.
        unsigned=bool(need.unsigned and need.unsigned[index]) and data_type in _NUMBERS,
        nullable=need.nullable[index],
        charset=charset.name if charset else None,
        collation=charset.collation if charset else None,
        labels=tuple(labels or ()),
        invisible=bool(need.visible and not need.visible[index]),
    )


def _shape(need: NeedTable, index: int) -> tuple[str, int | None, int | None]:
    """(DATA_TYPE, length, scale) of one column of a table map."""
    code, meta = need.column_types[index], need.column_meta[index]
    collation = need.collations[index] if need.collations else None
    charset = by_id(collation) if collation is not None else None
    text = charset is not None and charset != BINARY
    code, width = _real_type(code, meta)
    if code in _VARCHAR or code == _STRING:
        name = ("varchar" if text else "varbinary") if code in _VARCHAR else ("char" if text else "binary")
        return name, width // (max_bytes(charset.name) if charset else 1), None
    if code in _BLOBS:
        return _BLOB_NAMES[meta][text], None, None
    if code == _GEOMETRY:
        kind = need.geometry_types[index] if need.geometry_types else None
        return _GEOMETRIES[kind or 0], None, None
    simple = _SIMPLE.get(code)
    if simple is None:
        raise SchemaError(
            f"column {index + 1} of {need.database}.{need.table} has type {code}, which is not known",
            where=f"{need.file}:{need.position}",
            hint="check for a version of tailrace that knows this server's types",
        )
    return (simple, *_number_sizes(need, simple, index))


def _number_sizes(need: NeedTable, name: str, index: int) -> tuple[int | None, int | None]:
    meta = need.column_meta[index]
    if name == "decimal":
        return meta >> 8, meta & 0xFF
    if name == "bit":
        return (meta >> 8) * 8 + (meta & 0xFF), None
    if name in _FRACTIONS and need.column_types[index] in (17, 18, 19):
        return meta or None, None
    if name == "vector" and need.dimensions:
        return need.dimensions[index], None
    return None, None


def _real_type(code: int, meta: int) -> tuple[int, int]:
    """(type, bytes) of what MYSQL_TYPE_STRING hides (sql/field.cc, `Field_string::do_save_field_metadata`)."""
    if code != _STRING:
        return code, meta
    high, low = meta >> 8, meta & 0xFF
    if high in (_ENUM, _SET):
        return high, low
    # Bits 4 and 5 of the first byte are, inverted, bits 8 and 9 of the length.
    return _STRING, low | (((high & 0x30) ^ 0x30) << 4)


def check(table: Table, need: NeedTable) -> SchemaError | None:
    """Why a known table cannot be the one of a table map, or None if it can be.

    Compared are number of columns and for each its type, sizes, nullability, sign and character set, and names where
    the map has them. A definition that differs would turn bytes into wrong values that look right.
    """
    expected, given = len(table.columns), len(need.column_types)
    if expected != given:
        return _mismatch(table, need, f"it has {given} columns in the binlog, {expected} in the schema history")
    for index, column in enumerate(table.columns):
        difference = _difference(column, need, index)
        if difference:
            return _mismatch(table, need, f"column {index + 1} ({column.name}) {difference}")
    return None


def _mismatch(table: Table, need: NeedTable, what: str) -> SchemaError:
    return SchemaError(
        f"the known definition of {table.id} does not fit its rows: {what}",
        where=f"{need.file}:{need.position}",
        hint="take the table's definition from the server again (a schema recovery), or set binlog_row_metadata=FULL",
    )


def _difference(column: Column, need: NeedTable, index: int) -> str | None:
    data_type, length, scale = _shape(need, index)
    if need.names is not None and need.names[index] != column.name:
        return f"is named {need.names[index]!r} in the binlog"
    if not _type_fits(column.data_type, data_type):
        return f"is {data_type} in the binlog, {column.data_type} in the schema history"
    known = (
        column.length
        if data_type in ("char", "varchar", "binary", "varbinary", "decimal", "bit", *_FRACTIONS)
        else length
    )
    if (length, scale if data_type == "decimal" else None) != (known, column.scale if data_type == "decimal" else None):
        return f"has size {length},{scale} in the binlog, {column.length},{column.scale} in the schema history"
    if need.nullable[index] != column.nullable:
        return f"is {'NULL' if need.nullable[index] else 'NOT NULL'} in the binlog"
    if need.unsigned is not None and data_type in _NUMBERS and need.unsigned[index] != column.unsigned:
        return f"is {'unsigned' if need.unsigned[index] else 'signed'} in the binlog"
    return _charset_difference(column, need, index) or _labels_difference(column, need, index)


def _type_fits(known: str, in_map: str) -> bool:
    # Without optional metadata a map tells neither binary from text nor one geometry from another.
    return known == in_map or (known in _SPATIAL and in_map == "geometry")


def _charset_difference(column: Column, need: NeedTable, index: int) -> str | None:
    collation = need.collations[index] if need.collations else None
    if collation is None:
        return None
    charset = by_id(collation)
    if charset is None:
        return None
    in_map = None if charset == BINARY else charset.name
    if in_map == column.charset:
        return None
    return f"has character set {in_map or 'binary'} in the binlog, {column.charset or 'binary'} in the schema history"


def _labels_difference(column: Column, need: NeedTable, index: int) -> str | None:
    labels = need.labels[index] if need.labels else None
    if labels and tuple(labels) != column.labels:
        return "has other labels in the binlog"
    code, width = _real_type(need.column_types[index], need.column_meta[index])
    count = len(column.labels)
    wanted = (1 if count <= 0xFF else 2) if code == _ENUM else _set_bytes(count) if code == _SET else width
    if wanted != width and code in (_ENUM, _SET):
        return f"takes {width} bytes in the binlog, {wanted} by its {count} labels in the schema history"
    return None


def _set_bytes(count: int) -> int:
    """A SET's bytes: 1, 2, 3, 4 or 8 (sql/field.cc, `get_set_pack_length`)."""
    needed = (count + 7) // 8
    return 8 if needed > 4 else needed
