"""One column in one set of modes: the form of its values, and the schema they have."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tailrace.config.events import BigintUnsignedMode, BinaryMode, DecimalMode, TimeMode, TypeModes
from tailrace.convert.schema import Schema
from tailrace.errors import SchemaError
from tailrace.model.encoding import Form
from tailrace.model.table import Column

Described = tuple[Form, Schema]
"""How a value is written, and its schema but for optional, default and further parameters."""

_UNSIGNED_BIGINT_DIGITS = "20"


def describe(column: Column, modes: TypeModes) -> Described:
    """Raises SchemaError where the column's type is not known."""
    try:
        return _TYPES[column.data_type](column, modes)
    except KeyError:
        message = f"column {column.name}: unknown type {column.data_type}"
        raise SchemaError(message) from None


def _integer(signed: str, unsigned: str) -> Callable[[Column, TypeModes], Described]:
    return lambda column, _: ("int", Schema(unsigned if column.unsigned else signed))


def _bigint(column: Column, modes: TypeModes) -> Described:
    if not column.unsigned:
        return "int", Schema("int64")
    if modes.bigint_unsigned is BigintUnsignedMode.LONG:
        return "unsigned_long", Schema("int64")
    return "unsigned_decimal", _decimal_schema("0", _UNSIGNED_BIGINT_DIGITS)


def _decimal_schema(scale: str, precision: str) -> Schema:
    name = "org.apache.kafka.connect.data.Decimal"
    parameters = (("scale", scale), ("connect.decimal.precision", precision))
    return Schema("bytes", name=name, version=1, parameters=parameters)


def _decimal(column: Column, modes: TypeModes) -> Described:
    match modes.decimal:
        case DecimalMode.PRECISE:
            return "decimal", _decimal_schema(str(column.scale or 0), str(column.length or 10))
        case DecimalMode.STRING:
            return "decimal_string", Schema("string")
        case DecimalMode.DOUBLE:
            return "decimal_double", Schema("double")


def _float(column: Column, _modes: TypeModes) -> Described:
    # FLOAT(m,d) is a double in Debezium.
    return ("float", Schema("float")) if column.scale is None else ("double", Schema("double"))


def _bit(column: Column, _modes: TypeModes) -> Described:
    length = column.length or 1
    if length == 1:
        return "boolean", Schema("boolean")
    return "bits", Schema("bytes", name="io.debezium.data.Bits", version=1, parameters=(("length", str(length)),))


_BINARY: Mapping[BinaryMode, Described] = {
    BinaryMode.BYTES: ("bytes", Schema("bytes")),
    BinaryMode.BASE64: ("base64", Schema("string")),
    BinaryMode.BASE64_URL_SAFE: ("base64url", Schema("string")),
    BinaryMode.HEX: ("hex", Schema("string")),
}


def _labels(form: Form, name: str) -> Callable[[Column, TypeModes], Described]:
    def describe_labels(column: Column, _modes: TypeModes) -> Described:
        allowed = ",".join(label.replace(",", "\\,") for label in column.labels)
        return form, Schema("string", name=name, version=1, parameters=(("allowed", allowed),))

    return describe_labels


def _time_schema(kind: str, name: str) -> Schema:
    return Schema(kind, name=f"io.debezium.time.{name}", version=1)


def _connect_schema(kind: str, name: str) -> Schema:
    return Schema(kind, name=f"org.apache.kafka.connect.data.{name}", version=1)


def _date(_column: Column, modes: TypeModes) -> Described:
    match modes.time:
        case TimeMode.CONNECT:
            return "date", _connect_schema("int32", "Date")
        case TimeMode.ISOSTRING:
            return "date_iso", _time_schema("string", "IsoDate")
        case _:
            return "date", _time_schema("int32", "Date")


def _time(_column: Column, modes: TypeModes) -> Described:
    match modes.time:
        case TimeMode.CONNECT:
            return "time_ms", _connect_schema("int32", "Time")
        case TimeMode.ISOSTRING:
            return "time_iso", _time_schema("string", "IsoTime")
        case TimeMode.NANOSECONDS:
            return "time_ns", _time_schema("int64", "NanoTime")
        case _:
            return "time_us", _time_schema("int64", "MicroTime")


_MOST_MILLISECOND_DIGITS = 3


def _datetime(column: Column, modes: TypeModes) -> Described:
    match modes.time:
        case TimeMode.CONNECT:
            return "datetime_ms", _connect_schema("int64", "Timestamp")
        case TimeMode.ISOSTRING:
            return "datetime_iso", _time_schema("string", "IsoTimestamp")
        case TimeMode.NANOSECONDS:
            return "datetime_ns", _time_schema("int64", "NanoTimestamp")
        case TimeMode.ADAPTIVE_TIME_MICROSECONDS if (column.length or 0) <= _MOST_MILLISECOND_DIGITS:
            return "datetime_ms", _time_schema("int64", "Timestamp")
        case _:
            return "datetime_us", _time_schema("int64", "MicroTimestamp")


def _always(form: Form, schema: Schema) -> Callable[[Column, TypeModes], Described]:
    return lambda _column, _modes: (form, schema)


_GEOMETRY = Schema(
    "struct",
    name="io.debezium.data.geometry.Geometry",
    version=1,
    doc="Geometry",
    fields=(("wkb", Schema("bytes")), ("srid", Schema("int32", optional=True))),
)
_POINT = Schema(
    "struct",
    name="io.debezium.data.geometry.Point",
    version=1,
    doc="Geometry (POINT)",
    fields=(
        ("x", Schema("double")),
        ("y", Schema("double")),
        ("wkb", Schema("bytes", optional=True)),
        ("srid", Schema("int32", optional=True)),
    ),
)
_GEOMETRIES = (
    "geometry", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection",
    "geometrycollection",
)  # fmt: skip
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")

_TYPES: Mapping[str, Callable[[Column, TypeModes], Described]] = {
    "tinyint": _integer("int16", "int16"),
    "smallint": _integer("int16", "int32"),
    "mediumint": _integer("int32", "int32"),
    "int": _integer("int32", "int64"),
    "bigint": _bigint,
    "decimal": _decimal,
    "float": _float,
    "double": _always("double", Schema("double")),
    "bit": _bit,
    **dict.fromkeys(_TEXTS, _always("text", Schema("string"))),
    **dict.fromkeys(_BYTES, lambda _column, modes: _BINARY[modes.binary]),
    "enum": _labels("enum", "io.debezium.data.Enum"),
    "set": _labels("set", "io.debezium.data.EnumSet"),
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "timestamp": _always("timestamp", _time_schema("string", "ZonedTimestamp")),
    "year": _always("year", _time_schema("int32", "Year")),
    "json": _always("json", Schema("string", name="io.debezium.data.Json", version=1)),
    "point": _always("point", _POINT),
    **dict.fromkeys(_GEOMETRIES, _always("geometry", _GEOMETRY)),
    "vector": _always("vector", Schema("array", items=Schema("float"), name="io.debezium.data.FloatVector", version=1)),
}
