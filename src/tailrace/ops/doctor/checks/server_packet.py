"""max_allowed_packet: a larger row ends the stream."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables

LEAST = 16 << 20
GOOD = 64 << 20


def look(facts: Facts) -> Iterator[Finding]:
    """Large rows can be sent."""
    size = facts.source.number("max_allowed_packet", default=GOOD)
    if size < LEAST:
        yield warning(
            "an event larger than that cannot be sent to a reader of the binlog, which stops there",
            f"max_allowed_packet = {size}",
            variables(facts.profile, {"max_allowed_packet": GOOD}),
        )


CHECK = Check(
    id="server.packet",
    title="max_allowed_packet lets large rows through",
    why="A row image larger than max_allowed_packet ends the stream with error 1236, at each attempt anew.",
    look=look,
)
