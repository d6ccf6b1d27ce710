"""Replicas that leave something out."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, Profile, known
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import sql


def look(facts: Facts) -> Iterator[Finding]:
    """None does."""
    for replica in facts.replicas:
        rules = known(replica.filters)
        if rules:
            names = sorted({name for name, _ in rules})
            yield error(
                "this replica leaves changes out: after a failover they are missing, and its GTID set does not tell",
                ", ".join(f"{name} = {rule}" for name, rule in rules),
                sql(
                    "STOP REPLICA SQL_THREAD",
                    "CHANGE REPLICATION FILTER " + ", ".join(f"{name} = ()" for name in names),
                    "START REPLICA SQL_THREAD",
                    note="what was left out so far does not come back by that: build the replica anew",
                ),
                replica.where,
            )


CHECK = Check(
    id="replica.filters",
    title="replicas leave nothing out",
    why="A filtered transaction counts as executed: nothing shows that its rows are missing.",
    look=look,
    needs=Need.REPLICA,
    profiles=frozenset({Profile.SELF_MANAGED}),
)
