"""gtid_mode: every transaction has a name that is the same on every server."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, Repair, error, warning
from tailrace.ops.doctor.repair import sql, variables

STEPS = ("OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON")


def look(facts: Facts) -> Iterator[Finding]:
    """It is ON."""
    found = facts.source.variable("gtid_mode", default="OFF")
    if found == "ON":
        return
    evidence = f"gtid_mode = {found}"
    if found == "OFF":
        yield warning(
            "an offset is a file and a position, which mean nothing on another server: no failover, no read-only"
            " incremental snapshots",
            evidence,
            _repair(facts, found),
        )
    else:
        yield error(
            "some transactions have a GTID and some have none: a stored GTID set stands still while the stream goes on",
            evidence,
            _repair(facts, found),
        )


def _repair(facts: Facts, found: str) -> Repair:
    steps = STEPS[STEPS.index(found) + 1 :] if found in STEPS else ("ON",)
    note = "each step on all servers of the topology; before ON wait until Ongoing_anonymous_transaction_count is 0"
    if facts.profile.is_aws:
        return variables(
            facts.profile, {"enforce_gtid_consistency": "ON", "gtid_mode": "ON"}, static=True, note="reboot the writer"
        )
    statements = [] if facts.source.is_on("enforce_gtid_consistency") else ["SET PERSIST enforce_gtid_consistency = ON"]
    return sql(*statements, *(f"SET PERSIST gtid_mode = {step}" for step in steps), note=note)


CHECK = Check(
    id="gtid.mode",
    title="every transaction has a GTID (gtid_mode=ON)",
    why="A GTID names a transaction on every server: by it a connector goes on after a failover, or knows it cannot.",
    look=look,
)
