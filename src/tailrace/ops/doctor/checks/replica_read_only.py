"""Replicas that take writes."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """None does."""
    for replica in facts.replicas:
        if replica.is_replica and not replica.is_on("super_read_only"):
            yield warning(
                "anybody with the rights can write here, by mistake too: that is how errant transactions come to be",
                f"read_only = {replica.variable('read_only')}, super_read_only = {replica.variable('super_read_only')}",
                variables(facts.profile, {"super_read_only" if not facts.profile.is_aws else "read_only": "ON"}),
                replica.where,
            )


CHECK = Check(
    id="replica.read-only",
    title="replicas take no writes (super_read_only)",
    why="One INSERT on a replica is an errant transaction.",
    look=look,
    needs=Need.REPLICA,
)
