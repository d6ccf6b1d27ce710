"""Our own metrics: what an operator asks and Debezium's cannot tell. Seconds and bytes; nothing that is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal

from tailrace.metrics.metric import Metric, Sample, Value, View
from tailrace.model.progress import Distance, SnapshotPhase, State

PREFIX: Final = "tailrace_"
BOUNDS: Final = tuple(2.0**power / 1000 for power in range(18))
"""Seconds: 1 ms, 2 ms, … 131 s."""
_OPERATIONS: Final = {"read": "reads", "create": "inserts", "update": "updates", "delete": "deletes"}


def _states(view: View) -> Iterator[Sample]:
    for state in State:
        yield Sample(state is view.progress.state, {"state": state.value})


def _phases(view: View) -> Iterator[Sample]:
    for phase in SnapshotPhase:
        yield Sample(phase is view.progress.snapshot.phase, {"phase": phase.value})


def _reason(view: View) -> Iterator[Sample]:
    progress = view.progress
    if progress.state in (State.RECONNECTING, State.FAILED):
        # The first line: the others say what to do, which is for the log and the console.
        yield Sample(1, {"state": progress.state.value, "reason": progress.reason.partition("\n")[0]})


def _source(view: View) -> Iterator[Sample]:
    source = view.progress.source
    if source.where:
        yield Sample(
            1,
            {
                "address": source.where,
                "version": source.version,
                "uuid": source.uuid,
                "gtid_mode": "on" if source.gtids else "off",
            },
        )


def _reconnecting(view: View) -> float:
    progress = view.progress
    return view.now - progress.since if progress.state is State.RECONNECTING else 0


def _stored_position(view: View) -> Iterator[Sample]:
    if (stored := view.progress.stored) is not None:
        yield Sample(stored.position, {"file": stored.file})


def _read_position(view: View) -> Iterator[Sample]:
    if view.progress.reading.file:
        yield Sample(view.progress.reading.position, {"file": view.progress.reading.file})


def _gtids(view: View) -> Iterator[Sample]:
    if view.progress.stored is not None and view.progress.stored.gtids:
        yield Sample(1, {"gtids": view.progress.stored.gtids})


def _events(view: View) -> Iterator[Sample]:
    for table, count in view.progress.tables.items():
        for operation, name in _OPERATIONS.items():
            if found := getattr(count, name):
                labels = {"database": table.database, "table": table.table, "operation": operation}
                yield Sample(found, labels)


def _rows(view: View) -> Iterator[Sample]:
    for table, rows in view.progress.snapshot.rows.items():
        yield Sample(rows, {"database": table.database, "table": table.table})


def _remaining(view: View) -> float | None:
    """By the rate so far; nothing where no estimate can be had."""
    snapshot = view.progress.snapshot
    rows, elapsed = sum(snapshot.rows.values()), view.now - snapshot.began
    if snapshot.phase is not SnapshotPhase.RUNNING or not rows or elapsed <= 0 or not snapshot.estimated_rows:
        return None
    return max(0, snapshot.estimated_rows - rows) * elapsed / rows


def _snapshot_seconds(view: View) -> float | None:
    snapshot = view.progress.snapshot
    return (snapshot.ended or view.now) - snapshot.began if snapshot.began else None


def _age(view: View) -> float:
    """Of the oldest transaction that is delivered and not stored."""
    waiting = view.progress.waiting_for_store
    return max(0.0, view.now - waiting) if waiting else 0


def _seen(part: Callable[[Distance], float | None]) -> Callable[[View], float | None]:
    return lambda view: part(view.progress.distance) if view.progress.distance is not None else None


def _metric(
    name: str,
    unit: str,
    doc: str,
    value: Callable[[View], Value],
    *labels: str,
    kind: Literal["gauge", "counter", "histogram"] = "gauge",
    restless: bool = False,
) -> Metric:
    return Metric(PREFIX + name, kind, unit, doc, value, labels, restless=restless)


def _counter(name: str, unit: str, doc: str, value: Callable[[View], Value], *labels: str) -> Metric:
    return _metric(name, unit, doc, value, *labels, kind="counter")


OWN: Final[tuple[Metric, ...]] = (
    # What it does
    _metric("state", "", "1 for the state that the connector is in, 0 for the others.", _states, "state"),
    _metric(
        "state_since_timestamp_seconds",
        "s since the epoch",
        "When the state began.",
        lambda view: view.progress.since,
    ),
    _metric(
        "reason_info", "", "Why it is reconnecting, or has failed; else there is none.", _reason, "state", "reason"
    ),
    _metric(
        "reconnecting_seconds",
        "s",
        "For how long the source has not been reached, from the first failure on; 0 while it is.",
        _reconnecting,
    ),
    _counter("reconnects", "", "Times that the source was lost.", lambda view: view.progress.reconnects),
    _counter(
        "events_passed_over",
        "",
        "Events of rows that could not be read, and were passed over as configured: what they changed is lost.",
        lambda view: view.progress.passed_over,
    ),
    _counter("sink_errors", "", "Runs that the sink ended by an error.", lambda view: view.progress.sink_errors),
    _metric("start_timestamp_seconds", "s since the epoch", "When this run began.", lambda view: view.progress.started),
    _metric("source_info", "", "The server that is read.", _source, "address", "version", "uuid", "gtid_mode"),
    # How far behind
    _metric(
        "lag_seconds",
        "s",
        "From commit to sink, of the last transaction delivered; grows while the source cannot be reached or the sink"
        " takes nothing; 0 when the source has nothing more. None before the first transaction.",
        lambda view: view.progress.lag,
    ),
    _metric(
        "commit_to_sink_seconds",
        "s",
        "From commit at the source to the sink: all transactions by how long it took.",
        lambda view: view.progress.latency,
        kind="histogram",
    ),
    _metric(
        "gtid_gap_transactions",
        "transactions",
        "Executed at the source and not delivered, as of the last look; goes on to grow while the connector rests.",
        _seen(lambda distance: distance.gtid_gap),
    ),
    _metric(
        "source_behind_bytes",
        "bytes",
        "Binlog between what was delivered and the source's end, as of the last look.",
        _seen(lambda distance: distance.bytes_behind),
    ),
    _metric(
        "purge_distance_bytes",
        "bytes",
        "Binlog that the source still has before the stored offset, as of the last look; 0: the offset is gone.",
        _seen(lambda distance: distance.bytes_to_purge),
    ),
    _metric(
        "purge_distance_seconds",
        "s",
        "Least time until the source may purge what follows the stored offset, by binlog_expire_logs_seconds; +Inf: it"
        " purges nothing by age.",
        _seen(lambda distance: distance.seconds_to_purge),
    ),
    _metric(
        "source_look_timestamp_seconds",
        "s since the epoch",
        "When the source was last looked at; a scrape asks for a look, every 10 s at most, at"
        " that of a connector that rests or has failed too.",
        _seen(lambda distance: distance.at),
    ),
    # Where it is
    _metric(
        "offset_age_seconds",
        "s",
        "How long delivered transactions have waited for their offset to be stored; 0: all are.",
        _age,
    ),
    _metric(
        "stored_offset_timestamp_seconds",
        "s since the epoch",
        "Commit time of the last transaction that is stored as delivered.",
        lambda view: view.progress.stored.timestamp_us / 1e6 if view.progress.stored is not None else None,
    ),
    _metric("stored_position_bytes", "bytes", "Where a restart would go on.", _stored_position, "file"),
    _metric("read_position_bytes", "bytes", "Where the reader is.", _read_position, "file"),
    _metric("stored_gtids_info", "", "All transactions stored as delivered.", _gtids, "gtids", restless=True),
    # How much
    _counter(
        "events",
        "events",
        "Events delivered, by table and operation (read, create, update, delete).",
        _events,
        "database",
        "table",
        "operation",
    ),
    _counter("bytes", "bytes", "Of events delivered, encoded.", lambda view: view.progress.bytes),
    _counter("transactions", "transactions", "Transactions delivered.", lambda view: view.progress.transactions),
    _metric(
        "last_event_timestamp_seconds",
        "s since the epoch",
        "When the sink last took events; none before the first.",
        lambda view: view.progress.last_event or None,
    ),
    _metric("queue_bytes", "bytes", "Between source and sink.", lambda view: view.progress.queue_bytes),
    _metric(
        "queue_capacity_bytes",
        "bytes",
        "Most that may be there (max.queue.size.in.bytes).",
        lambda view: view.progress.queue_capacity,
    ),
    # Snapshots
    _metric("snapshot_phase", "", "1 for the phase that the snapshot of this run is in.", _phases, "phase"),
    _metric("snapshot_tables", "tables", "Tables to read.", lambda view: view.progress.snapshot.tables),
    _metric(
        "snapshot_tables_done", "tables", "Tables read to their end.", lambda view: view.progress.snapshot.tables_done
    ),
    _metric("snapshot_rows", "rows", "Rows delivered of each table.", _rows, "database", "table"),
    _metric(
        "snapshot_estimated_rows",
        "rows",
        "Of all tables to read, as the server estimates.",
        lambda view: view.progress.snapshot.estimated_rows,
    ),
    _metric("snapshot_seconds", "s", "From its beginning to its end, or to now.", _snapshot_seconds),
    _metric(
        "snapshot_remaining_seconds", "s", "Time left by the rate so far; none where it is not running.", _remaining
    ),
)
