"""Where to resume: one frozen value, stored as JSON with Debezium's names."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tailrace.model.incremental import Incremental


@dataclass(frozen=True, slots=True)
class Offset:
    """The end of a transaction. Everything up to it has been delivered, nothing after it has."""

    file: str
    """Binlog file on the server that was read; another server has other files."""
    position: int
    """Byte after the transaction in `file`."""
    gtids: str
    """Executed GTID set up to and with the transaction; empty where the server has no GTIDs."""
    timestamp_us: int = 0
    """Commit time on the original source, µs since the epoch; 0: not known."""
    events: int = 0
    """Of the transaction that follows, binlog events from BEGIN on that another reader had behind it; 0 but where an
    offset was taken over from Debezium."""
    rows: int = 0
    """Of the event after those, rows that it had behind it."""
    snapshot: bool = False
    """True while the snapshot that began here is not whole: it must be taken again."""
    incremental: Incremental | None = None
    """Incremental snapshots under way here."""

    @property
    def place(self) -> str:
        """`file:position`."""
        return f"{self.file}:{self.position}"

    def to_json(self) -> str:
        """As stored and as the REST interface shows it."""
        stored: dict[str, object] = {
            "file": self.file,
            "pos": self.position,
            "gtids": self.gtids,
            "ts_us": self.timestamp_us,
            "snapshot": self.snapshot,
        }
        if self.events:
            stored |= {"event": self.events, "row": self.rows}
        if self.incremental is not None:
            stored |= self.incremental.to_json()
        return json.dumps(stored)

    @classmethod
    def from_json(cls, text: str) -> Offset:
        """Raises ValueError where `file` and `pos` are missing; further keys of Debezium's are passed over."""
        stored = json.loads(text)
        if (
            not isinstance(stored, dict)
            or not isinstance(stored.get("file"), str)
            or type(stored.get("pos")) is not int
        ):
            message = "an offset needs 'file' (text) and 'pos' (a number)"
            raise ValueError(message)
        return cls(
            file=stored["file"],
            position=stored["pos"],
            gtids=stored.get("gtids") or "",
            timestamp_us=stored.get("ts_us") or 0,
            events=stored.get("event") or 0,
            rows=stored.get("row") or 0,
            snapshot=bool(stored.get("snapshot")),
            incremental=Incremental.from_json(stored),
        )


def connect_key(connector: str, prefix: str) -> bytes:
    """The key under which Kafka Connect keeps a connector's offset."""
    return json.dumps([connector, {"server": prefix}], ensure_ascii=False, separators=(",", ":")).encode()
