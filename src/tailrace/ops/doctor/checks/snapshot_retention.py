"""How long a snapshot takes, against how long the binlog is kept."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import sql, variables
from tailrace.ops.doctor.retention import kept_seconds, words

ROWS_PER_SECOND = 20_000
"""What Debezium reads into Kafka on two cores, with a third off."""


def look(facts: Facts) -> Iterator[Finding]:
    """The place where it began is still there when it ends."""
    kept = kept_seconds(facts)
    rows = sum(each.rows for each in facts.captured_tables)
    needed = rows / ROWS_PER_SECOND
    if kept is None or needed <= kept / 2:
        return
    repair = sql(f"CALL mysql.rds_set_configuration('binlog retention hours', {_hours(needed)})")
    if not facts.profile.is_aws:
        repair = variables(facts.profile, {"binlog_expire_logs_seconds": _hours(needed) * 3600})
    yield warning(
        "the stream goes on from where the snapshot began, which may be purged when it ends",
        f"about {rows} rows at {ROWS_PER_SECOND} a second are {words(needed)}; the binlog is kept for {words(kept)}",
        repair,
    )


def _hours(needed: float) -> int:
    """Three times the snapshot, at least a week."""
    return max(168, int(needed * 3 / 3600) + 1)


CHECK = Check(
    id="snapshot.retention",
    title="a snapshot ends long before its place in the binlog is purged",
    why="retention ≥ 2 * rows / rate: a snapshot is begun again when it fails, and streams only when it is whole.",
    look=look,
)
