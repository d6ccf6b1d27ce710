"""SELECT: a snapshot reads the tables."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import grant


def look(facts: Facts) -> Iterator[Finding]:
    """The account has it, on everything or on something."""
    source = facts.source
    anywhere = any("SELECT" in held or "ALL PRIVILEGES" in held for _, held in source.narrower)
    if not source.may("SELECT") and not anywhere:
        yield error(
            "the account sees no table: a snapshot finds nothing, and definitions cannot be read",
            f"{source.account_name} lacks SELECT",
            grant("SELECT", source.account_name, note="or ON the captured databases only"),
        )


CHECK = Check(
    id="account.select",
    title="the account may read tables",
    why="Snapshots read rows, and both snapshots and the stream read definitions; information_schema hides the rest.",
    look=look,
)
