"""Where the engine's threads write what the connector tells about itself."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from tailrace._kernel import Batch
from tailrace.errors import DecodeError, SchemaError, SinkError
from tailrace.model.distribution import Distribution, bucket
from tailrace.model.incremental import Incremental, Key
from tailrace.model.offset import Offset
from tailrace.model.progress import (
    Distance,
    HistoryPhase,
    HistoryReport,
    Progress,
    Reading,
    SnapshotPhase,
    SnapshotReport,
    Source,
    State,
    TableCount,
)
from tailrace.model.table import TableId

_QUIET_SECONDS: Final = 0.2
"""A server that has events to send is not silent for so long: what moves no position after that is a heartbeat."""


class ProgressBoard:
    """Written by the engine's threads, read by anyone; a batch costs a few microseconds, a row nothing."""

    def __init__(
        self, name: str = "", server: str = "", queue_capacity: int = 0, *, skips_unchanged: bool = False
    ) -> None:
        """`queue_capacity` in bytes."""
        self._mutex = threading.Lock()
        now = time.time()
        self._progress = Progress(name=name, server=server, since=now, started=now, queue_capacity=queue_capacity)
        self._tables: dict[TableId, TableCount] = {}
        self._latency = _Latency()
        self._snapshot = SnapshotReport()
        self._snapshot_rows: Counter[TableId] = Counter()
        self._incremental: Incremental | None = None
        self._paused_at = 0.0
        self._history = HistoryReport()
        self._reader = _Reader(skips_unchanged=skips_unchanged)
        # Batches; the first is written by the capture alone, the second by the delivery alone.
        self._captured = self._delivered = 0
        self._pending_since = 0.0
        self._storing_since = 0.0

    def read(self) -> Progress:
        """The present state."""
        now = time.time()
        with self._mutex:
            return replace(
                self._progress,
                tables=dict(self._tables),
                lag=self._lag(now),
                latency=self._latency.read(),
                snapshot=replace(self._snapshot, rows=dict(self._snapshot_rows)),
                history=self._history,
                reading=self._reader.read(),
            )

    # The life of the connector

    def enter(self, state: State, reason: str = "") -> None:
        """Change the state."""
        now = time.time()
        with self._mutex:
            old = self._progress
            # 'Reconnecting since' counts from the first failure, not from the last attempt.
            since = old.since if old.state is state else now
            lost = state is State.RECONNECTING and old.state is not state
            self._progress = replace(old, state=state, reason=reason, since=since, reconnects=old.reconnects + lost)
        if state is State.STREAMING:
            self._reader.begin()
        elif state is State.SNAPSHOT and old.state is not state:
            self.snapshot(phase=SnapshotPhase.RUNNING, began=now, ended=0.0)

    def fail(self, error: BaseException) -> None:
        """The run ends by this."""
        with self._mutex:
            self._progress = replace(
                self._progress,
                sink_errors=self._progress.sink_errors + isinstance(error, SinkError),
                erroneous=self._progress.erroneous + isinstance(error, (DecodeError, SchemaError)),
            )
        self.enter(State.FAILED, str(error))

    def pass_over(self) -> None:
        """An event that could not be read was passed over, as configured."""
        with self._mutex:
            self._progress = replace(
                self._progress, erroneous=self._progress.erroneous + 1, passed_over=self._progress.passed_over + 1
            )

    def serve(self, source: Source) -> None:
        """The server that is read."""
        with self._mutex:
            self._progress = replace(self._progress, source=source)

    def look(self, distance: Distance | None) -> None:
        """What a look at the source told."""
        with self._mutex:
            self._progress = replace(self._progress, distance=distance)

    # Tables

    def capture(self, tables: Sequence[TableId]) -> None:
        """What the filters let through."""
        with self._mutex:
            self._progress = replace(self._progress, captured=tuple(tables))

    def recover(self) -> None:
        """Stored definitions are being read."""
        with self._mutex:
            self._history = replace(self._history, phase=HistoryPhase.RECOVERING, recovery_began=time.time())

    def recovered(self, records: int) -> None:
        """So many were read."""
        with self._mutex:
            self._history = replace(self._history, recovered=records, recovery_ended=time.time())

    def define(self, records: Sequence[str]) -> None:
        """Records of the schema history that were made; none: it is ready."""
        with self._mutex:
            self._history = replace(self._history, phase=HistoryPhase.RUNNING)
            if records:
                self._history = replace(
                    self._history,
                    applied=self._history.applied + len(records),
                    last_applied=time.time(),
                    last_change=records[-1],
                )

    # Snapshot

    def snapshot(self, **changes: Any) -> None:
        """Fields of SnapshotReport; `rows` begins anew with `began`."""
        with self._mutex:
            old = self._snapshot
            self._snapshot = new = replace(old, **changes)
            if new.began != old.began:
                self._snapshot_rows.clear()

    def scanned(self, table: TableId) -> None:
        """It is read to its end; of an empty one no row will tell."""
        with self._mutex:
            self._snapshot_rows[table] += 0

    def snapshot_ends(self, phase: SnapshotPhase) -> None:
        """COMPLETED, or ABORTED."""
        self.snapshot(phase=phase, ended=time.time(), locked=False)

    def _follow(self, state: Incremental | None) -> None:
        """How far incremental snapshots are, by the offset delivered."""
        old, self._incremental = self._incremental, state
        if state is old or not (state or old):
            return
        report, now = self._snapshot, time.time()
        if not old:
            self._snapshot_rows.clear()
            report = SnapshotReport(began=now)
        if not state:
            self._snapshot = replace(
                report, phase=SnapshotPhase.COMPLETED, ended=now, tables_done=report.tables, table=None
            )
            return
        paused = report.paused_seconds
        if old and old.paused and not state.paused:
            paused += now - self._paused_at
        elif state.paused and not (old and old.paused):
            self._paused_at = now
        tables = max(report.tables, len(state.tables))
        self._snapshot = replace(
            report,
            phase=SnapshotPhase.PAUSED if state.paused else SnapshotPhase.RUNNING,
            paused_seconds=paused,
            tables=tables,
            tables_done=tables - len(state.tables),
            table=state.current.table if state.current is not None else None,
            last_key=_text(state.last),
            greatest_key=_text(state.greatest),
        )

    # Reading and delivering

    def ask(self, file: str, position: int, tally: tuple[int, int, int] = (0, 0, 0)) -> None:
        """The reader has decoded up to here, and waits for bytes; `tally` is that of its `Decoder`."""
        self._reader.ask(file, position, tally, time.time())

    def hear(self) -> None:
        """Bytes came."""
        self._reader.hear(time.time())

    def hand_over(self) -> None:
        """The capture puts a batch into the queue."""
        if self._captured == self._delivered:
            self._pending_since = time.time()
        self._captured += 1

    def delivered(self, batch: Batch, offset: Offset | None, queue_bytes: int) -> None:
        """The sink has taken a batch."""
        now = time.time()
        lag = max(0.0, now - offset.timestamp_us / 1e6) if offset and offset.timestamp_us else None
        commit = batch.commit
        transactions = commit.transactions if commit else 0
        with self._mutex:
            old = self._progress
            for database, table, inserts, updates, deletes, reads in batch.counts:
                name = TableId(database, table)
                count = self._tables.get(name, TableCount())
                self._tables[name] = TableCount(
                    count.reads + reads, count.inserts + inserts, count.updates + updates, count.deletes + deletes
                )
                if reads:
                    self._snapshot_rows[name] += reads
                    self._snapshot = replace(self._snapshot, last_row=now)
            if lag is not None and transactions:
                self._latency.add(lag, transactions)
            self._progress = replace(
                old,
                events=old.events + batch.rows,
                bytes=old.bytes + batch.memory,
                transactions=old.transactions + transactions,
                offset=offset or old.offset,
                waiting_for_store=old.waiting_for_store or now if offset else old.waiting_for_store,
                queue_bytes=queue_bytes,
                last_event=now if batch.rows else old.last_event,
                lag=lag if lag is not None else old.lag,
            )
            self._delivered += 1
            self._pending_since = now
            if offset is not None:
                self._follow(offset.incremental)

    def reached(self, offset: Offset) -> None:
        """A transaction end without events."""
        with self._mutex:
            waiting = self._progress.waiting_for_store or time.time()
            self._progress = replace(self._progress, offset=offset, waiting_for_store=waiting)
            self._follow(offset.incremental)

    def storing(self) -> None:
        """The sink is asked to acknowledge all that it was given, so that its offset can be stored."""
        with self._mutex:
            self._storing_since = time.time()

    def stored(self, offset: Offset) -> None:
        """The offset is durable."""
        with self._mutex:
            self._storing_since = 0.0
            waiting = 0.0 if offset == self._progress.offset else time.time()
            self._progress = replace(self._progress, stored=offset, waiting_for_store=waiting)

    def move(self, offset: Offset | None) -> None:
        """The offset that a restart begins from was changed while nothing ran."""
        with self._mutex:
            self._progress = replace(self._progress, offset=offset, stored=offset, distance=None)

    def _lag(self, now: float) -> float | None:
        progress, pending = self._progress, self._captured > self._delivered
        since = [now]
        if progress.state is State.RECONNECTING:
            since.append(progress.since)
        elif progress.state is State.STREAMING:
            since.append(self._reader.undecoded_since or now)
        if pending:
            since.append(self._pending_since)
        if self._storing_since:
            # A sink may hold in its own hands what it was given; it has taken only what it acknowledges.
            since.append(self._storing_since)
        grown = now - min(since)
        if progress.state is State.STREAMING and self._reader.at_end and not pending:
            return grown
        if progress.lag is None and not (grown and progress.state in (State.STREAMING, State.RECONNECTING)):
            return None
        return (progress.lag or 0.0) + grown


def _text(key: Key | None) -> str:
    return ",".join("<null>" if value is None else value for value in key or ())


class _Latency:
    """A Distribution that grows."""

    def __init__(self) -> None:
        self._count = 0
        self._total = 0.0
        self._least = math.inf
        self._greatest = 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float, count: int) -> None:
        self._count += count
        self._total += seconds * count
        self._least = min(self._least, seconds)
        self._greatest = max(self._greatest, seconds)
        self._buckets[bucket(seconds)] += count

    def read(self) -> Distribution:
        return Distribution(self._count, self._total, self._least, self._greatest, dict(self._buckets))


class _Reader:
    """What the capture's thread, and no other, writes between two looks at the socket."""

    def __init__(self, *, skips_unchanged: bool) -> None:
        self._place = ("", 0)
        self._skips_unchanged = skips_unchanged
        self._tally = self._before = (0, 0, 0)
        self._asked = self._heard = self._moved = 0.0
        self._waited = 0.0
        self._waiting = True
        self._quiet = False

    def begin(self) -> None:
        """A new connection: of the source's end nothing is known."""
        self._quiet, self._waited, self._waiting = False, 0.0, True
        self._before = self._tally

    def ask(self, file: str, position: int, tally: tuple[int, int, int], now: float) -> None:
        if self._place != (file, position):
            self._moved, self._quiet = self._heard, False
            self._place = (file, position)
        elif self._waited >= _QUIET_SECONDS:
            self._quiet = True
        self._asked, self._waiting = now, True
        events, left_out, unchanged = self._before
        self._tally = (events + tally[0], left_out + tally[1], unchanged + tally[2])

    def hear(self, now: float) -> None:
        self._heard, self._waited, self._waiting = now, now - self._asked, False

    @property
    def at_end(self) -> bool:
        """The last thing heard was a heartbeat: the source has sent all that it has."""
        return self._quiet and self._waiting

    @property
    def undecoded_since(self) -> float:
        """When the bytes came that are being decoded; 0: none are."""
        return 0.0 if self._waiting else self._heard

    def read(self) -> Reading:
        file, position = self._place
        events, left_out, unchanged = self._tally
        counted = unchanged if self._skips_unchanged else None
        return Reading(file, position, self._moved, self._heard, events, left_out, counted)
