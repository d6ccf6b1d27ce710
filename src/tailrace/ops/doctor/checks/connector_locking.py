"""Snapshots without any lock."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info, warning
from tailrace.ops.doctor.repair import properties


def look(facts: Facts) -> Iterator[Finding]:
    """A lock is taken for a moment."""
    connector = facts.connector
    if connector is not None and connector.get("snapshot.locking.mode").lower() == "none":
        finding = warning if connector.is_debezium else info
        yield finding(
            "a table that is altered while the snapshot begins is read by the wrong definition"
            + (", and position and read view need not be of one instant" if connector.is_debezium else ""),
            "snapshot.locking.mode = none",
            properties(connector, {"snapshot.locking.mode": "minimal"}),
        )


CHECK = Check(
    id="connector.locking",
    title="a snapshot locks for a moment (snapshot.locking.mode)",
    why="The lock makes definitions, position and rows of one instant.",
    look=look,
    needs=Need.CONNECTOR,
)
