"""A connector that means to write to a server which takes no writes."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import properties


def look(facts: Facts) -> Iterator[Finding]:
    """It writes nothing there."""
    connector = facts.connector
    if connector is None or not facts.source.is_on("read_only", "super_read_only"):
        return
    evidence = f"read_only = ON at {facts.source.where}"
    if connector.get("heartbeat.action.query"):
        yield error(
            "heartbeat.action.query writes, and the server is read-only: each heartbeat fails",
            evidence,
            properties(
                connector, {"heartbeat.action.query": None}, note="run it on the primary, by an event scheduler"
            ),
        )
    if connector.is_debezium and connector.get("signal.data.collection") and not connector.is_true("read.only"):
        yield error(
            "an incremental snapshot writes its watermarks into the signalling table, and the server is read-only",
            evidence,
            properties(connector, {"read.only": "true"}, note="watermarks are then GTID sets"),
        )


CHECK = Check(
    id="connector.writes",
    title="it writes nothing to a server that is read-only",
    why="On a replica heartbeats by query and watermarks in a table are refused.",
    look=look,
    needs=Need.CONNECTOR,
)
