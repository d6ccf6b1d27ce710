"""log_replica_updates of the source: a replica's binlog has what it applies."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import variables

NAMES = ("log_replica_updates", "log_slave_updates")


def look(facts: Facts) -> Iterator[Finding]:
    """It is on."""
    source = facts.source
    if source.is_on(*NAMES) or not source.is_on("log_bin"):
        return
    evidence = f"{source.name_of(*NAMES)} = OFF"
    repair = variables(facts.profile, {source.name_of(*NAMES): "ON"}, static=True)
    if source.is_replica:
        yield error(
            "this replica's binlog lacks all that comes from its source: nothing of that is captured", evidence, repair
        )
    else:
        yield warning(
            "as a replica, after a failover, its binlog would lack what comes from the new source", evidence, repair
        )


CHECK = Check(
    id="binlog.replica-updates",
    title="what a replica applies is in its binlog (log_replica_updates)",
    why="Without it a connector on a replica sees nothing of what it applies, then or after a failover.",
    look=look,
)
