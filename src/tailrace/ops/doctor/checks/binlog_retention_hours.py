"""'binlog retention hours' of RDS and Aurora: without it files go as soon as the service likes."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile, known
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import sql

LEAST, GOOD = 72, 168


def look(facts: Facts) -> Iterator[Finding]:
    """Long enough for a weekend."""
    hours = known(facts.source.retention_hours)
    repair = sql(
        f"CALL mysql.rds_set_configuration('binlog retention hours', {GOOD})", note="it survives reboots and failovers"
    )
    if not hours or hours == "NULL":
        yield error(
            "binlog files are deleted as soon as the service likes, mostly within a day",
            "binlog retention hours = NULL",
            repair,
        )
    elif int(hours) < LEAST:
        yield warning(
            "a connector that is down for longer finds its place purged, and must read all tables again",
            f"binlog retention hours = {hours}",
            repair,
        )


CHECK = Check(
    id="binlog.retention-hours",
    title="the binlog is kept for at least 72 hours",
    why="On RDS and Aurora the server's own variables do not count; the default, NULL, keeps files only while replicas"
    " of the service itself need them.",
    look=look,
    profiles=frozenset({Profile.RDS, Profile.AURORA}),
)
