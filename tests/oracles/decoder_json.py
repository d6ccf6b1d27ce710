"""MySQL's binary JSON in slow, obvious Python (facts: sql-common/json_binary.h, sql-common/json_diff.h).

A document becomes plain Python: dict, list, str, int, float, bool, None, Decimal for DECIMAL, and Opaque for the rest.
"""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oracles.decoder_values import Type, read_decimal, unpack_time

REPLACE, INSERT, REMOVE = 0, 1, 2
SMALL_OBJECT, LARGE_OBJECT, SMALL_ARRAY, LARGE_ARRAY, LITERAL, STRING, OPAQUE = 0, 1, 2, 3, 4, 12, 15
_INLINE = {4: "<H", 5: "<h", 6: "<H"}
_INLINE_LARGE = {**_INLINE, 4: "<I", 7: "<i", 8: "<I"}
_PLAIN = {5: "<h", 6: "<H", 7: "<i", 8: "<I", 9: "<q", 10: "<Q", 11: "<d"}
_LITERALS = {0: None, 1: True, 2: False}


@dataclass(frozen=True)
class Opaque:
    """A value of a MySQL type that JSON has no name for."""

    field_type: int
    data: bytes

    def text(self) -> str:
        """As SELECT prints it, without quotes (`Json_wrapper::to_string`)."""
        if self.field_type not in {Type.DATE, Type.TIME, Type.DATETIME, Type.TIMESTAMP}:
            # Lines of 76 characters, without an end behind the last.
            return f"base64:type{self.field_type}:{base64.encodebytes(self.data).decode().rstrip()}"
        (packed,) = struct.unpack("<q", self.data)
        if self.field_type == Type.TIME:
            return time_text(unpack_time(packed).micros)
        date, clock = packed >> 41, packed >> 24 & 0x1FFFF
        year, month, day = (date >> 5) // 13, (date >> 5) % 13, date & 31
        text = f"{year:04}-{month:02}-{day:02}"
        if self.field_type == Type.DATE:
            return text
        return f"{text} {clock >> 12:02}:{clock >> 6 & 63:02}:{clock & 63:02}.{packed & 0xFFFFFF:06}"


def time_text(micros: int) -> str:
    """`[-]HH:MM:SS.ffffff`, at least two digits of hours."""
    seconds, fraction = divmod(abs(micros), 1_000_000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"
    return "-" * (micros < 0) + clock


def read_document(data: bytes) -> Any:
    """A whole document; no bytes at all are the JSON null that MySQL keeps for them."""
    return _value(data[0], data[1:]) if data else None


def document_text(value: Any) -> str:
    """A document as JSON text without spaces, keys in the server's order: by length, then by bytes."""
    match value:
        case dict():
            names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
            return "{" + ",".join(f"{_quoted(name)}:{document_text(value[name])}" for name in names) + "}"
        case list():
            return "[" + ",".join(map(document_text, value)) + "]"
        case Opaque():
            return _quoted(value.text())
        case str():
            return _quoted(value)
        case Decimal():
            return f"{value:f}"
        case _:
            return json.dumps(value)


def apply_diffs(document: Any, data: bytes) -> Any:
    """The document after a vector of diffs, each an operation, a path and a value; none: it is unchanged."""
    at = 0
    while at < len(data):
        operation = data[at]
        length, at = _lenenc(data, at + 1)
        path, at = data[at : at + length].decode(), at + length
        value = None
        if operation != REMOVE:
            length, at = _lenenc(data, at)
            value, at = read_document(data[at : at + length]), at + length
        document = _apply(document, operation, _legs(path), value)
    return document


def _apply(document: Any, operation: int, legs: list[str | int], value: Any) -> Any:
    if not legs:
        assert operation == REPLACE
        return value
    *way, last = legs
    parent = document
    for leg in way:
        parent = _child(parent, leg)
    if operation == INSERT and isinstance(parent, list) and isinstance(last, int):
        # Counted from the end, a cell before the first one is put in front.
        parent.insert(last if last >= 0 else max(len(parent) + last, 0), value)
    elif operation == REMOVE:
        del parent[last]
    elif isinstance(parent, dict | list) and isinstance(last, int) != isinstance(parent, dict):
        parent[last] = value
    else:
        # A replaced cell of what is no array is that itself.
        assert operation == REPLACE
        return _apply(document, REPLACE, way, value)
    return document


def _child(parent: Any, leg: str | int) -> Any:
    """A value that is no array is the only cell of one."""
    if isinstance(leg, int) and not isinstance(parent, list):
        assert leg in {0, -1}
        return parent
    return parent[leg]


def _legs(path: str) -> list[str | int]:
    """`$.a."b c"[3][last-1]` as names and indexes, those from the end negative."""
    assert path[0] == "$"
    legs: list[str | int] = []
    rest = path[1:]
    while rest:
        if rest[0] == "[":
            index, _, rest = rest[1:].partition("]")
            from_end = index.removeprefix("last")
            legs.append(int(index) if index == from_end else int(from_end or "0") - 1)
        elif rest[1] == '"':
            name, used = json.JSONDecoder().raw_decode(rest[1:])
            legs.append(name)
            rest = rest[1 + used :]
        else:
            end = next((at for at in range(1, len(rest)) if rest[at] in ".["), len(rest))
            legs.append(rest[1:end])
            rest = rest[end:]
    return legs


def _value(kind: int, data: bytes) -> Any:
    if kind <= LARGE_ARRAY:
        return _container(kind, data)
    if kind == LITERAL:
        return _LITERALS[data[0]]
    if kind in _PLAIN:
        return struct.unpack_from(_PLAIN[kind], data)[0]
    if kind == STRING:
        length, at = _variable_length(data, 0)
        return data[at : at + length].decode("utf-8")
    assert kind == OPAQUE
    length, at = _variable_length(data, 1)
    body = data[at : at + length]
    return read_decimal(body[2:], body[0], body[1]) if data[0] == Type.NEWDECIMAL else Opaque(data[0], body)


def _container(kind: int, data: bytes) -> Any:
    """Count, size, key entries (objects), value entries, keys, values; offsets count from the container's start."""
    is_object, large = kind in {SMALL_OBJECT, LARGE_OBJECT}, kind in {LARGE_OBJECT, LARGE_ARRAY}
    word = "<I" if large else "<H"
    width = struct.calcsize(word)
    count, size = struct.unpack_from(word, data)[0], struct.unpack_from(word, data, width)[0]
    assert size <= len(data)
    at = 2 * width
    names = []
    if is_object:
        for _ in range(count):
            offset, length = struct.unpack_from(word, data, at)[0], struct.unpack_from("<H", data, at + width)[0]
            names.append(data[offset : offset + length].decode("utf-8"))
            at += width + 2
    values = []
    inline = _INLINE_LARGE if large else _INLINE
    for _ in range(count):
        entry = data[at]
        if entry in inline:
            value = struct.unpack_from(inline[entry], data, at + 1)[0]
            values.append(_LITERALS[value] if entry == LITERAL else value)
        else:
            offset = struct.unpack_from(word, data, at + 1)[0]
            values.append(_value(entry, data[offset:size]))
        at += 1 + width
    return dict(zip(names, values, strict=True)) if is_object else values


def _variable_length(data: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, low ones first, the high bit tells that another byte follows."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def _lenenc(data: bytes, at: int) -> tuple[int, int]:
    if data[at] < 251:
        return data[at], at + 1
    width = {252: 2, 253: 3, 254: 8}[data[at]]
    return int.from_bytes(data[at + 1 : at + 1 + width], "little"), at + 1 + width


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
