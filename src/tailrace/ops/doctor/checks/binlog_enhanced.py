"""Aurora's enhanced binlog: what it means for a global database."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, info, warning


def look(facts: Facts) -> Iterator[Finding]:
    """It is off, or no global database is known of."""
    found = facts.source.status.get("aurora_enhanced_binlog", "")
    if found.upper() == "ACTIVE":
        tell = warning if facts.global_name else info
        yield tell(
            "with the enhanced binlog a promoted secondary of a global database begins with mysql-bin-changelog.000001,"
            " and restored clusters and clones have no binlog: offsets of before mean nothing there",
            f"aurora_enhanced_binlog = {found}"
            + (f", and the cluster is in global database {facts.global_name}" if facts.global_name else ""),
        )


CHECK = Check(
    id="binlog.enhanced",
    title="binlog files survive the promotion of a secondary region",
    why="Aurora's enhanced binlog is faster, and is not replicated to the secondaries of a global database.",
    look=look,
    profiles=frozenset({Profile.AURORA}),
)
