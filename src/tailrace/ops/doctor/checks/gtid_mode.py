"""gtid_mode: every transaction has a name that is the same on every server."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile, Server
from tailrace.ops.doctor.finding import Finding, Repair, error, warning
from tailrace.ops.doctor.repair import sql, variables

STEPS = ("OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON")


def look(facts: Facts) -> Iterator[Finding]:
    """It is ON, on the source and on those that may take over."""
    for server in (facts.source, *facts.replicas):
        found = server.variable("gtid_mode", default="OFF")
        if found == "ON":
            continue
        off = found == "OFF"
        words = (
            "an offset is a file and a position, which mean nothing on another server: no failover, no read-only"
            " incremental snapshots"
            if off
            else "some transactions have a GTID and some have none: a stored GTID set stands still, the stream goes on"
        )
        where = "" if server is facts.source else server.where
        yield (warning if off else error)(words, f"gtid_mode = {found}", _repair(facts.profile, server, found), where)


def _repair(profile: Profile, server: Server, found: str) -> Repair:
    if profile.is_aws:
        wanted = {"enforce_gtid_consistency": "ON", "gtid_mode": "ON"}
        return variables(profile, wanted, static=True, note="reboot the writer")
    steps = STEPS[STEPS.index(found) + 1 :]
    statements = [] if server.is_on("enforce_gtid_consistency") else ["SET PERSIST enforce_gtid_consistency = ON"]
    note = "each step on all servers of the topology; before ON wait until Ongoing_anonymous_transaction_count is 0"
    return sql(*statements, *(f"SET PERSIST gtid_mode = {step}" for step in steps), note=note)


CHECK = Check(
    id="gtid.mode",
    title="every transaction has a GTID (gtid_mode=ON)",
    why="A GTID names a transaction on every server: by it a connector goes on after a failover, or knows it cannot.",
    look=look,
)
