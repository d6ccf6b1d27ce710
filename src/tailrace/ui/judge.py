"""Which alerts hold now, by the worker's own figures of this moment. Pure.

Prometheus waits a while before an alert fires, and remembers; this does neither, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tailrace.model.progress import Progress, SnapshotPhase, State
from tailrace.ops.alerts.threshold import Thresholds
from tailrace.ops.words import duration
from tailrace.ui.fleet import reason_of
from tailrace.worker.state import State as TaskState
from tailrace.worker.state import Target
from tailrace.worker.store import Status, Stored

JUDGED = (
    "CdcConnectorStopped",
    "CdcTaskFailed",
    "CdcDisconnected",
    "CdcNoEvents",
    "CdcLagHigh",
    "CdcLagCritical",
    "CdcQueueFull",
    "CdcOffsetNotStored",
    "CdcGtidOff",
    "CdcBinlogPurgeNear",
    "CdcBinlogPurged",
    "CdcErroneousEvents",
    "CdcSnapshotStalled",
    "CdcSnapshotAborted",
)
"""The others need Prometheus: they look at targets, or back in time."""


class Held(NamedTuple):
    """An alert whose condition holds."""

    alert: str
    evidence: str


def judge(
    stored: Stored, status: Status, progress: Progress | None, thresholds: Thresholds, now: float
) -> Iterator[Held]:
    """Of one connector."""
    if TaskState.FAILED in (status.connector.state, status.task and status.task.state):
        yield Held("CdcTaskFailed", reason_of(stored.name, status) or TaskState.FAILED.value)
    elif stored.target is not Target.RUNNING:
        yield Held("CdcConnectorStopped", stored.target.value)
    if progress is None:
        return
    limit = {name: float(text) for name, text in thresholds.items() if name != "jobs"}
    # While it rests the source purges as always.
    yield from _purging(progress, limit)
    if stored.target is not Target.RUNNING:
        return
    if progress.state is State.RECONNECTING:
        yield Held("CdcDisconnected", f"{duration(max(0.0, now - progress.since))}: {progress.reason}")
    yield from _late(progress, limit, now)
    yield from _losing(progress)
    yield from _snapshot(progress, limit, now)


def _late(progress: Progress, limit: dict[str, float], now: float) -> Iterator[Held]:
    lag, distance, reading = progress.lag, progress.distance, progress.reading
    if lag is not None and lag > limit["lag-critical"]:
        yield Held("CdcLagCritical", f"lag {duration(lag)}")
    elif lag is not None and lag > limit["lag"]:
        yield Held("CdcLagHigh", f"lag {duration(lag)}")
    quiet = now - reading.last_event if reading.last_event else 0.0
    if progress.state is State.STREAMING and distance and distance.gtid_gap and quiet > limit["no-events"]:
        yield Held("CdcNoEvents", f"nothing for {duration(quiet)}, {distance.gtid_gap} transactions to read")
    share = progress.queue_bytes / progress.queue_capacity if progress.queue_capacity else 0.0
    if share > limit["queue"] and progress.snapshot.phase is not SnapshotPhase.RUNNING:
        yield Held("CdcQueueFull", f"{share:.0%}")
    if progress.waiting_for_store and (age := now - progress.waiting_for_store) > limit["offset"]:
        yield Held("CdcOffsetNotStored", duration(age))


def _purging(progress: Progress, limit: dict[str, float]) -> Iterator[Held]:
    distance = progress.distance
    if distance and distance.bytes_to_purge == 0:
        yield Held("CdcBinlogPurged", "0 B of binlog before the offset")
    elif distance and distance.seconds_to_purge is not None and distance.seconds_to_purge < limit["headroom"]:
        yield Held("CdcBinlogPurgeNear", f"in {duration(max(0.0, distance.seconds_to_purge))}")


def _losing(progress: Progress) -> Iterator[Held]:
    if progress.state is State.STREAMING and progress.source.where and not progress.source.gtids:
        yield Held("CdcGtidOff", progress.source.where)
    if progress.erroneous:
        yield Held("CdcErroneousEvents", f"{progress.erroneous} since the start")


def _snapshot(progress: Progress, limit: dict[str, float], now: float) -> Iterator[Held]:
    report = progress.snapshot
    if report.phase is SnapshotPhase.ABORTED:
        yield Held("CdcSnapshotAborted", ", ".join(str(table) for table in report.rows) or "no row was read")
    still = now - max(report.last_row, report.began)
    if report.phase is SnapshotPhase.RUNNING and still > limit["snapshot.window"]:
        yield Held("CdcSnapshotStalled", f"no row for {duration(still)}")
