"""enforce_gtid_consistency: statements that GTIDs cannot express are refused."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """It is ON."""
    found = facts.source.variable("enforce_gtid_consistency", default="OFF")
    if found != "ON":
        yield warning(
            "statements are let through that cannot have one GTID; gtid_mode=ON is not to be had before",
            f"enforce_gtid_consistency = {found}",
            variables(
                facts.profile,
                {"enforce_gtid_consistency": "ON"},
                static=facts.profile.is_aws,
                note="WARN first shows in the error log what would be refused",
            ),
        )


CHECK = Check(
    id="gtid.consistency",
    title="only what GTIDs can express is let through",
    why="gtid_mode=ON needs enforce_gtid_consistency=ON; with WARN or OFF one restart may turn GTIDs off.",
    look=look,
)
