"""Aurora's Backtrack turns a cluster back without a word in the binlog."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import shell


def look(facts: Facts) -> Iterator[Finding]:
    """Its window is 0."""
    for cluster in facts.clusters:
        if cluster.backtrack_hours:
            yield warning(
                "a backtrack takes changes back that were captured, and writes nothing to the binlog: the sink keeps"
                " what the tables have no more",
                f"BacktrackWindow of {cluster.name} = {cluster.backtrack_hours:g} h",
                shell(
                    f"aws rds modify-db-cluster --db-cluster-identifier {shlex.quote(cluster.name)}"
                    " --backtrack-window 0 --apply-immediately",
                    note="where Backtrack is wanted all the same: after each one take a new snapshot",
                ),
            )


CHECK = Check(
    id="aurora.backtrack",
    title="nothing is turned back behind the binlog",
    why="Backtrack refuses where the binlog is on, unless it is forced; then the tables are of another time.",
    look=look,
    needs=Need.CLUSTER,
    profiles=frozenset({Profile.AURORA}),
)
