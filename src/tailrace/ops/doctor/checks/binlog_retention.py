"""How long the server keeps its binlog."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, info, warning
from tailrace.ops.doctor.repair import variables
from tailrace.ops.doctor.retention import DAY, own_seconds, words

LEAST = 3 * DAY
GOOD = 7 * DAY


def look(facts: Facts) -> Iterator[Finding]:
    """Long enough for a weekend."""
    seconds = own_seconds(facts.source)
    if seconds is None:
        yield info(
            "binlog files are never purged: the disk fills",
            ", ".join(f"{name} = {facts.source.variables[name]}" for name in _NAMES if name in facts.source.variables),
            variables(
                facts.profile,
                {"binlog_expire_logs_seconds": GOOD}
                | ({_NAMES[0]: "ON"} if _NAMES[0] in facts.source.variables else {}),
            ),
        )
    elif seconds < LEAST:
        yield warning(
            "a connector that is down for longer finds its place purged, and must read all tables again",
            f"binlog files are kept for {words(seconds)}",
            variables(facts.profile, {"binlog_expire_logs_seconds": GOOD}),
        )


_NAMES = ("binlog_expire_logs_auto_purge", "binlog_expire_logs_seconds", "expire_logs_days")

CHECK = Check(
    id="binlog.retention",
    title="the binlog is kept for at least 3 days",
    why="A connector resumes from the binlog; what was purged while it was down can only be had by a new snapshot.",
    look=look,
    profiles=frozenset({Profile.SELF_MANAGED}),
)
