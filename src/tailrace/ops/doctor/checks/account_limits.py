"""Resource limits of the account."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import sql

NAMES = ("MAX_QUERIES_PER_HOUR", "MAX_UPDATES_PER_HOUR", "MAX_CONNECTIONS_PER_HOUR", "MAX_USER_CONNECTIONS")


def look(facts: Facts) -> Iterator[Finding]:
    """There are none."""
    limits = known(facts.source.account).limits
    if limits:
        none = " ".join(f"{name} 0" for name in NAMES)
        yield warning(
            "the account may only do so much: reconnects and the connections of a snapshot count",
            f"{facts.source.account_name}: " + ", ".join(f"{name} {number}" for name, number in limits),
            sql(f"ALTER USER {facts.source.account_name} WITH {none}"),
        )


CHECK = Check(
    id="account.limits",
    title="the account has no resource limit",
    why="Each thread of a snapshot is a connection, and trouble means reconnects: the limit is met when it hurts most.",
    look=look,
)
