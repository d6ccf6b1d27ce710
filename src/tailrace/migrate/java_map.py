"""`java.util.HashMap<byte[], byte[]>` as Java serialises it: the file of Kafka Connect's FileOffsetBackingStore.

Java Object Serialization Specification, chapter 6: https://docs.oracle.com/en/java/javase/17/docs/specs/serialization/
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from tailrace.errors import StorageError

_MAGIC = bytes.fromhex("aced0005")
_NULL, _REFERENCE, _CLASS, _OBJECT, _ARRAY, _BLOCK, _END = 0x70, 0x71, 0x72, 0x73, 0x75, 0x77, 0x78
_HASH_MAP = (
    bytes([_OBJECT, _CLASS])
    + b"\x00\x11java.util.HashMap"
    + bytes.fromhex("0507dac1c31660d1")  # serialVersionUID
    + b"\x03\x00\x02F\x00\nloadFactorI\x00\tthreshold"
    + bytes([_END, _NULL])
)
_BYTES_CLASS = (
    bytes([_CLASS]) + b"\x00\x02[B" + bytes.fromhex("acf317f8060854e0") + b"\x02\x00\x00" + bytes([_END, _NULL])
)
_FIRST_HANDLE = 0x7E0000
_BYTES_HANDLE = _FIRST_HANDLE + 2
"""After the class and the object of the map."""
_LOAD_FACTOR = 0.75
_BUCKETS = 16


def dump(entries: Mapping[bytes, bytes]) -> bytes:
    """The file's content."""
    buckets = _BUCKETS
    while buckets * _LOAD_FACTOR < len(entries):
        buckets *= 2
    out = [_MAGIC, _HASH_MAP, struct.pack(">fi", _LOAD_FACTOR, int(buckets * _LOAD_FACTOR))]
    out.append(struct.pack(">BBii", _BLOCK, 8, buckets, len(entries)))
    described = False
    for part in (part for entry in entries.items() for part in entry):
        out.append(bytes([_ARRAY]))
        out.append(struct.pack(">BI", _REFERENCE, _BYTES_HANDLE) if described else _BYTES_CLASS)
        out.append(struct.pack(">i", len(part)) + part)
        described = True
    return b"".join([*out, bytes([_END])])


def load(content: bytes) -> dict[bytes, bytes | None]:
    """The entries; a value may be None. Raises StorageError for anything but such a map."""
    reader = _Reader(content)
    reader.expect(_MAGIC)
    reader.expect(_HASH_MAP)
    reader.take(8)
    reader.expect(bytes([_BLOCK, 8]))
    _, count = struct.unpack(">ii", reader.take(8))
    entries: dict[bytes, bytes | None] = {}
    for _ in range(count):
        key = reader.array()
        if key is None:
            raise _unreadable("a key is null")
        entries[key] = reader.array()
    reader.expect(bytes([_END]))
    return entries


def _unreadable(reason: str) -> StorageError:
    hint = "give the file of offset.storage.file.filename, of a connector that is stopped"
    return StorageError(f"this is no offset file of Kafka Connect: {reason}", hint=hint)


class _Reader:
    """Bytes from front to back."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self._described = False
        self._arrays: dict[int, bytes] = {}
        self._next_handle = _BYTES_HANDLE

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self._content) - self._at:
            raise _unreadable("it ends too early")
        self._at += count
        return self._content[self._at - count : self._at]

    def expect(self, wanted: bytes) -> None:
        if self.take(len(wanted)) != wanted:
            raise _unreadable("it is not a Java map of bytes to bytes")

    def array(self) -> bytes | None:
        """A byte array, or null."""
        match self.take(1)[0]:
            case 0x70:
                return None
            case 0x71:
                (handle,) = struct.unpack(">I", self.take(4))
                if handle not in self._arrays:
                    raise _unreadable("it refers to what is not there")
                return self._arrays[handle]
            case 0x75:
                return self._new_array()
            case _:
                raise _unreadable("an entry is no byte array")

    def _new_array(self) -> bytes:
        if self._described:
            self.expect(struct.pack(">BI", _REFERENCE, _BYTES_HANDLE))
        else:
            self.expect(_BYTES_CLASS)
            self._described = True
            self._next_handle += 1
        (length,) = struct.unpack(">i", self.take(4))
        value = self.take(length)
        self._arrays[self._next_handle] = value
        self._next_handle += 1
        return value
