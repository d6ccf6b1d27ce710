"""The proof of a capture: tables rebuilt from change events equal the tables of the server.

Events are Debezium envelopes without schema, one a line, as the JSON lines sink writes them with the default modes.
Values of both sides go through one canonical form, so that what may differ in writing and not in meaning (the spaces
of a JSON document, trailing zeros of a fraction of a second) does not count. A row that was captured before a column
was added has that column's default. Equality alone would forgive an event that came twice, so each event must also fit
the rows before it, and have a place of its own in the binlog. In memory is a digest for each row and each event.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import json
import struct
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import pymysql.cursors

from tailrace.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal
    from pathlib import Path

    from pymysql.connections import Connection

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - DATETIME has no zone
YEAR_ZERO = 1900
"""What the binlog's year byte 0 stands for in an envelope; YEAR itself begins with 1901."""
MILLISECONDS = 3
"""DATETIME up to this precision is in ms, above it in µs."""
READ_AS = {"float": "CAST({} AS DOUBLE)", "vector": "UNHEX(HEX({}))"}
"""A FLOAT is sent with six digits only, a DOUBLE whole; the driver does not know the type of a VECTOR."""
TEXT = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "year"})


@dataclass(frozen=True)
class Column:
    """A column as the comparison needs it; `precision` is of a fraction of a second, `scale` of a decimal."""

    name: str
    kind: str
    nullable: bool
    precision: int = 0
    scale: int = 0
    bits: int = 0
    default: Any = None


@dataclass
class Rebuilt:
    """A table's rows as digests: by key, or how often each occurs where there is no key."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    by_key: dict[bytes, bytes] = field(default_factory=dict)
    keyless: Counter[bytes] = field(default_factory=Counter)
    places: set[bytes] = field(default_factory=set)
    doubled: int = 0
    misfits: int = 0
    fault: str = ""

    def apply(self, event: dict[str, Any]) -> None:
        """Take one envelope into account."""
        before, after = self.canonical(event.get("before")), self.canonical(event.get("after"))
        if event["op"] == "t":
            self.by_key.clear()
            self.keyless.clear()
        elif self._came_before(event, after):
            self.doubled += 1
            self._blame(event, "came twice")
        # An update without `before` (the row image is not FULL) leaves the row where it was.
        was_there = before is None or self._remove(before)
        was_free = after is None or self._add(after)
        replaces = event["op"] == "r" or (event["op"] == "u" and before is None)
        if not (was_there and (was_free or replaces)):
            self.misfits += 1
            self._blame(event, "does not fit the rows before it")

    def canonical(self, row: dict[str, Any] | None) -> dict[str, Any] | None:
        """An event's row with the table's present columns; None as it is."""
        if row is None:
            return None
        return {c.name: canonical_event(c, row[c.name]) if c.name in row else c.default for c in self.columns}

    def _came_before(self, event: dict[str, Any], after: dict[str, Any] | None) -> bool:
        source = event["source"]
        # After a failover another server's files may have the same names, and the same places for other changes.
        place = [source.get("gtid"), source["file"], source["pos"], source["row"], event["op"]]
        if event["op"] == "r":
            # All of a snapshot is of one place; a second snapshot, of another, may read the same key again.
            if not self.key or after is None:
                return False
            place.append(self._key(after).hex())
        digest = _digest(place)
        known = digest in self.places
        self.places.add(digest)
        return known

    def _blame(self, event: dict[str, Any], words: str) -> None:
        source = event["source"]
        place = f"{source['file']}:{source['pos']}, row {source['row']}"
        self.fault = self.fault or f"the event of {place} (op {event['op']}) {words}"

    def _key(self, row: dict[str, Any]) -> bytes:
        return _digest([row[name] for name in self.key])

    def _remove(self, row: dict[str, Any]) -> bool:
        """Whether the row was there."""
        if self.key:
            return self.by_key.pop(self._key(row), None) is not None
        digest = _digest(row)
        self.keyless[digest] -= 1
        return self.keyless[digest] >= 0

    def _add(self, row: dict[str, Any]) -> bool:
        """Whether its key was free."""
        if self.key:
            key = self._key(row)
            is_free = key not in self.by_key
            self.by_key[key] = _digest(row)
            return is_free
        self.keyless[_digest(row)] += 1
        return True

    def sum(self) -> tuple[int, str]:
        """Rows, and a hash that does not depend on their order."""
        counts = Counter(self.by_key.values()) if self.key else self.keyless
        return sum(counts.values()), _sum_hash(counts)


@dataclass(frozen=True)
class Verdict:
    """One table: rows and hash, rebuilt from the events and read from the server; and the events that are wrong."""

    table: str
    rebuilt_rows: int
    rebuilt_hash: str
    server_rows: int
    server_hash: str
    doubled: int
    """Events that came more than once, by their place in the binlog (in a snapshot: place and key)."""
    misfits: int
    """Creates of a row that was there, updates and deletes of one that was not."""
    fault: str
    """The first of these events, in words; empty where there is none."""

    @property
    def equal(self) -> bool:
        """Whether the capture of this table lost nothing and doubled nothing."""
        same = (self.rebuilt_rows, self.rebuilt_hash) == (self.server_rows, self.server_hash)
        return same and not self.doubled and not self.misfits


def verify(connection: Connection[Any], database: str, files: Iterable[Path]) -> list[Verdict]:
    """As `compare`, of the envelopes of these JSON lines files. Raises LabError for a line that is none."""
    return compare(connection, database, events(files))


def compare(connection: Connection[Any], database: str, envelopes: Iterable[dict[str, Any]]) -> list[Verdict]:
    """Each table of `database` against the one that the events, in their order, make.

    The capture must have caught up and writing must have stopped.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
    tables = _describe(connection, database)
    for event in envelopes:
        source = event["source"]
        if source["db"] == database and source["table"] in tables:
            tables[source["table"]].apply(event)
    verdicts = []
    for name, table in sorted(tables.items()):
        counts = Counter(_digest(row) for row in server_rows(connection, database, name, table.columns))
        there = sum(counts.values()), _sum_hash(counts)
        verdicts.append(Verdict(name, *table.sum(), *there, table.doubled, table.misfits, table.fault))
    return verdicts


def events(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The envelopes of JSON lines files, plain, `.gz` or `.zst`."""
    for path in files:
        with _opened(path) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    event = json.loads(line)
                    _ = event["op"], event["source"]["table"]
                except (ValueError, KeyError, TypeError) as error:
                    raise LabError(
                        "a line is not a change event",
                        where=f"{path}:{number}",
                        hint="is it still being written?",
                    ) from error
                yield event


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as lines:
            yield lines  # type: ignore[misc] # a GzipFile reads as IO[bytes] does
    elif path.suffix == ".zst":
        import zstandard  # noqa: PLC0415 - only who compresses with it has it

        with zstandard.open(path, "rb") as lines:
            yield lines
    else:
        with path.open("rb") as lines:
            yield lines


def _digest(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _sum_hash(counts: Counter[bytes]) -> str:
    total = sum(int.from_bytes(digest, "big") * count for digest, count in counts.items())
    return f"{total % (1 << 128):032x}"


def _describe(connection: Connection[Any], database: str) -> dict[str, Rebuilt]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name, c.data_type, c.is_nullable, c.datetime_precision, c.numeric_scale,"
            " c.numeric_precision, c.column_default, c.extra FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = %s AND t.table_type = 'BASE TABLE' ORDER BY 1, c.ordinal_position",
            (database,),
        )
        columns: dict[str, list[Column]] = {}
        for table, name, kind, nullable, fraction, scale, width, default, extra in cursor.fetchall():
            column = Column(name, kind, nullable == "YES", fraction or 0, scale or 0, width if kind == "bit" else 0)
            if default is not None and not extra:
                value = _default(connection, database, table, column)
                column = Column(**{**column.__dict__, "default": value})
            columns.setdefault(table, []).append(column)
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.statistics WHERE table_schema = %s"
            " AND index_name = 'PRIMARY' ORDER BY table_name, seq_in_index",
            (database,),
        )
        keys: dict[str, list[str]] = {}
        for table, name in cursor.fetchall():
            keys.setdefault(table, []).append(name)
    return {table: Rebuilt(tuple(found), tuple(keys.get(table, ()))) for table, found in columns.items()}


def _default(connection: Connection[Any], database: str, table: str, column: Column) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DEFAULT({_quote(column.name)}) FROM {_quote(database)}.{_quote(table)} LIMIT 1")  # noqa: S608 - names quoted
        row = cursor.fetchone()
    return canonical_server(column, row[0]) if row else None


def server_rows(
    connection: Connection[Any], database: str, table: str, columns: tuple[Column, ...]
) -> Iterator[dict[str, Any]]:
    """The table's rows in the canonical form, read without holding them all. The session must be in UTC."""
    wanted = ", ".join(READ_AS.get(c.kind, "{}").format(_quote(c.name)) for c in columns)
    with connection.cursor(pymysql.cursors.SSCursor) as cursor:
        cursor.execute(f"SELECT {wanted} FROM {_quote(database)}.{_quote(table)}")  # noqa: S608 - names quoted
        for row in cursor:
            yield {c.name: canonical_server(c, value) for c, value in zip(columns, row, strict=True)}


def canonical_event(column: Column, value: Any) -> object:
    """A value of an envelope in the canonical form."""
    if value is None:
        return None
    match column.kind:
        case "json":
            return _json(json.loads(value))
        case "float":
            return _float32(value)
        case "double":
            return float(value)
        case "timestamp":
            return _trimmed(value)
        case "year":
            return 0 if value == YEAR_ZERO else value
        case "vector":
            return [_float32(number) for number in value]
        case "point" | "geometry" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon":
            return [value["wkb"], value["srid"]]
        case "geomcollection" | "geometrycollection":
            return [value["wkb"], value["srid"]]
    return value  # what JSON gives: already canonical


def canonical_server(column: Column, value: Any) -> object:  # noqa: C901 - one case a type
    """What the driver read, in the canonical form."""
    if value is None:
        return None
    kind = column.kind
    if kind in TEXT:
        return str(value)
    if kind in INTEGERS:
        return value if value < 1 << 63 else value - (1 << 64)
    if kind in BYTES:
        return _base64(value)
    match kind:
        case "decimal":
            return _decimal(value, column.scale)
        case "float":
            return _float32(value)
        case "double":
            return float(value)
        case "bit":
            return value != b"\0" if column.bits == 1 else _base64(value[::-1])
        case "json":
            return _json(json.loads(value))
        case "vector":
            return [_float32(number) for number in struct.unpack(f"<{len(value) // 4}f", value)]
        case "time":
            return value // dt.timedelta(microseconds=1)
        case "date" | "datetime" | "timestamp":
            return _instant(column, value)
    srid = int.from_bytes(value[:4], "little")
    return [_base64(value[4:]), srid or None]


def _instant(column: Column, value: Any) -> object:
    if isinstance(value, str):  # The driver leaves a date with zeros as text.
        if column.nullable:
            return None
        return "1970-01-01T00:00:00Z" if column.kind == "timestamp" else 0
    if column.kind == "date":
        return (value - EPOCH.date()).days
    if column.kind == "timestamp":
        return _trimmed(value.isoformat() + "Z")
    microseconds = (value - EPOCH) // dt.timedelta(microseconds=1)
    return microseconds // 1000 if column.precision <= MILLISECONDS else microseconds


def _trimmed(text: str) -> str:
    return text.removesuffix("Z").rstrip("0").rstrip(".") + "Z" if "." in text else text


def _decimal(value: Decimal, scale: int) -> str:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    unscaled = int("".join(map(str, digits))) * 10 ** (exponent + scale)
    if sign:
        unscaled = -unscaled
    bits = (unscaled if unscaled >= 0 else ~unscaled).bit_length()
    return _base64(unscaled.to_bytes(bits // 8 + 1, "big", signed=True))


def _float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _json(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 1 << 64 else int(float(value))
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {name: _json(item) for name, item in value.items()}
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
