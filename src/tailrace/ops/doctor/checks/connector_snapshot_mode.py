"""Snapshots that come unasked."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info, warning
from tailrace.ops.doctor.repair import properties

MODES = {
    "always": (warning, "every restart reads all tables again"),
    "initial_only": (info, "it ends after the snapshot: no change is captured"),
    "when_needed": (info, "where the offset is purged all tables are read again without a word: watch for op=r"),
    "recovery": (
        warning,
        "meant for one start: each reads definitions anew, by which Debezium reads rows from before an ALTER too",
    ),
}


def look(facts: Facts) -> Iterator[Finding]:
    """The mode is one to run by."""
    connector = facts.connector
    if connector is None:
        return
    mode = connector.get("snapshot.mode").lower()
    if mode in MODES:
        finding, words = MODES[mode]
        yield finding(words, f"snapshot.mode = {mode}", properties(connector, {"snapshot.mode": "initial"}))


CHECK = Check(
    id="connector.snapshot-mode",
    title="tables are read once, or when asked (snapshot.mode)",
    why="A snapshot that nobody asked for loads the server, and repeats every row to the consumers.",
    look=look,
    needs=Need.CONNECTOR,
)
