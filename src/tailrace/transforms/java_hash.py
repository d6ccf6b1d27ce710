"""Hashes as Java and Debezium compute them, over a field's JSON text and its Connect schema."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping
from typing import Any

from tailrace.convert.schema import Json

Hash = Callable[[Json, Mapping[str, Any]], int]
"""From a value that is not null, and its schema as JsonConverter writes it. Raises ValueError."""

_INT, _LONG = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_MS_PER_DAY = 86_400_000


def java(value: Json, schema: Mapping[str, Any]) -> int:
    """`Object.hashCode` of what Connect holds. 32 bits, signed."""
    return _signed(_hash_code(value, schema))


def murmur(value: Json, schema: Mapping[str, Any]) -> int:
    """Debezium's MurmurHash3: of text its bytes, of all else its `hashCode`. 32 bits, signed."""
    if schema["type"] == "string":
        return murmur_bytes(value.encode())
    return murmur_bytes(struct.pack("<i", java(value, schema)))


def _hash_code(value: Json, schema: Mapping[str, Any]) -> int:
    """Of any number of bits: only 32 count."""
    kind, name = schema["type"], schema.get("name")
    if name == _DECIMAL:
        unscaled = int.from_bytes(base64.b64decode(value), "big", signed=True)
        return _decimal(unscaled, int(schema["parameters"]["scale"]))
    hash_of = _NAMED.get(name) or _PLAIN.get(kind)
    if hash_of is None:
        raise ValueError(f"a field of type {kind} has no hash that is the same everywhere")
    return hash_of(value)


def _decimal(unscaled: int, scale: int) -> int:
    """`BigDecimal.hashCode`."""
    magnitude = abs(unscaled)
    if magnitude < 1 << 63:
        high, low = magnitude >> 32, magnitude & _INT
        words = 31 * high + low
    else:
        words = _polynomial(_words(magnitude), 0)
    return 31 * (-words if unscaled < 0 else words) + scale


def _words(magnitude: int) -> list[int]:
    """32 bits each, highest first."""
    length = (magnitude.bit_length() + 31) // 32
    return [magnitude >> 32 * index & _INT for index in reversed(range(length))]


def _polynomial(items: Any, start: int) -> int:
    found = start
    for item in items:
        found = found * 31 + item & _INT
    return found


def _long(value: int) -> int:
    bits = value & _LONG
    return bits ^ bits >> 32


def _signed(value: int) -> int:
    value &= _INT
    return value - (1 << 32) if value >> 31 else value


_DECIMAL = "org.apache.kafka.connect.data.Decimal"
_NAMED: Mapping[str | None, Callable[[Any], int]] = {
    "org.apache.kafka.connect.data.Date": lambda days: _long(days * _MS_PER_DAY),
    "org.apache.kafka.connect.data.Time": _long,
    "org.apache.kafka.connect.data.Timestamp": _long,
}
"""What Connect holds as a `java.util.Date`."""
_PLAIN: Mapping[str, Callable[[Any], int]] = {
    "int16": int,
    "int32": int,
    "int64": _long,
    "float": lambda value: int.from_bytes(struct.pack(">f", value), "big"),
    "double": lambda value: _long(int.from_bytes(struct.pack(">d", value), "big")),
    "boolean": lambda value: 1231 if value else 1237,
    "string": lambda text: _polynomial(memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H"), 0),
    # A ByteBuffer's: from the last byte to the first, each signed.
    "bytes": lambda text: _polynomial(memoryview(base64.b64decode(text)).cast("b")[::-1], 1),
}


def murmur_bytes(data: bytes) -> int:
    """The upper half of 64 bits of the x64 variant whose constants change from block to block, seed 9001; signed."""
    state = _Murmur()
    whole = len(data) & ~15
    for at in range(0, whole, 16):
        state.mix(*struct.unpack_from("<QQ", data, at))
    # Of the rest each byte counts with its sign, as Java widens it.
    rest = list(memoryview(data[whole:]).cast("b"))
    if rest:
        first, second = rest[:8], rest[8:]
        state.mix(_tail(first), _tail(second))
    return _signed(state.end(len(data)) >> 32)


def _tail(rest: list[int]) -> int:
    found = 0
    for index, byte in enumerate(rest):
        found ^= byte << 8 * index
    return found & _LONG


class _Murmur:
    def __init__(self) -> None:
        self._h1, self._h2 = 0x9368E53C2F6AF274 ^ 9001, 0x586DCD208F7CD3FD ^ 9001
        self._c1, self._c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F

    def mix(self, k1: int, k2: int) -> None:
        k1 = _rotate(k1 * self._c1, 23) * self._c2 & _LONG
        self._h1 = (self._h1 ^ k1) + self._h2 & _LONG
        self._h2 = _rotate(self._h2, 41)
        k2 = _rotate(k2 * self._c2, 23) * self._c1 & _LONG
        self._h2 = (self._h2 ^ k2) + self._h1 & _LONG
        self._h1 = self._h1 * 3 + 0x52DCE729 & _LONG
        self._h2 = self._h2 * 3 + 0x38495AB5 & _LONG
        self._c1 = self._c1 * 5 + 0x7B7D159C & _LONG
        self._c2 = self._c2 * 5 + 0x6BCE6396 & _LONG

    def end(self, length: int) -> int:
        h1, h2 = self._h1, self._h2 ^ length
        h1 = h1 + h2 & _LONG
        h2 = h2 + h1 & _LONG
        return _final(h1) + _final(h2) & _LONG


def _rotate(value: int, bits: int) -> int:
    value &= _LONG
    return (value << bits | value >> 64 - bits) & _LONG


def _final(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & _LONG
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & _LONG
    return value ^ value >> 33
