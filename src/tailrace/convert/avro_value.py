"""Documents to Avro's binary encoding, by their Connect schema.

The bytes are those of the schema in `tailrace.convert.avro` (Avro specification, "Binary Encoding").
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping

from tailrace.convert.schema import Json, Schema
from tailrace.errors import SchemaError

Writer = Callable[[Json, bytearray], None]
"""Appends a value's bytes."""

_FLOAT = struct.Struct("<f")
_DOUBLE = struct.Struct("<d")
_FIRST, _SECOND = 0, 2
"""Branches 0 and 1 of a union, as Avro writes a long."""


def writer(schema: Schema) -> Writer:
    """Compiled once per schema. The writer raises SchemaError where a value that may not be null is."""
    write = _compile(schema)
    if not schema.optional:
        return write
    # The branch that the default is of stands first.
    null, some = (_FIRST, _SECOND) if schema.default is None else (_SECOND, _FIRST)

    def optional(value: Json, out: bytearray) -> None:
        if value is None:
            out.append(null)
        else:
            out.append(some)
            write(value, out)

    return optional


def _compile(schema: Schema) -> Writer:
    if schema.type == "struct":
        return _record(schema)
    if schema.items is not None:
        return _array(writer(schema.items))
    if schema.values is not None:
        return _map(writer(schema.values))
    return _WRITE[schema.type]


def _record(schema: Schema) -> Writer:
    fields = tuple((name, field, writer(field)) for name, field in schema.fields)

    def record(value: Json, out: bytearray) -> None:
        for name, field, write in fields:
            part = value.get(name)
            if part is None and not field.optional:
                # As Connect reads a struct: the default stands for what is missing.
                part = field.default
                if part is None:
                    raise SchemaError(f"{schema.name}: field {name} is null, and must not be")
            write(part, out)

    return record


def _array(write_item: Writer) -> Writer:
    def array(value: Json, out: bytearray) -> None:
        if value:
            _long(len(value), out)
            for item in value:
                write_item(item, out)
        out.append(0)

    return array


def _map(write_value: Writer) -> Writer:
    def pairs(value: Json, out: bytearray) -> None:
        if value:
            _long(len(value), out)
            for key, item in value.items():
                _bytes(key.encode(), out)
                write_value(item, out)
        out.append(0)

    return pairs


def _long(value: int, out: bytearray) -> None:
    """Zigzag, then seven bits a byte, lowest first."""
    rest = value << 1 if value >= 0 else (-value << 1) - 1
    while rest > 0x7F:  # noqa: PLR2004 - seven bits
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)


def _bytes(value: bytes, out: bytearray) -> None:
    _long(len(value), out)
    out += value


_WRITE: Mapping[str, Writer] = {
    "int16": _long,
    "int32": _long,
    "int64": _long,
    "float": lambda value, out: out.extend(_FLOAT.pack(value)),
    "double": lambda value, out: out.extend(_DOUBLE.pack(value)),
    "boolean": lambda value, out: out.append(1 if value else 0),
    "string": lambda value, out: _bytes(value.encode(), out),
    "bytes": lambda value, out: _bytes(base64.b64decode(value), out),
}
