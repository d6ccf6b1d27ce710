"""What a record is: a change of a row, a tombstone, a statement, a heartbeat … Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

OPERATIONS = {"c": "create", "u": "update", "d": "delete", "r": "read", "t": "truncate", "m": "message"}
_WIDTH = 60
"""Characters of a value that a person is shown."""


@dataclass(frozen=True, slots=True)
class Record:
    """As it lies there."""

    value: bytes | None
    key: bytes | None = None
    topic: str = ""
    partition: int = 0
    offset: int = 0
    timestamp_ms: int = 0
    line: bytes | None = None
    """Of a file: the whole line."""


@dataclass(frozen=True, slots=True)
class Event:
    """What it says."""

    op: str
    """A letter of Debezium's; or `ddl`, `heartbeat`, `transaction`, `notification`, `tombstone`, `row` (one without an
    envelope), `?`."""
    table: str = ""
    """`database.table`; where that is not told, the topic."""
    at_ms: int = 0
    """Of the commit; where that is not told, of the record. 0: not known."""
    key: Mapping[str, Any] | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    text: str = ""
    """What there is to say of a record that is no row."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are wanted."""

    tables: tuple[re.Pattern[str], ...] = ()
    operations: frozenset[str] = field(default_factory=frozenset)

    def wants(self, event: Event) -> bool:
        """All, where nothing is named."""
        if self.tables and not any(pattern.fullmatch(event.table) for pattern in self.tables):
            return False
        return not self.operations or event.op in self.operations


def read(record: Record) -> Event:
    """Never raises: what cannot be read is an event of op `?`."""
    key = _document(record.key)
    key = key if isinstance(key, dict) else None
    if record.value is None:
        return Event("tombstone", record.topic, record.timestamp_ms, key)
    value = _document(record.value)
    if not isinstance(value, dict):
        what = "Avro, or another binary format" if record.value[:1] == b"\x00" else "no JSON object"
        return Event("?", record.topic, record.timestamp_ms, key, text=f"{len(record.value)} bytes: {what}")
    source = value.get("source")
    table = record.topic
    at = record.timestamp_ms or _number(value.get("ts_ms"))
    if isinstance(source, dict):
        named = [source.get(part) for part in ("db", "table")]
        table = ".".join(part for part in named if part) or table
        at = _number(source.get("ts_ms")) or at
    return _kind(value, table, at, key)


def _kind(value: Mapping[str, Any], table: str, at: int, key: Mapping[str, Any] | None) -> Event:
    op = value.get("op")
    if isinstance(op, str) and ("before" in value or "after" in value):
        return Event(op, table, at, key, _row(value.get("before")), _row(value.get("after")))
    if "ddl" in value:
        return Event("ddl", table, at, None, text=" ".join(str(value["ddl"]).split()))
    if value.keys() <= {"ts_ms", "ts_us", "ts_ns"}:
        return Event("heartbeat", table, at)
    if "aggregate_type" in value:
        return Event("notification", table, at, None, text=f"{value['aggregate_type']}: {value.get('type')}")
    if "status" in value and "id" in value and "event_count" in value:
        return Event("transaction", table, at, None, text=f"{value['status']} {value['id']}")
    # ExtractNewRecordState has made a row of it.
    unwrapped = value.get("__op")
    return Event(unwrapped if isinstance(unwrapped, str) else "row", table, at, key, None, value)


def _document(data: bytes | None) -> Any:
    if data is None:
        return None
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if isinstance(found, dict) and found.keys() == {"schema", "payload"}:
        return found["payload"]
    return found


def _row(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def of_line(line: bytes) -> Record:
    """A line of a file: the value of a row's event, or a whole record (`sink.format=record`)."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Record(line, line=line)
    if isinstance(found, dict) and {"topic", "key", "value"} <= found.keys() and "op" not in found:
        value, key = (None if found[part] is None else orjson.dumps(found[part]) for part in ("value", "key"))
        return Record(value, key, str(found["topic"]), line=line)
    return Record(line, line=line)


# For people


def summary(event: Event) -> str:
    """The key, and what has changed."""
    key = _pairs(event.key) if event.key else ""
    match event.op:
        case "u" if event.before is not None and event.after is not None:
            changed = changes(event.before, event.after)
            what = (
                ", ".join(f"{name}: {_value(old)} → {_value(new)}" for name, old, new in changed) or "nothing changed"
            )
            return "  ".join(filter(None, (key or _first(event.after), what)))
        case "d":
            return "  ".join(filter(None, (key, _pairs(event.before, but=event.key))))
        case "tombstone":
            return key
        case _:
            return event.text or "  ".join(filter(None, (key, _pairs(event.after, but=event.key))))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(column, value before, value after) of the columns that differ."""
    names = [*after, *(name for name in before if name not in after)]
    return [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def raw(record: Record) -> bytes:
    """One JSON document: of a file the line as it is."""
    if record.line is not None:
        return record.line
    return orjson.dumps(
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp_ms,
            "key": _as_json(record.key),
            "value": _as_json(record.value),
        }
    )


def _as_json(data: bytes | None) -> Any:
    if data is None:
        return None
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return {"base64": base64.b64encode(data).decode()}
    # As it is: big numbers keep their digits.
    return orjson.Fragment(data)


def _pairs(row: Mapping[str, Any] | None, but: Mapping[str, Any] | None = None) -> str:
    left = {name: value for name, value in (row or {}).items() if not (but and name in but)}
    return " ".join(f"{name}={_value(value)}" for name, value in left.items())


def _first(row: Mapping[str, Any]) -> str:
    """Where no key is told, the first column mostly is it."""
    return _pairs(dict([next(iter(row.items()))])) if row else ""


def _value(value: Any) -> str:
    text = "NULL" if value is None else orjson.dumps(value).decode() if not isinstance(value, str) else repr(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
