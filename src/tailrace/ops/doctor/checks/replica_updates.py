"""log_replica_updates on those that may become the source."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import setting, variables

NAMES = ("log_replica_updates", "log_slave_updates")


def look(facts: Facts) -> Iterator[Finding]:
    """On, with a binlog."""
    for replica in facts.replicas:
        if not replica.is_on("log_bin"):
            yield error(
                "this replica writes no binlog: after a failover to it there is nothing to capture",
                "log_bin = OFF",
                setting("log_bin = binlog", restart=True, note="in its option file, below [mysqld]"),
                replica.where,
            )
        elif not replica.is_on(*NAMES):
            yield error(
                "this replica's binlog lacks what it applied: a connector that goes on there misses transactions",
                f"{replica.name_of(*NAMES)} = OFF",
                variables(facts.profile, {replica.name_of(*NAMES): "ON"}, static=True),
                replica.where,
            )


CHECK = Check(
    id="replica.updates",
    title="replicas write down what they apply (log_replica_updates)",
    why="A connector resumes on the new source from its binlog, which must have what came from the old one.",
    look=look,
    needs=Need.REPLICA,
)
