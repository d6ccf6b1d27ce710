"""A source that gets no writes: a replica that has stopped, or an old primary."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import sql


def look(facts: Facts) -> Iterator[Finding]:
    """It is written to, by clients or by replication."""
    source = facts.source
    following = known(source.following)
    if following is None:
        if source.is_on("super_read_only"):
            yield warning(
                "this server takes no writes and follows nobody: nothing new comes into its binlog. Is it an old"
                " primary, that a name or a proxy still leads to?",
                "super_read_only = ON, SHOW REPLICA STATUS is empty",
            )
    elif "No" in {following.receiver, following.applier}:
        because = f" ({following.error})" if following.error else ""
        yield error(
            "this server is a replica that does not follow: who captures from it runs, and gets nothing" + because,
            f"Replica_IO_Running: {following.receiver}, Replica_SQL_Running: {following.applier}",
            sql("START REPLICA", note=f"or lead the connector to the primary; it follows {following.source}"),
        )


CHECK = Check(
    id="server.following",
    title="the server gets writes: from clients, or from the server that it follows",
    why="After a failover a name may lead to a server that stands still; nothing is behind there, and all looks well.",
    look=look,
)
