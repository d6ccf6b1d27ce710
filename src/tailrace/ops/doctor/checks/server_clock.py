"""The server's clock against ours: lag is a difference of both."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import setting

SECONDS = 2.0


def look(facts: Facts) -> Iterator[Finding]:
    """Both show the same time."""
    ahead = facts.source.clock_ahead
    if abs(ahead) > SECONDS:
        yield warning(
            "the server's clock and this machine's differ: lag, which is a difference of both, is wrong by as much",
            f"the server is {abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}",
            setting("synchronise both clocks (chrony, ntpd)"),
        )


CHECK = Check(
    id="server.clock",
    title="the server's clock agrees with this machine's",
    why="Lag is the commit's time there subtracted from the time here; a skew is added to every figure.",
    look=look,
)
