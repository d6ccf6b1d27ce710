"""Replicas that do not follow."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import sql

BEHIND = 60


def look(facts: Facts) -> Iterator[Finding]:
    """Each receives and applies, and is not far behind."""
    for replica in facts.replicas:
        following = known(replica.following)
        if following is None:
            yield warning("this server follows nobody", "SHOW REPLICA STATUS is empty", where=replica.where)
        elif "No" in {following.receiver, following.applier} or following.error:
            yield error(
                "this replica does not follow: it cannot take over without loss" + _because(following.error),
                f"Replica_IO_Running: {following.receiver}, Replica_SQL_Running: {following.applier}",
                sql("START REPLICA"),
                replica.where,
            )
        elif following.behind is not None and following.behind > BEHIND:
            yield warning(
                "this replica is far behind: a failover waits that long, or loses what it has not received",
                f"Seconds_Behind_Source: {following.behind}",
                where=replica.where,
            )


def _because(text: str) -> str:
    return f" ({text})" if text else ""


CHECK = Check(
    id="replica.running",
    title="replicas follow, less than a minute behind",
    why="Only a replica that has all that was captured can take over.",
    look=look,
    needs=Need.REPLICA,
)
