"""binlog_format: changes must be written as rows."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, Repair, error
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """It is ROW."""
    found = facts.source.variable("binlog_format", default="ROW")
    if found != "ROW":
        yield error(
            "changes are written as statements, which have no rows to capture",
            f"binlog_format = {found}",
            _repair(facts.profile),
        )


def _repair(profile: Profile) -> Repair:
    if profile is Profile.AURORA:
        # It is static there, and refused with ApplyMethod=immediate.
        return variables(profile, {"binlog_format": "ROW"}, static=True, note="then reboot the writer")
    return variables(profile, {"binlog_format": "ROW"}, note="open sessions keep theirs: let them reconnect")


CHECK = Check(
    id="binlog.format",
    title="changes are written as rows (binlog_format=ROW)",
    why="A statement says what was asked, not which rows changed: connectors pass over it, and the changes are lost.",
    look=look,
)
