"""Statements that wait for a table, and so would a snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import sql

PATIENCE = 3
"""Seconds that a lock may be waited for."""


def look(facts: Facts) -> Iterator[Finding]:
    """None for long, of a captured table."""
    seen = set()
    for wait in known(facts.source.waits):
        if wait.seconds < PATIENCE or wait.blocker in seen or not facts.captured.captured(wait.table):
            continue
        seen.add(wait.blocker)
        yield warning(
            "a statement waits for this table, and whoever comes after it waits behind it: a snapshot too",
            f"{wait.table}: session {wait.session} has waited for {wait.seconds} s, session {wait.blocker} holds it",
            sql(f"KILL {wait.blocker}", note="ends what it runs; or wait for its end"),
        )


CHECK = Check(
    id="server.waits",
    title="no statement waits for a captured table",
    why="A DDL statement that waits behind a long query stops all that come after it, reads of a snapshot included.",
    look=look,
)
