"""All connectors at a glance: a row of figures for each, the worst first. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import orjson

from tailrace.model.offset import Offset
from tailrace.model.progress import Progress, SnapshotPhase, SnapshotReport, State
from tailrace.ops.connect import Status as Told
from tailrace.ops.connect import reason
from tailrace.ui.history import Sample
from tailrace.worker.state import State as TaskState
from tailrace.worker.state import Target
from tailrace.worker.store import Status, Stored

SPARK = 60
"""Samples of a sparkline, two seconds each."""
_NEVER = float("inf")


def row(
    stored: Stored,
    status: Status,
    progress: Progress | None,
    history: Sequence[Sample],
    rates: tuple[float | None, float | None],
) -> dict[str, Any]:
    """Of one connector. Times are seconds since the epoch; what is not known is null."""
    task = status.task
    shown: dict[str, Any] = {
        "name": stored.name,
        "target": stored.target.value,
        "state": status.connector.state.value,
        "task": task.state.value if task else None,
        "worker": (task or status.connector).worker_id,
        "now": _now(stored, status, progress),
        "reason": reason_of(stored.name, status),
        "reads": f"{stored.config.get('database.hostname', '')}:{stored.config.get('database.port', '3306')}",
        "doing": None,
        "lag": None,
        "spark": [sample.lag for sample in history[-SPARK:]],
        "events_per_second": rates[0],
        "bytes_per_second": rates[1],
        "snapshot": None,
    }
    return shown | (_doing(progress) if progress is not None else {})


def _doing(progress: Progress) -> dict[str, Any]:
    distance, capacity = progress.distance, progress.queue_capacity
    purge = distance.seconds_to_purge if distance else None
    return {
        "doing": progress.state.value,
        "since": progress.since,
        "why": progress.reason if progress.state in (State.RECONNECTING, State.FAILED) else "",
        "lag": progress.lag,
        "events": progress.events,
        "bytes": progress.bytes,
        "transactions": progress.transactions,
        "reconnects": progress.reconnects,
        "last_event": progress.last_event or None,
        "started": progress.started or None,
        "queue": progress.queue_bytes / capacity if capacity else None,
        "gap": distance.gtid_gap if distance else None,
        "bytes_behind": distance.bytes_behind if distance else None,
        "bytes_to_purge": distance.bytes_to_purge if distance else None,
        "seconds_to_purge": None if purge in (None, _NEVER) else purge,
        "never_purged": purge == _NEVER,
        "server": progress.source.where,
        "server_uuid": progress.source.uuid,
        "version": progress.source.version,
        "offset": place(progress.stored),
        "snapshot": _snapshot(progress.snapshot),
    }


def place(offset: Offset | None) -> dict[str, Any] | None:
    """As the REST interface shows an offset."""
    found: dict[str, Any] | None = None if offset is None else orjson.loads(offset.to_json())
    return found


def _snapshot(report: SnapshotReport) -> dict[str, Any] | None:
    if report.phase in (SnapshotPhase.NONE, SnapshotPhase.SKIPPED):
        return None
    return {
        "phase": report.phase.value,
        "rows": sum(report.rows.values()),
        "estimated": report.estimated_rows or None,
        "tables": report.tables,
        "tables_done": report.tables_done,
    }


def _now(stored: Stored, status: Status, progress: Progress | None) -> str:
    """The one word for how it is: what its engine does, or why it does nothing."""
    task = status.task.state if status.task else None
    if TaskState.FAILED in (status.connector.state, task):
        return TaskState.FAILED.value
    if stored.target is not Target.RUNNING:
        return stored.target.value
    if task is TaskState.RUNNING and progress is not None:
        return progress.state.value
    return (task or status.connector.state).value


def reason_of(name: str, status: Status) -> str:
    """Why it has failed; empty: it has not."""
    tasks = [] if status.task is None else [{"id": 0, "state": status.task.state.value, "trace": status.task.trace}]
    head = {"state": status.connector.state.value, "trace": status.connector.trace}
    told = Told.read({"name": name, "connector": head, "tasks": tasks})
    return reason(told) if told.traces else ""


def worst_first(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What has failed, what does not reach its source or is not told of, then by lag; what rests on purpose last.

    Lags that are much the same count as one: rows must not change places while somebody reads them.
    """
    return sorted(rows, key=lambda each: (_rank(each), -_magnitude(each["lag"]), each["name"]))


def _magnitude(lag: float | None) -> int:
    return 0 if lag is None or lag < 1 else 1 + int(math.log2(lag))


def _rank(shown: dict[str, Any]) -> int:
    if "FAILED" in (shown["state"], shown["task"]):
        return 0
    if shown["target"] != Target.RUNNING.value:
        return 4
    if shown["doing"] == State.RECONNECTING.value or shown["task"] in ("RESTARTING", "UNASSIGNED", None):
        return 1
    return 2 if shown["doing"] is None else 3
