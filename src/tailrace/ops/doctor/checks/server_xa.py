"""Prepared XA transactions that nobody ends."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import sql


def look(facts: Facts) -> Iterator[Finding]:
    """None is prepared now."""
    prepared = known(facts.source.prepared)
    if prepared:
        yield warning(
            "XA transactions are prepared and not ended: their locks stay, no snapshot can begin, and Debezium has"
            " told their rows already, whatever becomes of them",
            f"{len(prepared)} prepared (XA RECOVER)",
            sql(
                *(f"XA ROLLBACK {each}" for each in prepared),
                note="or XA COMMIT: their coordinator knows; one that is under way just now ends by itself",
            ),
        )


CHECK = Check(
    id="server.xa",
    title="no XA transaction is left prepared",
    why="Rows are in the binlog at XA PREPARE; until XA COMMIT or XA ROLLBACK nobody knows whether they count.",
    look=look,
)
