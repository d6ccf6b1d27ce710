"""Transactions that a replica has and the source has not."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace._kernel import GtidSet
from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, missing
from tailrace.ops.doctor.finding import Finding, How, Repair, error
from tailrace.ops.doctor.repair import setting

MOST = 200


def look(facts: Facts) -> Iterator[Finding]:
    """None; replicas were asked before the source."""
    for replica in facts.replicas:
        errant = missing(replica.executed, facts.source.executed)
        if errant:
            yield error(
                "this replica executed transactions of its own: as the new source it would send them to everybody, and"
                " once they are purged nobody can follow it",
                f"errant: {errant}",
                _repair(errant, facts.source.where),
                replica.where,
            )


def _repair(errant: GtidSet, source: str) -> Repair:
    gtids = list(_each(str(errant)))
    if len(gtids) > MOST:
        return setting(
            "build the replica anew from a backup of the source", note=f"{errant.count()} are too many to repair"
        )
    statements = [line for gtid in gtids for line in (f"SET GTID_NEXT = '{gtid}'", "BEGIN", "COMMIT")]
    note = "so the source has them too, as empty ones; first see in the replica's binlog what they changed"
    return Repair(How.SQL, (*statements, "SET GTID_NEXT = 'AUTOMATIC'"), note=note, at=source)


def _each(gtids: str) -> Iterator[str]:
    for part in gtids.split(","):
        source, *intervals = part.strip().split(":")
        tag = ""
        for interval in intervals:
            if not interval[0].isdigit():
                tag = f":{interval}"
                continue
            first, _, last = interval.partition("-")
            # One more than is repaired, so that it is seen to be too much.
            for number in range(int(first), min(int(last or first), int(first) + MOST) + 1):
                yield f"{source}{tag}:{number}"


CHECK = Check(
    id="replica.errant",
    title="no replica has transactions of its own",
    why="After a failover errant transactions come out of the new source's binlog, or stop whoever lacks them.",
    look=look,
    needs=Need.REPLICA,
)
