"""What a connector begins with, decided from what is stored, what the server has, and the mode."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from tailrace.config.snapshot import SnapshotConfig, SnapshotMode


class Start(Enum):
    """The first thing to do."""

    SNAPSHOT = auto()
    """Read definitions and rows, then stream from that instant."""
    DEFINITIONS = auto()
    """Read definitions as they are now, then stream from the end of the binlog."""
    DEFINITIONS_THEN_RESUME = auto()
    """Read definitions as they are now, then stream from the offset."""
    RESUME = auto()
    """Stream from the offset."""
    PURGED = auto()
    """The offset is no longer in the binlog, and the mode forbids to begin anew."""
    NO_OFFSET = auto()
    """The mode wants an offset, and there is none."""
    NO_HISTORY = auto()
    """The mode forbids to read rows, and without definitions those of the binlog cannot be read."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at the start."""

    offset: bool
    """An offset is stored."""
    unfinished: bool = False
    """It is that of a snapshot that was not whole."""
    available: bool = True
    """It is still in the server's binlog."""
    history: bool = True
    """Definitions are stored."""


def decide(config: SnapshotConfig, known: Known) -> Start:
    """Debezium's table of modes (`snapshot.mode`)."""
    fresh = not known.offset or known.unfinished
    match config.mode:
        case SnapshotMode.ALWAYS:
            return Start.SNAPSHOT
        case SnapshotMode.CONFIGURATION_BASED:
            return _configured(config, known, fresh=fresh)
        case SnapshotMode.RECOVERY:
            if not known.offset:
                return Start.NO_OFFSET
            return Start.DEFINITIONS_THEN_RESUME if known.available else Start.PURGED
        case SnapshotMode.NO_DATA if fresh:
            return Start.DEFINITIONS
        case _ if fresh:
            return Start.SNAPSHOT
    if not known.available:
        return Start.SNAPSHOT if config.mode is SnapshotMode.WHEN_NEEDED else Start.PURGED
    if known.history:
        return Start.RESUME
    # Without definitions the rows cannot be read: the tables are read again.
    return Start.NO_HISTORY if config.mode is SnapshotMode.NO_DATA else Start.SNAPSHOT


def _configured(config: SnapshotConfig, known: Known, *, fresh: bool) -> Start:
    based = config.based
    if based.data:
        return Start.SNAPSHOT
    if fresh:
        return Start.DEFINITIONS
    if not known.available:
        return Start.SNAPSHOT if based.on_data_error else Start.PURGED
    if based.schema or (based.on_schema_error and not known.history):
        return Start.DEFINITIONS_THEN_RESUME
    return Start.RESUME if known.history else Start.NO_HISTORY
