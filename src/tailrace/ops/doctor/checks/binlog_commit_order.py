"""binlog_order_commits: the engine commits in the binlog's order."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """It is on."""
    if not facts.source.is_on("binlog_order_commits") and "binlog_order_commits" in facts.source.variables:
        yield warning(
            "the engine may commit in another order than the binlog tells: what a snapshot sees need not be what is"
            " before its position",
            "binlog_order_commits = OFF",
            variables(facts.profile, {"binlog_order_commits": "ON"}),
        )


CHECK = Check(
    id="binlog.commit-order",
    title="transactions commit in the binlog's order",
    why="A snapshot and the stream are joined by a position; that means one instant only where both orders are one.",
    look=look,
)
