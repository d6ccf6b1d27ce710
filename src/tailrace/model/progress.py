"""What a running connector tells about itself, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tailrace.model.offset import Offset
from tailrace.model.table import TableId


class State(StrEnum):
    """What the capture is doing."""

    STARTING = "starting"
    SNAPSHOT = "snapshot"
    STREAMING = "streaming"
    RECONNECTING = "reconnecting"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TableCount:
    """Events of one table since the start."""

    reads: int = 0
    inserts: int = 0
    updates: int = 0
    deletes: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything a view or a metric needs; times in seconds since the epoch."""

    state: State = State.STARTING
    since: float = 0.0
    """When the state began."""
    reason: str = ""
    """Why, where the state is RECONNECTING or FAILED."""
    events: int = 0
    transactions: int = 0
    tables: dict[TableId, TableCount] = field(default_factory=dict)
    offset: Offset | None = None
    """The last transaction end delivered to the sink."""
    stored: Offset | None = None
    """The offset a restart begins from."""
    queue_bytes: int = 0
    last_event: float = 0.0
    """When the sink last took events."""
    lag: float | None = None
    """Seconds from the commit at the source to its delivery here, of the last transaction delivered; while the source
    cannot be reached, at least the time since then. None before the first."""
