"""Transactions that are larger than a file of the binlog."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, info

DEFAULT = 1 << 30
TIMES = 2


def look(facts: Facts) -> Iterator[Finding]:
    """No file is much larger than it may be: a transaction is never split between two."""
    largest = facts.source.number("max_binlog_size", default=DEFAULT)
    found = [(name, size) for name, size in known(facts.source.binlog).files if size > TIMES * largest]
    if found:
        name, size = max(found, key=lambda each: each[1])
        yield info(
            "there was a transaction of at least the difference: all of its rows come at once, when it commits, and"
            " lag counts from there. Changes in pieces of some thousands of rows let others pass",
            f"{name} has {size} bytes, max_binlog_size = {largest}"
            + (f" (and {len(found) - 1} more files)" if len(found) > 1 else ""),
        )


CHECK = Check(
    id="binlog.transactions",
    title="no transaction is larger than a file of the binlog",
    why="A transaction is sent when it commits: a huge one fills queues, and everything behind it is late.",
    look=look,
)
