"""The privileges without which nobody gets the binlog."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import grant

WANTED = (("REPLICATION SLAVE", ()), ("REPLICATION CLIENT", ("SUPER",)))


def look(facts: Facts) -> Iterator[Finding]:
    """The account has both."""
    source = facts.source
    lacking = ", ".join(name for name, also in WANTED if not source.may(name, *also))
    if lacking:
        yield error(
            "the account may not read the binlog, or not ask where it ends",
            f"{source.account_name} lacks {lacking}",
            grant(lacking, source.account_name),
        )


CHECK = Check(
    id="account.replication",
    title="the account may read the binlog",
    why="REPLICATION SLAVE lets it have the stream, REPLICATION CLIENT lets it ask for the position.",
    look=look,
)
