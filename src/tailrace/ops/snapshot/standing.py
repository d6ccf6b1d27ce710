"""How a snapshot stands, and whether one that was asked for is done: pure, of what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """Of the snapshot that is under way, or was last."""

    UNKNOWN = "unknown"
    NONE = "none"
    SKIPPED = "skipped"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    ABORTED = "aborted"


UNDER_WAY = (Phase.RUNNING, Phase.PAUSED)
_BY_NOTIFICATION = {
    "STARTED": Phase.RUNNING,
    "IN_PROGRESS": Phase.RUNNING,
    "RESUMED": Phase.RUNNING,
    "TABLE_SCAN_COMPLETED": Phase.RUNNING,
    "PAUSED": Phase.PAUSED,
    "COMPLETED": Phase.COMPLETED,
    "ABORTED": Phase.ABORTED,
}
_BEHIND_SECONDS = 10.0
"""A stream that is so far behind may yet come to a signal of the signalling table."""
_WELL = ("SUCCEEDED", "EMPTY", "")
"""Statuses of a table that was read."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notification."""

    id: str
    aggregate: str
    type: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reported:
    """What the metrics of the connector, or our worker's account of its progress, say."""

    phase: Phase
    tables: int = 0
    remaining: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    """Scanned, by table; of Debezium since its start."""
    seconds: float = 0.0
    estimated: int | None = None
    """Rows of all tables to be read, as the server estimates."""
    table: str = ""
    last_key: str = ""
    greatest_key: str = ""
    last_event: tuple[float, float] | None = None
    """Between which moments the last row of a snapshot came, by the clock of `Seen.at`; None: not known, or none."""
    behind: float = 0.0
    """Seconds that the stream is behind its source, where the metrics tell."""

    @property
    def scanned(self) -> int:
        """Of all tables."""
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one moment."""

    at: float
    """Seconds, by a clock that never goes back."""
    reported: Reported | None = None
    told: tuple[Told, ...] | None = None
    """Oldest first; None: there is no way to hear them."""
    queue: tuple[str, ...] | None = None
    """Tables that an incremental snapshot has still to read, by the stored offset; None: not read."""
    estimates: Mapping[str, int] = field(default_factory=dict)
    """Rows of each table of the queue, as the server estimates."""
    by: tuple[str, ...] = ()
    """Where all this comes from."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands. None: not known."""

    phase: Phase
    tables: int | None
    remaining: int | None
    waiting: tuple[str, ...]
    """Tables still to be read; the first is being read."""
    rows: Mapping[str, int]
    table: str
    last_key: str
    greatest_key: str
    seconds: float | None
    rate: float | None
    """Rows a second."""
    eta: float | None
    """Seconds left."""
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of what was asked for."""

    done: bool
    problem: str = ""
    """Why it did not come to what was asked; empty: it did, or goes on."""


def standing(now: Seen, before: Seen | None = None) -> Standing:
    """`before`: an earlier look, for the rate."""
    reported, phase = now.reported, _phase(now)
    under_way = phase in UNDER_WAY
    chunk = _last(now.told, "IN_PROGRESS") if under_way else {}
    waiting = _waiting(now) if under_way else ()
    rate = _rate(now, before) if phase is Phase.RUNNING else None
    remaining = (reported.remaining if reported is not None else len(waiting)) if under_way else None
    return Standing(
        phase=phase,
        tables=reported.tables if reported is not None else None,
        remaining=max(remaining, len(waiting)) if remaining is not None else None,
        waiting=waiting,
        rows={table: rows for table, rows in reported.rows.items() if rows} if reported is not None else {},
        table=(reported.table if reported is not None else "") or chunk.get("current_collection_in_progress", ""),
        last_key=(reported.last_key if reported is not None else "") or chunk.get("last_processed_key", ""),
        greatest_key=(reported.greatest_key if reported is not None else "") or chunk.get("maximum_key", ""),
        seconds=reported.seconds if reported is not None and phase is not Phase.NONE else None,
        rate=rate,
        eta=_eta(now, rate),
        by=now.by,
    )


def _phase(now: Seen) -> Phase:
    told = _told_phase(now.told)
    # Debezium forgets its pause in the metrics when a blocking snapshot has run meanwhile.
    if told is Phase.PAUSED and now.queue:
        return Phase.PAUSED
    if now.reported is not None and now.reported.phase is not Phase.NONE:
        return now.reported.phase
    if told is not None:
        return told
    if now.queue is not None:
        return Phase.RUNNING if now.queue else Phase.NONE
    return Phase.UNKNOWN if now.reported is None else Phase.NONE


def _told_phase(told: Sequence[Told] | None) -> Phase | None:
    found = None
    for each in told or ():
        # A blocking snapshot that ends says nothing of the incremental one that rests.
        rests = found is Phase.PAUSED and each.aggregate != "Incremental Snapshot"
        if not rests:
            found = _BY_NOTIFICATION.get(each.type, found)
    return found


def _last(told: Sequence[Told] | None, kind: str) -> Mapping[str, str]:
    return next((each.data for each in reversed(told or ()) if each.type == kind), {})


def _waiting(now: Seen) -> tuple[str, ...]:
    if now.queue:
        return now.queue
    # An offset is stored late, and says nothing of a blocking snapshot.
    named: tuple[str, ...] = ()
    for each in now.told or ():
        if each.type in ("STARTED", "IN_PROGRESS", "RESUMED") and each.data.get("data_collections"):
            named = tuple(name.strip() for name in each.data["data_collections"].split(","))
        if each.type == "TABLE_SCAN_COMPLETED":
            named = tuple(name for name in named if name != each.data.get("scanned_collection"))
    return named


def _rate(now: Seen, before: Seen | None) -> float | None:
    if now.reported is None:
        return None
    if before is not None and before.reported is not None and now.at > before.at:
        return max(0, now.reported.scanned - before.reported.scanned) / (now.at - before.at)
    return now.reported.scanned / now.reported.seconds if now.reported.seconds else None


def _eta(now: Seen, rate: float | None) -> float | None:
    if not rate or now.reported is None:
        return None
    if now.reported.estimated:
        return max(0, now.reported.estimated - now.reported.scanned) / rate
    if not now.queue or not set(now.queue) <= now.estimates.keys():
        return None
    return sum(max(0, now.estimates[table] - now.reported.rows.get(table, 0)) for table in now.queue) / rate


def outcome(signal: str, before: Seen, looks: Sequence[Seen]) -> Outcome:
    """Whether the snapshot that `signal` asked for is done. `before` is a look from before it was sent; `looks` have
    the notifications since.
    """
    last = looks[-1]
    if last.told is not None:
        return _by_notifications(signal, last.told)
    if last.reported is not None and before.reported is not None:
        ran = any(look.reported is not None and look.reported.phase in UNDER_WAY for look in looks)
        ran = ran or last.reported.scanned != before.reported.scanned
        # The rows are as many as before. An earlier look: figures of one answer are not of one instant.
        ran = ran or any(_read_since(before, look) for look in looks[:-1])
        if ran and last.reported.phase is Phase.ABORTED:
            return Outcome(done=True, problem="it was aborted")
        return Outcome(done=ran and last.reported.phase is Phase.COMPLETED)
    began = any(look.queue for look in looks)
    return Outcome(done=began and last.queue == ())


def answered(signal: str, look: Seen) -> bool:
    """Whether something was told of this signal. True where notifications cannot be heard."""
    return look.told is None or any(each.id == signal for each in look.told)


def _read_since(before: Seen, look: Seen) -> bool:
    """Whether a row came that had not come then."""
    if look.reported is None or before.reported is None or look.reported.last_event is None:
        return False
    return before.reported.last_event is None or look.reported.last_event[0] > before.reported.last_event[1]


def silence(before: Seen, looks: Sequence[Seen]) -> float:
    """Seconds since there was a sign of what was asked for, from a stream that is not behind."""
    heard, earlier = before.at, before
    for look in looks:
        if _is_alive(look) or _figures(look) != _figures(earlier) or _read_since(earlier, look):
            heard = look.at
        earlier = look
    return looks[-1].at - heard


def _is_alive(look: Seen) -> bool:
    """A piece that takes long shows nothing else; where there are no metrics, nor does that it runs."""
    if look.reported is None:
        return bool(look.queue) or _told_phase(look.told) in UNDER_WAY
    return bool(look.queue) or look.reported.phase in UNDER_WAY or look.reported.behind > _BEHIND_SECONDS


def _figures(look: Seen) -> tuple[object, ...]:
    return len(look.told or ()), look.reported.scanned if look.reported is not None else 0, look.queue or ()


def _by_notifications(signal: str, told: Sequence[Told]) -> Outcome:
    bad = []
    for each in told:
        if each.type == "REFUSED" and each.id == signal:
            return Outcome(done=True, problem=each.data.get("reason", "it was refused"))
        if each.type == "SKIPPED" and each.id == signal:
            return Outcome(done=True, problem=each.data.get("reason", "it was skipped"))
        if each.type == "ABORTED":
            return Outcome(done=True, problem=each.data.get("reason", "it was stopped"))
        if each.type == "TABLE_SCAN_COMPLETED" and each.data.get("status", "") not in _WELL:
            bad.append(f"{each.data.get('scanned_collection', '?')}: {each.data['status']}")
        if each.type == "COMPLETED":
            return Outcome(done=True, problem="; ".join(bad))
    return Outcome(done=False)
