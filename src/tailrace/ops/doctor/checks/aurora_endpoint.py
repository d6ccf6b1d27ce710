"""The address by which the cluster is captured."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import properties, setting


def look(facts: Facts) -> Iterator[Finding]:
    """It is the cluster endpoint, of the connector where there is one."""
    connector = facts.connector
    used = f"{connector.get('database.hostname')}:{connector.get('database.port')}" if connector else facts.source.where
    for cluster in facts.clusters:
        instance = next((each.name for each in cluster.instances if each.address == used), "")
        host, _, port = cluster.address.rpartition(":")
        repair = (
            properties(connector, {"database.hostname": host, "database.port": port})
            if connector
            else setting(f"use the cluster endpoint, {cluster.address}")
        )
        if used == cluster.reader_address:
            yield error("the reader endpoint leads to instances that serve no binlog", f"it calls {used}", repair)
        elif instance and used != cluster.address:
            yield warning(
                "after a failover this instance is a reader, which serves no binlog, and the address stays",
                f"{used} is the instance {instance}",
                repair,
            )


CHECK = Check(
    id="aurora.endpoint",
    title="the cluster endpoint is called",
    why="It is the one address that follows the writer.",
    look=look,
    needs=Need.CLUSTER,
    profiles=frozenset({Profile.AURORA}),
)
