"""What a running connector tells about itself, as one frozen value. Times are seconds since the epoch, 0: never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tailrace.model.distribution import Distribution
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


class SnapshotPhase(StrEnum):
    """How far the snapshot of this run is."""

    NONE = "none"
    SKIPPED = "skipped"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class SnapshotReport:
    """The snapshot of this run, initial, blocking or incremental."""

    phase: SnapshotPhase = SnapshotPhase.NONE
    began: float = 0.0
    ended: float = 0.0
    paused_seconds: float = 0.0
    """Of pauses that have ended."""
    locked: bool = False
    """Tables are locked for as long as it reads (`snapshot.locking.mode=extended`)."""
    tables: int = 0
    tables_done: int = 0
    estimated_rows: int = 0
    rows: Mapping[TableId, int] = field(default_factory=dict)
    """Rows delivered of each table."""
    last_row: float = 0.0
    table: TableId | None = None
    """The one that an incremental snapshot reads now."""
    last_key: str = ""
    """Of it, everything up to here is delivered."""
    greatest_key: str = ""
    """Where it ends."""


class HistoryPhase(StrEnum):
    """What the schema history does, in Debezium's words."""

    STOPPED = "STOPPED"
    RECOVERING = "RECOVERING"
    RUNNING = "RUNNING"


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """The definitions of tables."""

    phase: HistoryPhase = HistoryPhase.STOPPED
    recovery_began: float = 0.0
    recovery_ended: float = 0.0
    recovered: int = 0
    """Records read at the start."""
    applied: int = 0
    """Records made since."""
    last_applied: float = 0.0
    last_change: str = ""
    """The last of them, as JSON."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the reader of the binlog is; ahead of what was delivered by the queue."""

    file: str = ""
    position: int = 0
    last_event: float = 0.0
    """When bytes last came that moved the position: heartbeats do not."""
    last_heard: float = 0.0
    """When anything came, heartbeats included."""
    events: int = 0
    """Of the binlog that came since the start; heartbeats are none."""
    left_out: int = 0
    """Those of them with rows of tables or sources that are not captured."""
    unchanged: int | None = None
    """Updates that changed nothing and were left out; None: such are not left out (`skip.messages.without.change`)."""


@dataclass(frozen=True, slots=True)
class Source:
    """The server that is read."""

    where: str = ""
    version: str = ""
    uuid: str = ""
    gtids: bool = False


@dataclass(frozen=True, slots=True)
class Distance:
    """How far from the source's end, and from what it purges, as seen at one moment; None: cannot be known."""

    at: float
    gtid_gap: int | None
    """Transactions executed at the source and not delivered yet."""
    bytes_behind: int | None
    """Bytes of binlog between what was delivered and the source's end."""
    bytes_to_purge: int | None
    """Bytes of binlog that the source still has before the stored offset; 0: the offset itself is gone."""
    seconds_to_purge: float | None
    """Least time until the source may purge what follows the stored offset; infinite where it purges nothing."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything a view or a metric needs."""

    name: str = ""
    """Of the connector."""
    server: str = ""
    """Its topic.prefix."""
    state: State = State.STARTING
    since: float = 0.0
    """When the state began."""
    reason: str = ""
    """Why, where the state is RECONNECTING or FAILED."""
    started: float = 0.0
    events: int = 0
    bytes: int = 0
    """Of all events delivered, encoded."""
    transactions: int = 0
    tables: Mapping[TableId, TableCount] = field(default_factory=dict)
    captured: tuple[TableId, ...] = ()
    """Tables that the snapshot or the stored definitions have and the filters let through; others may join later."""
    offset: Offset | None = None
    """The last transaction end delivered to the sink."""
    stored: Offset | None = None
    """The offset a restart begins from."""
    waiting_for_store: float = 0.0
    """Since when delivered transactions wait for their offset to be stored; 0: none does."""
    queue_bytes: int = 0
    queue_capacity: int = 0
    """Bytes."""
    last_event: float = 0.0
    """When the sink last took events."""
    lag: float | None = None
    """Seconds from the commit at the source to its delivery here, of the last transaction delivered, and on top the
    time since then while the source cannot be reached, or while something is read and not delivered, or given to the
    sink and not acknowledged. 0 where nothing waits so and the source says by a heartbeat that there is nothing more.
    None before the first transaction."""
    latency: Distribution = field(default_factory=Distribution)
    """From the commit at the source to the sink, of all transactions delivered."""
    reconnects: int = 0
    sink_errors: int = 0
    erroneous: int = 0
    """Times that the run ended because an event or a table's definition could not be read, and `passed_over`."""
    passed_over: int = 0
    """Events of rows that could not be read, and were passed over as configured."""
    snapshot: SnapshotReport = field(default_factory=SnapshotReport)
    reading: Reading = field(default_factory=Reading)
    history: HistoryReport = field(default_factory=HistoryReport)
    source: Source = field(default_factory=Source)
    distance: Distance | None = None
    """As of the last look at the source; None: nobody has asked for one."""
