"""net_write_timeout: how long a reader may pause for back pressure."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables

LEAST = 30
GOOD = 600


def look(facts: Facts) -> Iterator[Finding]:
    """A reader that pauses is not cut off."""
    if not facts.may_be_debezium:
        return  # tailrace sets it for its own sessions
    seconds = facts.source.number("net_write_timeout", default=GOOD)
    if seconds < LEAST:
        yield warning(
            "a connector whose queue is full reads nothing for a while, and is cut off after that time",
            f"net_write_timeout = {seconds} s",
            variables(facts.profile, {"net_write_timeout": GOOD}),
        )


CHECK = Check(
    id="server.write-timeout",
    title="net_write_timeout lets a reader pause",
    why="While a sink is slow nothing is read; a server that gives up soon cuts the connection again and again.",
    look=look,
)
