"""Column values of the binlog's row images in slow, obvious Python.

Facts: libs/mysql/binlog/event/rows_event.h (the table of types), sql/field.cc (`pack`), mysys/my_time.cc (packed
times), strings/decimal.cc (`decimal2bin`). A value becomes int, float, Decimal, bytes, Time, Moment, or Index and Bits
for the labels of ENUM and SET, which the row does not carry.
"""

from __future__ import annotations

import struct
from decimal import Context, Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from oracles.decoder import Bytes


class Type(IntEnum):
    """MYSQL_TYPE_*, those that MySQL 8.0 and later write (field_types.h)."""

    TINY = 1
    SHORT = 2
    LONG = 3
    FLOAT = 4
    DOUBLE = 5
    TIMESTAMP = 7
    LONGLONG = 8
    INT24 = 9
    DATE = 10
    TIME = 11
    DATETIME = 12
    YEAR = 13
    VARCHAR = 15
    BIT = 16
    TIMESTAMP2 = 17
    DATETIME2 = 18
    TIME2 = 19
    VECTOR = 242
    JSON = 245
    NEWDECIMAL = 246
    ENUM = 247
    SET = 248
    BLOB = 252
    STRING = 254
    GEOMETRY = 255


INTEGERS = {Type.TINY: 1, Type.SHORT: 2, Type.INT24: 3, Type.LONG: 4, Type.LONGLONG: 8}
"""Bytes of each."""
NUMERIC = {*INTEGERS, Type.FLOAT, Type.DOUBLE, Type.YEAR, Type.NEWDECIMAL}
"""Types with a bit in SIGNEDNESS (`has_signedess_information_type`, sql/field_common_properties.h)."""


class Moment(NamedTuple):
    """A date or datetime; any part may be zero."""

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    micros: int = 0


class Time(NamedTuple):
    micros: int


class Timestamp(NamedTuple):
    """Since the epoch; (0, 0) is the zero date."""

    seconds: int
    micros: int


class Index(NamedTuple):
    """Of an ENUM's label, from 1; 0 is the empty string of an invalid value."""

    value: int


class Bits(NamedTuple):
    """Of a SET: bit 0 is the first label."""

    value: int


def read_value(kind: int, meta: int, unsigned: bool, row: Bytes) -> Any:  # noqa: C901, PLR0912 - a branch for each type
    """The next value of a row; `kind` and `meta` as the table map tells them after its STRING disguise is taken off."""
    if kind in INTEGERS:
        return int.from_bytes(row.take(INTEGERS[kind]), "little", signed=not unsigned)
    match kind:
        case Type.FLOAT | Type.DOUBLE:
            return struct.unpack("<f" if meta == 4 else "<d", row.take(meta))[0]
        case Type.NEWDECIMAL:
            precision, scale = meta & 0xFF, meta >> 8
            return read_decimal(row.take(decimal_size(precision, scale)), precision, scale)
        case Type.YEAR:
            year = row.uint(1)
            return 1900 + year if year else 0
        case Type.DATE:
            packed = row.uint(3)
            return Moment(packed >> 9, packed >> 5 & 15, packed & 31)
        case Type.TIME2:
            return _time2(row, meta)
        case Type.DATETIME2:
            return _datetime2(row, meta)
        case Type.TIMESTAMP2:
            return Timestamp(int.from_bytes(row.take(4), "big"), _fraction(row, meta))
        case Type.BIT:
            bits, whole = meta & 0xFF, meta >> 8
            return int.from_bytes(row.take(whole + (bits > 0)), "big")
        case Type.VARCHAR | Type.STRING:
            return row.take(row.uint(1 if meta < 256 else 2))
        case Type.BLOB | Type.JSON | Type.GEOMETRY | Type.VECTOR:
            return row.take(row.uint(meta))
        case Type.ENUM:
            return Index(row.uint(meta))
        case Type.SET:
            return Bits(row.uint(meta))
    raise AssertionError(f"type {kind}")


def _fraction(row: Bytes, digits: int) -> int:
    """Microseconds, stored in as many pairs of digits as are needed."""
    size = (digits + 1) // 2
    return int.from_bytes(row.take(size), "big") * 100 ** (3 - size)


def _datetime2(row: Bytes, digits: int) -> Moment:
    packed = int.from_bytes(row.take(5), "big") - 0x80_0000_0000
    year, month = divmod(packed >> 22, 13)
    clock = packed & 0x1FFFF
    return Moment(year, month, packed >> 17 & 31, clock >> 12, clock >> 6 & 63, clock & 63, _fraction(row, digits))


def _time2(row: Bytes, digits: int) -> Time:
    """Clock and fraction are one big-endian number above its zero, so a negative time is its distance from there."""
    size = (digits + 1) // 2
    distance = int.from_bytes(row.take(3 + size), "big") - (0x80_0000 << 8 * size)
    clock, fraction = divmod(abs(distance), 256**size)
    return unpack_time(((clock << 24) + fraction * 100 ** (3 - size)) * (-1 if distance < 0 else 1))


def unpack_time(packed: int) -> Time:
    """From hours, 6 bits of minutes, 6 of seconds, 24 of microseconds, signed as a whole."""
    clock, micros = divmod(abs(packed), 1 << 24)
    seconds = (clock >> 12) * 3600 + (clock >> 6 & 63) * 60 + (clock & 63)
    return Time((seconds * 1_000_000 + micros) * (-1 if packed < 0 else 1))


def decimal_groups(digits: int) -> list[int]:
    """Digits are stored by nines; what is left over takes as many bytes as it needs."""
    return [9] * (digits // 9) + ([digits % 9] if digits % 9 else [])


def decimal_size(precision: int, scale: int) -> int:
    return sum(_group_bytes(digits) for part in (precision - scale, scale) for digits in decimal_groups(part))


def _group_bytes(digits: int) -> int:
    return (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)[digits]


def read_decimal(data: bytes, precision: int, scale: int) -> Decimal:
    """The first bit is set for a positive number; all bits of a negative one are inverted."""
    negative = not data[0] & 0x80
    plain = bytes([data[0] ^ 0x80, *data[1:]])
    if negative:
        plain = bytes(byte ^ 0xFF for byte in plain)
    # The left-over group comes first before the point, last behind it.
    text, at = "", 0
    for digits in (*reversed(decimal_groups(precision - scale)), *decimal_groups(scale)):
        size = _group_bytes(digits)
        text += f"{int.from_bytes(plain[at : at + size], 'big'):0{digits}}"
        at += size
    assert (at, len(text)) == (len(data), precision)
    return Decimal(("-" if negative else "") + text).scaleb(-scale, Context(prec=100))
