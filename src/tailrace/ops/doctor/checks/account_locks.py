"""A lock for a moment, so that a snapshot has one instant."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import grant


def look(facts: Facts) -> Iterator[Finding]:
    """The account may take one."""
    source = facts.source
    may_flush = source.may("RELOAD", "FLUSH_TABLES") and not facts.profile.is_aws
    may_lock = source.may("LOCK TABLES") or any("LOCK TABLES" in held for _, held in source.narrower)
    is_debezium = facts.connector is not None and facts.connector.is_debezium
    if not may_flush and not may_lock:
        wanted = "LOCK TABLES" if facts.profile.is_aws else "RELOAD, LOCK TABLES"
        yield warning(
            "no lock can be had, so a snapshot cannot be sure of one instant",
            f"{source.account_name} lacks {wanted}",
            grant(wanted, source.account_name),
        )
    elif is_debezium and not source.may("RELOAD", "FLUSH_TABLES"):
        yield warning(
            "Debezium begins with FLUSH TABLES, for which it needs RELOAD",
            f"{source.account_name} lacks RELOAD",
            grant("RELOAD", source.account_name),
        )


CHECK = Check(
    id="account.locks",
    title="the account may lock tables for a moment",
    why="Position and rows are of one instant under a lock of milliseconds; RDS and Aurora refuse the global one.",
    look=look,
)
