"""Debezium's offsets: what they say of the place in the binlog, and how ours are said in its words."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tailrace.errors import StorageError
from tailrace.model.offset import Offset


def key(connector: str, prefix: str) -> bytes:
    """The key of a connector's offset in Kafka Connect's store."""
    return json.dumps([connector, {"server": prefix}], separators=(",", ":")).encode()


def find(entries: Mapping[bytes, bytes | None], connector: str, prefix: str) -> Offset:
    """The offset of a connector. Raises StorageError where there is none, or its snapshot was not whole."""
    value = entries.get(key(connector, prefix))
    if value is None:
        names = ", ".join(sorted(name.decode("utf-8", "replace") for name in entries)) or "nothing"
        hint = "name and topic.prefix of the configuration must be those of the Debezium connector"
        raise StorageError(f"no offset of connector {connector!r} with prefix {prefix!r}; found {names}", hint=hint)
    return read(value)


def read(value: bytes) -> Offset:
    """One offset. `event` and `row` count what is behind it of the transaction that `gtids` does not hold yet."""
    try:
        stored = json.loads(value)
        offset = Offset.from_json(value.decode())
    except ValueError as error:
        raise StorageError(f"the offset cannot be read: {error}") from None
    if stored.get("snapshot") is not None:
        hint = "let Debezium finish it first, or start Tailrace without its offset: it takes a snapshot of its own"
        raise StorageError("the offset is inside a snapshot that was not finished", hint=hint)
    return offset


def write(offset: Offset) -> bytes:
    """An offset as Debezium reads it."""
    stored: dict[str, object] = {
        "ts_sec": offset.timestamp_us // 1_000_000,
        "file": offset.file,
        "pos": offset.position,
    }
    if offset.gtids:
        stored["gtids"] = offset.gtids
    if offset.events:
        stored |= {"event": offset.events, "row": offset.rows}
    return json.dumps(stored, separators=(",", ":")).encode()
