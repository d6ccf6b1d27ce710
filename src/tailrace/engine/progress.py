"""What a running connector tells about itself, as one frozen value."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tailrace._kernel import Batch
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


class ProgressBoard:
    """Written by the engine's threads, read by anyone."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._progress = Progress(since=time.time())

    def read(self) -> Progress:
        """The present state. The lag keeps growing while the source cannot be reached."""
        with self._mutex:
            progress = self._progress
        if progress.state is State.RECONNECTING:
            return replace(progress, lag=(progress.lag or 0.0) + time.time() - progress.since)
        return progress

    def enter(self, state: State, reason: str = "") -> None:
        """Change the state."""
        with self._mutex:
            if (self._progress.state, self._progress.reason) != (state, reason):
                # 'Reconnecting since' counts from the first failure, not from the last attempt.
                since = self._progress.since if self._progress.state is state else time.time()
                self._progress = replace(self._progress, state=state, reason=reason, since=since)

    def delivered(self, batch: Batch, offset: Offset | None, queue_bytes: int) -> None:
        """The sink has taken a batch."""
        now = time.time()
        with self._mutex:
            old = self._progress
            tables = dict(old.tables)
            for database, table, inserts, updates, deletes, reads in batch.counts:
                name = TableId(database, table)
                count = tables.get(name, TableCount())
                tables[name] = TableCount(
                    count.reads + reads, count.inserts + inserts, count.updates + updates, count.deletes + deletes
                )
            commit = batch.commit
            self._progress = replace(
                old,
                events=old.events + batch.rows,
                transactions=old.transactions + (commit.transactions if commit else 0),
                tables=tables,
                offset=offset or old.offset,
                queue_bytes=queue_bytes,
                last_event=now if batch.rows else old.last_event,
                lag=max(0.0, now - offset.timestamp_us / 1e6) if offset and offset.timestamp_us else old.lag,
            )

    def reached(self, offset: Offset) -> None:
        """A transaction end without events."""
        with self._mutex:
            self._progress = replace(self._progress, offset=offset)

    def stored(self, offset: Offset) -> None:
        """The offset is durable."""
        with self._mutex:
            self._progress = replace(self._progress, stored=offset)
