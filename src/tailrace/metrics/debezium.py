"""Debezium's metrics: each attribute of its three MBeans of MySQL, named as its rules for the JMX exporter name them.

A text, which those rules leave out, is a label `value` of a sample that is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tailrace.metrics.metric import Metric, Sample, Value, View
from tailrace.model.progress import SnapshotPhase, State

PREFIX: Final = "debezium_metrics_"
_DEBEZIUM_QUEUE: Final = 8192
"""Records, Debezium's max.queue.size; our queue counts bytes."""


def _since(moment: float, now: float) -> float:
    """Milliseconds; -1: never."""
    return int(max(0.0, now - moment) * 1000) if moment else -1


def _seconds(began: float, ended: float) -> float:
    return int(ended - began) if began else 0


def _text(text: Callable[[View], str]) -> Callable[[View], Iterator[Sample]]:
    def value(view: View) -> Iterator[Sample]:
        if found := text(view):
            yield Sample(1, {"value": found})

    return value


def _phase(phase: SnapshotPhase) -> Callable[[View], bool]:
    return lambda view: view.progress.snapshot.phase is phase


def _streamed(kind: str) -> Callable[[View], float]:
    return lambda view: sum(getattr(count, kind) for count in view.progress.tables.values())


def _by_table(kind: str) -> Callable[[View], Iterator[Sample]]:
    def value(view: View) -> Iterator[Sample]:
        for table, count in view.progress.tables.items():
            if found := getattr(count, kind):
                yield Sample(found, {"table": str(table)})

    return value


def _rows_scanned(view: View) -> Iterator[Sample]:
    for table, rows in view.progress.snapshot.rows.items():
        yield Sample(rows, {"table": str(table)})


def _captured(view: View) -> Iterator[Sample]:
    for table in view.progress.captured:
        yield Sample(1, {"table": str(table)})


def _snapshot_seconds(view: View) -> float:
    snapshot = view.progress.snapshot
    return _seconds(snapshot.began, snapshot.ended or view.now)


def _remaining_capacity(view: View) -> float:
    """As Debezium's: 0 when the queue is full, all of it when it is empty."""
    progress = view.progress
    if not progress.queue_capacity:
        return _DEBEZIUM_QUEUE
    free = 1 - progress.queue_bytes / progress.queue_capacity
    return max(0, int(_DEBEZIUM_QUEUE * free))


def _behind(view: View) -> float:
    lag = view.progress.lag
    return -1 if lag is None else int(lag * 1000)


def _quantile(share: float) -> Callable[[View], float | None]:
    def value(view: View) -> float | None:
        found = view.progress.latency.quantile(share)
        return None if found is None else found * 1000

    return value


def _least(view: View) -> float | None:
    latency = view.progress.latency
    return int(latency.least * 1000) if latency.count else None


def _greatest(view: View) -> float | None:
    latency = view.progress.latency
    return int(latency.greatest * 1000) if latency.count else None


def _average(view: View) -> float | None:
    latency = view.progress.latency
    return latency.total / latency.count * 1000 if latency.count else None


def _unchanged(view: View) -> float:
    unchanged = view.progress.reading.unchanged
    return -1 if unchanged is None else unchanged


def _position(view: View) -> str:
    offset = view.progress.offset
    return f"{offset.place} {offset.gtids}".rstrip() if offset is not None else ""


def _metric(
    context: str, name: str, unit: str, doc: str, value: Callable[[View], Value], *labels: str, restless: bool = False
) -> Metric:
    return Metric(PREFIX + name, "gauge", unit, doc, value, labels, context, restless)


def _common(context: str) -> tuple[Metric, ...]:
    """What the beans of snapshot and streaming share, and which means the same in both."""
    return (
        _metric(
            context,
            "NumberOfErroneousEvents",
            "",
            "Events that could not be read: passed over (event.processing.failure.handling.mode), or the run's end.",
            lambda view: view.progress.erroneous,
        ),
        _metric(
            context,
            "QueueTotalCapacity",
            "records",
            "Debezium's max.queue.size, 8192. Our queue is bounded by bytes; the two figures keep their ratio.",
            lambda _: _DEBEZIUM_QUEUE,
        ),
        _metric(
            context,
            "QueueRemainingCapacity",
            "records",
            "The free share of the queue's bytes, of 8192.",
            _remaining_capacity,
        ),
        _metric(
            context,
            "MaxQueueSizeInBytes",
            "bytes",
            "Most bytes between source and sink.",
            lambda view: view.progress.queue_capacity,
        ),
        _metric(
            context,
            "CurrentQueueSizeInBytes",
            "bytes",
            "Bytes between source and sink.",
            lambda view: view.progress.queue_bytes,
        ),
        _metric(context, "CapturedTables", "", "1 for each captured table.", _captured, "table"),
    )


def _flag(name: str, doc: str, value: Callable[[View], bool]) -> Metric:
    return _metric("snapshot", name, "", f"1: {doc}.", value)


def _snapshot_text(name: str, doc: str, text: Callable[[View], str]) -> Metric:
    return _metric("snapshot", name, "", doc, _text(text), "value")


SNAPSHOT: Final[tuple[Metric, ...]] = (
    _metric(
        "snapshot",
        "MilliSecondsSinceLastEvent",
        "ms",
        "Since rows of a snapshot were last delivered; -1: there were none.",
        lambda view: _since(view.progress.snapshot.last_row, view.now),
    ),
    _metric(
        "snapshot",
        "TotalNumberOfEventsSeen",
        "events",
        "Rows delivered.",
        lambda view: sum(view.progress.snapshot.rows.values()),
    ),
    *(
        _metric("snapshot", f"TotalNumberOf{kind}EventsSeen", "events", "0: a snapshot reads.", lambda _: 0)
        for kind in ("Create", "Update", "Delete")
    ),
    _metric(
        "snapshot", "NumberOfEventsFiltered", "events", "0: of tables that are left out nothing is read.", lambda _: 0
    ),
    *_common("snapshot"),
    _metric("snapshot", "TotalTableCount", "tables", "Tables to read.", lambda view: view.progress.snapshot.tables),
    _metric(
        "snapshot",
        "RemainingTableCount",
        "tables",
        "Tables not read to their end.",
        lambda view: view.progress.snapshot.tables - view.progress.snapshot.tables_done,
    ),
    _flag("SnapshotRunning", "a snapshot is being taken", _phase(SnapshotPhase.RUNNING)),
    _flag("SnapshotPaused", "it is paused", _phase(SnapshotPhase.PAUSED)),
    _flag("SnapshotCompleted", "it is whole", _phase(SnapshotPhase.COMPLETED)),
    _flag("SnapshotAborted", "it ended early; a restart takes it again", _phase(SnapshotPhase.ABORTED)),
    _flag("SnapshotSkipped", "none was due in this run", _phase(SnapshotPhase.SKIPPED)),
    _metric(
        "snapshot",
        "SnapshotDurationInSeconds",
        "s",
        "From its beginning to its end, or to now.",
        _snapshot_seconds,
    ),
    _metric(
        "snapshot",
        "SnapshotPausedDurationInSeconds",
        "s",
        "Time of pauses that have ended.",
        lambda view: int(view.progress.snapshot.paused_seconds),
    ),
    _metric("snapshot", "RowsScanned", "rows", "Rows delivered of each table.", _rows_scanned, "table"),
    _snapshot_text(
        "ChunkFrom",
        "Of an incremental snapshot: everything up to this key is delivered.",
        lambda view: view.progress.snapshot.last_key,
    ),
    _snapshot_text(
        "TableTo", "Of an incremental snapshot: where the table ends.", lambda view: view.progress.snapshot.greatest_key
    ),
    _flag(
        "HoldingGlobalLock",
        "tables are locked for as long as rows are read (snapshot.locking.mode=extended)",
        lambda view: view.progress.snapshot.locked and view.progress.snapshot.phase is SnapshotPhase.RUNNING,
    ),
)


def _streaming(name: str, unit: str, doc: str, value: Callable[[View], Value], *labels: str) -> Metric:
    return _metric("streaming", name, unit, doc, value, *labels)


def _streaming_text(name: str, doc: str, text: Callable[[View], str], *, restless: bool = False) -> Metric:
    return _metric("streaming", name, "", doc, _text(text), "value", restless=restless)


def _none_of(name: str, doc: str) -> Metric:
    return _streaming(name, "", doc, lambda _: 0)


STREAMING: Final[tuple[Metric, ...]] = (
    _streaming(
        "MilliSecondsSinceLastEvent",
        "ms",
        "Since the binlog last moved; heartbeats do not count. -1: it has not.",
        lambda view: _since(view.progress.reading.last_event, view.now),
    ),
    _streaming(
        "TotalNumberOfEventsSeen",
        "events",
        "Events of the binlog that came, of any kind; heartbeats are none.",
        lambda view: view.progress.reading.events,
    ),
    _streaming("TotalNumberOfCreateEventsSeen", "events", "Inserted rows delivered.", _streamed("inserts")),
    _streaming("TotalNumberOfUpdateEventsSeen", "events", "Updated rows delivered.", _streamed("updates")),
    _streaming("TotalNumberOfDeleteEventsSeen", "events", "Deleted rows delivered.", _streamed("deletes")),
    _streaming(
        "NumberOfEventsFiltered",
        "events",
        "Events of the binlog with rows of tables or sources that are left out.",
        lambda view: view.progress.reading.left_out,
    ),
    *_common("streaming"),
    _streaming(
        "Connected",
        "",
        "1: the binlog is being read.",
        lambda view: view.progress.state is State.STREAMING,
    ),
    _streaming(
        "MilliSecondsBehindSource",
        "ms",
        "From commit to sink, of the last transaction; grows while the source cannot be reached or the sink takes"
        " nothing; 0: the source has nothing more. -1: before the first transaction.",
        _behind,
    ),
    _streaming("MilliSecondsBehindSourceMinValue", "ms", "From commit to sink: the least.", _least),
    _streaming("MilliSecondsBehindSourceMaxValue", "ms", "From commit to sink: the most.", _greatest),
    _streaming("MilliSecondsBehindSourceAverageValue", "ms", "From commit to sink: the mean.", _average),
    _streaming("MilliSecondsBehindSourceP50", "ms", "From commit to sink: the median.", _quantile(0.5)),
    _streaming("MilliSecondsBehindSourceP95", "ms", "From commit to sink: 95 % are not above.", _quantile(0.95)),
    _streaming("MilliSecondsBehindSourceP99", "ms", "From commit to sink: 99 % are not above.", _quantile(0.99)),
    _streaming(
        "NumberOfCommittedTransactions",
        "transactions",
        "Transactions delivered.",
        lambda view: view.progress.transactions,
    ),
    _streaming_text(
        "SourceEventPosition",
        "What was delivered: file:position and the executed GTID set.",
        _position,
        restless=True,
    ),
    _streaming("NumberOfCreateEventsSeen", "events", "Inserted rows of each table.", _by_table("inserts"), "table"),
    _streaming("NumberOfUpdateEventsSeen", "events", "Updated rows of each table.", _by_table("updates"), "table"),
    _streaming("NumberOfDeleteEventsSeen", "events", "Deleted rows of each table.", _by_table("deletes"), "table"),
    _streaming_text("BinlogFilename", "The file that is read.", lambda view: view.progress.reading.file),
    _streaming(
        "BinlogPosition",
        "bytes",
        "How far it was read.",
        lambda view: view.progress.reading.position,
    ),
    _streaming_text(
        "GtidSet",
        "All transactions delivered.",
        lambda view: view.progress.offset.gtids if view.progress.offset is not None else "",
        restless=True,
    ),
    _streaming("IsGtidModeEnabled", "", "1: the server has GTIDs.", lambda view: view.progress.source.gtids),
    _streaming("NumberOfDisconnects", "", "Connections lost since the start.", lambda view: view.progress.reconnects),
    _streaming(
        "NumberOfUnchangedEventsSkipped",
        "events",
        "Updates that changed nothing and were left out; -1: such are not left out (skip.messages.without.change).",
        _unchanged,
    ),
    _none_of("NumberOfSkippedEvents", "0: no event is passed over."),
    _none_of(
        "NumberOfRolledBackTransactions",
        "0, as Debezium's without binlog.buffer.size: what the server rolls back is not in the binlog.",
    ),
    _none_of("NumberOfNotWellFormedTransactions", "0: such a binlog ends the run."),
    _none_of("NumberOfLargeTransactions", "0: there is no look-ahead buffer for one to be too large for."),
)


def _history(name: str, unit: str, doc: str, value: Callable[[View], Value], *labels: str) -> Metric:
    return _metric("schema-history", name, unit, doc, value, *labels)


HISTORY: Final[tuple[Metric, ...]] = (
    _history(
        "Status",
        "",
        "STOPPED, RECOVERING or RUNNING.",
        _text(lambda view: view.progress.history.phase.value),
        "value",
    ),
    _history(
        "RecoveryStartTime",
        "s since the epoch",
        "When stored definitions began to be read; -1: there were none.",
        lambda view: int(view.progress.history.recovery_began) or -1,
    ),
    _history(
        "ChangesRecovered", "records", "Records of definitions read.", lambda view: view.progress.history.recovered
    ),
    _history(
        "ChangesApplied",
        "records",
        "Those, and what was recorded since.",
        lambda view: view.progress.history.recovered + view.progress.history.applied,
    ),
    _history(
        "MilliSecondsSinceLastRecoveredChange",
        "ms",
        "Since the last record was read; -1: none was.",
        lambda view: _since(view.progress.history.recovery_ended, view.now),
    ),
    _history(
        "MilliSecondsSinceLastAppliedChange",
        "ms",
        "Since the last record was read or made; -1: none was.",
        lambda view: _since(max(view.progress.history.last_applied, view.progress.history.recovery_ended), view.now),
    ),
    _history(
        "LastAppliedChange",
        "",
        "The last record made, as JSON.",
        _text(lambda view: view.progress.history.last_change),
        "value",
    ),
)

DEBEZIUM: Final = (*SNAPSHOT, *STREAMING, *HISTORY)
