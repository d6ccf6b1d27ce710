"""Parameters of the cluster that an instance has not taken yet."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import shell

IN_SYNC = frozenset({"in-sync", ""})


def look(facts: Facts) -> Iterator[Finding]:
    """None."""
    for cluster in facts.clusters:
        for instance in cluster.instances:
            if instance.parameters not in IN_SYNC:
                yield warning(
                    f"a failover to {instance.name}, or its restart, brings values that are not in effect now",
                    f"parameter group {cluster.parameter_group} is {instance.parameters} at {instance.name}",
                    shell(
                        f"aws rds reboot-db-instance --db-instance-identifier {shlex.quote(instance.name)}",
                        note="a reboot of the writer ends all sessions; a failover does the same",
                    ),
                )


CHECK = Check(
    id="aurora.parameters",
    title="every instance has taken the cluster's parameters",
    why="What the binlog is like after a failover is decided by the group, not by what the writer shows today.",
    look=look,
    needs=Need.CLUSTER,
    profiles=frozenset({Profile.AURORA}),
)
