"""A zone other than UTC: what a snapshot by Debezium reads of TIMESTAMP columns depends on it."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info, warning
from tailrace.ops.doctor.repair import properties

UTC = frozenset({"UTC", "+00:00", "-00:00", "GMT", "ETC/UTC", "UCT", "ZULU"})


def look(facts: Facts) -> Iterator[Finding]:
    """Sessions are in UTC unless they say otherwise."""
    zone = facts.source.variable("time_zone")
    system = facts.source.variable("system_time_zone")
    if (system if zone == "SYSTEM" else zone).upper() in UTC:
        return
    evidence = f"time_zone = {zone}" + (f", which is {system}" if zone == "SYSTEM" else "")
    connector = facts.connector
    if connector is None or not connector.is_debezium:
        yield info("times without a zone mean another hour here; TIMESTAMP columns come out right", evidence)
    elif not connector.config.get("database.connectionTimeZone"):
        yield warning(
            "a snapshot by Debezium reads TIMESTAMP by the driver's guess of the zone, the stream reads UTC:"
            " the same row may differ by hours",
            evidence,
            properties(connector, {"database.connectionTimeZone": "UTC" if zone == "SYSTEM" else zone}),
        )


CHECK = Check(
    id="server.time-zone",
    title="the server's time zone is UTC",
    why="TIMESTAMP is stored in UTC and shown in the session's zone: a snapshot may show another hour than the stream.",
    look=look,
)
