"""Privileges that a capture has no use for."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info
from tailrace.ops.doctor.repair import sql

WRITES = (
    *("SUPER", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "FILE", "SHUTDOWN", "CREATE USER"),
    *("CREATE TABLESPACE", "SYSTEM_VARIABLES_ADMIN", "ALL PRIVILEGES"),
)


def look(facts: Facts) -> Iterator[Finding]:
    """It cannot change data everywhere."""
    source = facts.source
    held = [name for name in WRITES if name in source.privileges]
    if held:
        shown = ", ".join(held)
        yield info(
            "the account may change the server; a capture only reads. Is it an administrator's? Then other checks of"
            " the account say nothing of the connector's",
            f"{source.account_name} has {shown}",
            sql(f"REVOKE {shown} ON *.* FROM {source.account_name}"),
        )


CHECK = Check(
    id="account.surplus",
    title="the account can do no more than it needs",
    why="Whoever gets hold of the connector's password can do what the account can.",
    look=look,
)
