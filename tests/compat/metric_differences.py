"""What may differ between Debezium's metrics, as its exporter shows them, and ours; nothing else may.

A difference that no comparison meets any more must go from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Key = tuple[str, str, str]
"""Attribute, context, table (or nothing)."""
Values = tuple[float | None, float | None]
"""(Debezium's, ours); None: there is no such sample."""


@dataclass(frozen=True)
class Accepted:
    attributes: tuple[str, ...]
    values: Callable[[float | None, float | None], bool]
    """(Debezium's, ours): whether this is it."""
    reason: str
    context: str = ""
    """Empty: any."""

    def fits(self, key: Key, values: Values) -> bool:
        attribute, context, _ = key
        return attribute in self.attributes and self.context in ("", context) and self.values(*values)


def _both(theirs: float | None, ours: float | None) -> bool:
    """Measured by two clocks, of the same thing."""
    return theirs is not None and ours is not None and min(theirs, ours) >= 0


def _only_ours(theirs: float | None, ours: float | None) -> bool:
    return theirs is None and ours is not None


def _more(theirs: float | None, ours: float | None) -> bool:
    return theirs is not None and ours is not None and theirs > ours >= 0


ACCEPTED: tuple[Accepted, ...] = (
    Accepted(
        ("CapturedTables", "BinlogFilename", "Status", "LastAppliedChange"),
        _only_ours,
        "Texts, which the exporter leaves out; here a label of a sample that is 1.",
    ),
    Accepted(
        (
            "MilliSecondsBehindSourceMinValue",
            "MilliSecondsBehindSourceMaxValue",
            "MilliSecondsBehindSourceAverageValue",
            "MilliSecondsBehindSourceP50",
            "MilliSecondsBehindSourceP95",
            "MilliSecondsBehindSourceP99",
        ),
        _both,
        "Debezium's is the age of each event when its reader has made it; ours of transactions in the sink.",
    ),
    Accepted(
        ("MilliSecondsBehindSource",),
        _more,
        "Debezium's stays as it is until the next heartbeat, 48 s by default; ours is 0 as soon as nothing more comes, "
        "and grows while nothing can come.",
    ),
    Accepted(
        (
            "MilliSecondsSinceLastEvent",
            "MilliSecondsSinceLastAppliedChange",
            "MilliSecondsSinceLastRecoveredChange",
            "RecoveryStartTime",
            "SnapshotDurationInSeconds",
        ),
        _both,
        "Of each connector's own life; Debezium's time since the last streamed event is in whole seconds.",
    ),
    Accepted(
        ("MilliSecondsSinceLastEvent",),
        lambda theirs, ours: theirs is not None and theirs >= 0 and ours == -1,
        "What a server sends of itself at the beginning of a connection counts as an event in Debezium; here it is -1 "
        "until the binlog moves.",
        "streaming",
    ),
    Accepted(
        ("ChangesApplied", "ChangesRecovered"),
        _more,
        "Debezium's history has a record of each statement and of each table of all databases, ours one for the whole "
        "snapshot; statements in the stream count the same.",
    ),
    Accepted(
        ("MaxQueueSizeInBytes",),
        lambda theirs, ours: theirs == 0 and ours is not None and ours > 0,
        "Debezium's queue is bounded by records, unless max.queue.size.in.bytes is set; ours always by bytes.",
    ),
    Accepted(
        ("NumberOfCommittedTransactions",),
        lambda theirs, ours: theirs == 0 and ours is not None and ours > 0,
        "Debezium counts them only in the buffer of binlog.buffer.size.",
    ),
    Accepted(
        ("NumberOfEventsFiltered",),
        lambda theirs, ours: theirs is not None and ours is not None and theirs == 2 * ours > 0,
        "Debezium counts each event of rows twice, with its table map; ours once.",
    ),
    Accepted(
        ("TotalNumberOfCreateEventsSeen", "TotalNumberOfUpdateEventsSeen", "TotalNumberOfDeleteEventsSeen"),
        _more,
        "Debezium counts tables that are left out too, one for all rows of an event; ours are rows delivered.",
        "streaming",
    ),
    Accepted(
        ("TotalNumberOfEventsSeen",),
        _both,
        "What a server sends at the beginning of each connection, and heartbeats, are a few events more or less; "
        "those of statements count the same.",
        "streaming",
    ),
)


def unexplained(theirs: Mapping[Key, float], ours: Mapping[Key, float], met: set[int]) -> dict[Key, Values]:
    """Samples that differ and are not accepted; indices of what was accepted go to `met`."""
    rest = {}
    for key in sorted({*theirs, *ours}):
        values = theirs.get(key), ours.get(key)
        if values[0] == values[1]:
            continue
        fitting = [index for index, accepted in enumerate(ACCEPTED) if accepted.fits(key, values)]
        met.update(fitting[:1])
        if not fitting:
            rest[key] = values
    return rest
