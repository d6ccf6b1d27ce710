"""A binlog file decoded in slow, obvious Python: the second opinion on every row event.

Facts: libs/mysql/binlog/event/{binlog_event,control_events,rows_event}.h, and sql/rpl_record.cc for partial updates. It
knows what MySQL 8.0 and later write with binlog_format=ROW, and stops at anything else.
"""

from __future__ import annotations

import copy
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import zstandard

from oracles.decoder_json import apply_diffs, read_document
from oracles.decoder_values import NUMERIC, Type, read_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

FORMAT_DESCRIPTION, TABLE_MAP, TRANSACTION_PAYLOAD = 15, 19, 40
ROWS = {30: "c", 31: "u", 32: "d", 39: "u"}
PARTIAL_UPDATE = 39
HEADER = 19
_ONE_BYTE_META = {
    Type.FLOAT,
    Type.DOUBLE,
    Type.BLOB,
    Type.GEOMETRY,
    Type.JSON,
    Type.VECTOR,
    Type.TIMESTAMP2,
    Type.DATETIME2,
    Type.TIME2,
}
_TWO_BYTE_META = {Type.VARCHAR, Type.BIT, Type.NEWDECIMAL}


Change = tuple[str, str, str, dict[int, Any] | None, dict[int, Any] | None]
"""Database, table, operation, before, after."""


class Bytes:
    """Bytes read from the front."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        self.at += count
        assert self.at <= len(self.data), "read beyond the end"
        return self.data[self.at - count : self.at]

    def uint(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")

    def lenenc(self) -> int:
        first = self.uint(1)
        return first if first < 251 else self.uint({252: 2, 253: 3, 254: 8}[first])

    @property
    def left(self) -> int:
        return len(self.data) - self.at


@dataclass(frozen=True)
class Document:
    """A JSON value; the column's NULL is None, JSON's null is Document(None)."""

    value: Any


@dataclass(frozen=True)
class Unknown:
    """A JSON column of which only the difference to a value outside the image is known."""


@dataclass(frozen=True)
class WireColumn:
    """A column as the table map tells it."""

    kind: int
    meta: int
    unsigned: bool


@dataclass(frozen=True)
class Row:
    """One changed row; images by column index, without the columns that they do not carry."""

    position: int
    """Of the event in the file; of the payload event for rows in one."""
    number: int
    """Within the event at that position."""
    database: str
    table: str
    operation: str
    before: dict[int, Any] | None
    after: dict[int, Any] | None


@dataclass
class _State:
    checksum: bool = False
    tables: dict[int, tuple[str, str, list[WireColumn]]] = field(default_factory=dict)


def read_rows(binlog: bytes) -> list[Row]:
    """All changed rows of a file."""
    assert binlog.startswith(b"\xfebin")
    state = _State()
    return [
        Row(position, number, *change)
        for position, event in _events(binlog, 4)
        for number, change in enumerate(_changes(state, event))
    ]


def _events(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at < len(data):
        size = int.from_bytes(data[at + 9 : at + 13], "little")
        yield at, data[at : at + size]
        at += size


def _changes(state: _State, event: bytes, *, compressed: bool = False) -> Iterator[Change]:
    kind = event[4]
    if kind == FORMAT_DESCRIPTION:
        # The algorithm, then a checksum that is there even without one.
        state.checksum = event[-5] == 1
    if state.checksum and not compressed:
        assert zlib.crc32(event[:-4]) == int.from_bytes(event[-4:], "little"), "checksum"
        event = event[:-4]
    body = Bytes(event[HEADER:])
    if kind == TABLE_MAP:
        _table_map(state, body)
    elif kind == TRANSACTION_PAYLOAD:
        for _, inner in _events(_payload(body), 0):
            yield from _changes(state, inner, compressed=True)
    elif kind in ROWS:
        yield from _rows(state, kind, body)
    else:
        assert kind not in {20, 21, 22, 23, 24, 25}, "rows events of version 1 are not written any more"


def _payload(body: Bytes) -> bytes:
    """Fields of type, length and value up to type 0; type 2 is the compression (0: zstd, 255: none)."""
    compression = None
    while (kind := body.lenenc()) != 0:
        value = Bytes(body.take(body.lenenc()))
        if kind == 2:
            compression = value.lenenc()
    data = body.take(body.left)
    return zstandard.ZstdDecompressor().decompressobj().decompress(data) if compression == 0 else data


def _table_map(state: _State, body: Bytes) -> None:
    number = body.uint(6)
    body.take(2)
    names = []
    for _ in range(2):
        names.append(body.take(body.lenenc()).decode())
        body.take(1)
    kinds = list(body.take(body.lenenc()))
    metadata = Bytes(body.take(body.lenenc()))
    body.take((len(kinds) + 7) // 8)
    signs = b""
    while body.left:
        kind, value = body.uint(1), body.take(body.lenenc())
        if kind == 1:
            signs = value
    columns, numeric = [], 0
    for kind in kinds:
        real, meta = _type(kind, metadata)
        unsigned = False
        if kind in NUMERIC:
            # The most significant bit is the first column's.
            unsigned = bool(signs[numeric // 8] & 0x80 >> numeric % 8)
            numeric += 1
        columns.append(WireColumn(real, meta, unsigned))
    assert not metadata.left
    state.tables[number] = (names[0], names[1], columns)


def _type(kind: int, metadata: Bytes) -> tuple[int, int]:
    """Real type and metadata. ENUM and SET appear as STRING, and the high bits of a long CHAR hide in the type byte."""
    if kind == Type.STRING:
        real, low = metadata.take(2)
        if real in {Type.ENUM, Type.SET}:
            return real, low
        return Type.STRING, ((real & 0x30) ^ 0x30) << 4 | low
    if kind in _ONE_BYTE_META:
        return kind, metadata.uint(1)
    return kind, metadata.uint(2) if kind in _TWO_BYTE_META else 0


def _rows(state: _State, kind: int, body: Bytes) -> Iterator[Change]:
    number = body.uint(6)
    body.take(2)
    body.take(body.uint(2) - 2)
    database, table, columns = state.tables[number]
    assert body.lenenc() == len(columns)
    operation = ROWS[kind]
    images = [_bits(body, len(columns)) for _ in range(2 if operation == "u" else 1)]
    while body.left:
        first = _image(columns, images[0], body)
        if operation == "u":
            diffs = _json_diff_columns(columns, body) if kind == PARTIAL_UPDATE else set()
            second = _after_image(first, _image(columns, images[1], body, raw=diffs), diffs)
            yield database, table, operation, first, second
        else:
            sides = (None, first) if operation == "c" else (first, None)
            yield database, table, operation, *sides


def _bits(body: Bytes, count: int) -> list[bool]:
    data = body.take((count + 7) // 8)
    return [bool(data[at // 8] >> at % 8 & 1) for at in range(count)]


def _json_diff_columns(columns: list[WireColumn], body: Bytes) -> set[int]:
    """The columns that hold diffs: one bit for every JSON column of the table, in the image or not."""
    if not body.lenenc() & 1:
        return set()
    documents = [index for index, column in enumerate(columns) if column.kind == Type.JSON]
    return {index for index, is_diff in zip(documents, _bits(body, len(documents)), strict=True) if is_diff}


def _image(columns: list[WireColumn], present: list[bool], body: Bytes, raw: Collection[int] = ()) -> dict[int, Any]:
    carried = [index for index, is_there in enumerate(present) if is_there]
    nulls = _bits(body, len(carried))
    image: dict[int, Any] = {}
    for index, is_null in zip(carried, nulls, strict=True):
        column = columns[index]
        value = None if is_null else read_value(column.kind, column.meta, column.unsigned, body)
        if column.kind == Type.JSON and value is not None and index not in raw:
            value = Document(read_document(value))
        image[index] = value
    return image


def _after_image(before: dict[int, Any], after: dict[int, Any], diffs: set[int]) -> dict[int, Any]:
    for index in diffs & after.keys():
        if after[index] is None:
            continue
        if index in before:
            # Diffs change a document in place.
            after[index] = Document(apply_diffs(copy.deepcopy(before[index].value), after[index]))
        else:
            after[index] = Unknown()
    return after
