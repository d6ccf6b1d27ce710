"""Who takes over when the writer fails."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import shell


def look(facts: Facts) -> Iterator[Finding]:
    """There is a reader."""
    for cluster in facts.clusters:
        if len(cluster.instances) == 1:
            name = shlex.quote(cluster.name)
            yield warning(
                "nobody can take over: a writer that fails is made anew, in up to 10 minutes, and failover-db-cluster"
                " is refused",
                f"{cluster.name} has one instance, {cluster.instances[0].name}",
                shell(
                    f"aws rds create-db-instance --db-cluster-identifier {name} --db-instance-identifier {name}-2"
                    f" --engine {cluster.engine} --db-instance-class CLASS"
                ),
            )


CHECK = Check(
    id="aurora.reader",
    title="another instance can take over",
    why="With a reader a failover takes under a minute, mostly.",
    look=look,
    needs=Need.CLUSTER,
    profiles=frozenset({Profile.AURORA}),
)
