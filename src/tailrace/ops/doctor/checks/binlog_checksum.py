"""binlog_checksum: damage is noticed."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """Events carry a checksum."""
    if facts.source.variable("binlog_checksum", default="CRC32") == "NONE":
        yield warning(
            "an event that was damaged on disk or on the way is read as if it were whole",
            "binlog_checksum = NONE",
            variables(facts.profile, {"binlog_checksum": "CRC32"}),
        )


CHECK = Check(
    id="binlog.checksum",
    title="events carry a checksum",
    why="Without CRC32 a damaged event becomes wrong rows, not an error.",
    look=look,
)
