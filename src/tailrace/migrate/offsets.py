"""Debezium's offsets: what they say of the place in the binlog, and how ours are said in its words."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tailrace._kernel import GtidSet
from tailrace.errors import StorageError
from tailrace.model.offset import Offset, connect_key

_NUMBERS = ("pos", "ts_sec", "event", "row", "server_id")
_KNOWN = frozenset({*_NUMBERS, "file", "gtids", "snapshot", "snapshot_completed", "transaction_id"})
"""What Debezium's MySqlOffsetContext writes."""


def find(entries: Mapping[bytes, bytes | None], connector: str, prefix: str, where: str) -> Offset:
    """The offset of a connector. Raises StorageError where there is none, or its snapshot was not whole."""
    value = entries.get(connect_key(connector, prefix))
    if value is None:
        names = ", ".join(sorted(name.decode("utf-8", "replace") for name in entries)) or "nothing"
        hint = "name and topic.prefix of the configuration must be those of the Debezium connector"
        message = f"no offset of connector {connector!r} with prefix {prefix!r}; found {names}"
        raise StorageError(message, where=where, hint=hint)
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


def from_fields(stored: Mapping[str, object]) -> Offset:
    """One offset, as the REST interface has it. Raises StorageError."""
    if strangers := sorted(set(stored) - _KNOWN):
        raise StorageError(f"there is no {', '.join(strangers)} in an offset; it has {', '.join(sorted(_KNOWN))}")
    for name in _NUMBERS:
        if (number := stored.get(name)) is not None and (type(number) is not int or not 0 <= number < 1 << 63):
            raise StorageError(f"{name} must be a whole number, 0 or more")
    gtids = stored.get("gtids")
    try:
        if gtids is not None and (not isinstance(gtids, str) or not GtidSet(gtids)):
            raise ValueError(gtids)  # noqa: TRY301 - whatever is wrong with it is told alike
    except ValueError:
        raise StorageError("gtids must be a GTID set: uuid:1-5,uuid:1-3") from None
    return read(json.dumps(stored).encode())


def write(offset: Offset) -> bytes:
    """An offset as Debezium reads it."""
    return json.dumps(fields(offset), separators=(",", ":")).encode()


def fields(offset: Offset) -> dict[str, object]:
    """An offset in Debezium's words."""
    stored: dict[str, object] = {"ts_sec": offset.timestamp_us // 1_000_000} if offset.timestamp_us else {}
    stored |= {"file": offset.file, "pos": offset.position}
    if offset.gtids:
        stored["gtids"] = offset.gtids
    if offset.events:
        stored |= {"event": offset.events, "row": offset.rows}
    if offset.snapshot:
        stored |= {"snapshot": "INITIAL", "snapshot_completed": False}
    return stored
