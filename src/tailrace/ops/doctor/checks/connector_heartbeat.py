"""Quiet tables beside busy ones: the offset stands still while the binlog is purged."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, NotRead, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import properties

MUCH = 100
"""Times."""


def look(facts: Facts) -> Iterator[Finding]:
    """There are heartbeats, or the captured tables are busy."""
    connector = facts.connector
    if connector is None:
        return
    beats = connector.get("heartbeat.interval.ms") not in {"", "0"}
    repair = properties(connector, {"heartbeat.interval.ms": "10000"})
    if connector.get("heartbeat.action.query") and not beats:
        yield warning(
            "heartbeat.action.query is run at heartbeats, and there are none", "heartbeat.interval.ms = 0", repair
        )
    elif not beats and connector.is_debezium:
        captured = facts.captured_tables
        chosen = {each.id for each in captured}
        others = [each for each in known(facts.tables) if each.id not in chosen]
        if any(each.writes is None for each in (*captured, *others)):
            raise NotRead("how much is written to each table is not known (performance_schema)")
        own, foreign = (sum(each.writes or 0 for each in tables) for tables in (captured, others))
        if foreign > MUCH * own:
            yield warning(
                "captured tables are quiet while others are written: the offset is stored with events only, stays"
                " where it is, and one day is purged",
                f"since the server started {own} rows of captured tables were written, {foreign} of others",
                repair,
            )


CHECK = Check(
    id="connector.heartbeat",
    title="its offset moves while its tables stand still (heartbeat.interval.ms)",
    why="Debezium stores an offset when an event goes out. Without heartbeats a quiet table's offset ages until the"
    " binlog behind it is purged.",
    look=look,
    needs=Need.CONNECTOR,
)
