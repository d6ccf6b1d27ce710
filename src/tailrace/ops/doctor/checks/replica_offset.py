"""Whether the connector could go on at a replica now."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, missing
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import setting


def look(facts: Facts) -> Iterator[Finding]:
    """Each replica still has all that comes after the offset."""
    gtids = facts.connector.gtids if facts.connector else ""
    if not gtids:
        return
    for replica in facts.replicas:
        purged = missing(replica.purged, gtids)
        if purged:
            yield error(
                "this replica has purged transactions that the connector has not read: it could not go on there",
                f"purged there, not captured yet: {purged}",
                setting("let the connector catch up before a failover to it"),
                replica.where,
            )


CHECK = Check(
    id="replica.offset",
    title="the connector could go on at each replica",
    why="After a failover the binlog of the new source must reach back to the connector's offset.",
    look=look,
    needs=Need.REPLICA,
)
