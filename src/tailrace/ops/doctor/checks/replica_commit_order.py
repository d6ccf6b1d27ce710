"""Replicas that apply in parallel, each worker in its own time."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import sql, variables

NAMES = ("replica_preserve_commit_order", "slave_preserve_commit_order")
WORKERS = ("replica_parallel_workers", "slave_parallel_workers")


def look(facts: Facts) -> Iterator[Finding]:
    """In the source's order."""
    for server in (facts.source, *facts.replicas):
        parallel = server.number(*WORKERS) > 1 and not server.is_on(*NAMES)
        # Asked last: a server that applies one by one, or in order, is fine whoever it follows.
        if not parallel or not server.is_replica:
            continue
        is_source = server is facts.source
        finding = error if is_source else warning
        yield finding(
            "transactions appear in another order than on the source, and its GTID set has holes for moments:"
            " a snapshot's watermarks do not hold here, and a failover in such a moment loses",
            f"{server.name_of(*NAMES)} = OFF, {server.name_of(*WORKERS)} = {server.number(*WORKERS)}",
            sql(
                "STOP REPLICA SQL_THREAD",
                f"SET PERSIST {server.name_of(*NAMES)} = ON",
                "START REPLICA SQL_THREAD",
            )
            if not facts.profile.is_aws
            else variables(facts.profile, {server.name_of(*NAMES): "ON"}, static=True),
            "" if is_source else server.where,
        )


CHECK = Check(
    id="replica.commit-order",
    title="replicas commit in the source's order (replica_preserve_commit_order)",
    why="Read-only incremental snapshots on a replica, and GTID sets without holes, need the order of the source.",
    look=look,
)
