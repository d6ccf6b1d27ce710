"""A reader of Aurora, or a server opened read-only, writes no binlog of its own."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import setting


def look(facts: Facts) -> Iterator[Finding]:
    """It is a server that writes."""
    if facts.source.is_on("innodb_read_only"):
        aurora = facts.profile is Profile.AURORA
        yield error(
            "this is a reader of the cluster, which serves no binlog"
            if aurora
            else "the engine is opened read-only: nothing is written, and the binlog stands still",
            "innodb_read_only = ON",
            setting("use the cluster endpoint (CLUSTER.cluster-ID.REGION.rds.amazonaws.com), which is the writer")
            if aurora
            else setting("start the server without innodb_read_only", restart=True),
        )


CHECK = Check(
    id="server.role",
    title="the server is not a reader",
    why="An Aurora reader shares the writer's storage and has no binlog; after a failover a name may lead to one.",
    look=look,
)
