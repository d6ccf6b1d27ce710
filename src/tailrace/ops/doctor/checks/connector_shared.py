"""What two connectors must not share."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import properties

HISTORY = "schema.history.internal.kafka.topic"


def look(facts: Facts) -> Iterator[Finding]:
    """Each has a topic prefix and a schema history of its own."""
    connector = facts.connector
    if connector is None:
        return
    for other in connector.others:
        prefix = connector.config.get("topic.prefix")
        if prefix and other.config.get("topic.prefix") == prefix:
            yield error(
                f"{other.name} has the same topic.prefix: their events and metrics are mixed",
                f"topic.prefix = {prefix} in both",
                properties(
                    connector,
                    {"topic.prefix": f"{prefix}-2"},
                    note="of the one that is new: its topics change their names",
                ),
            )
        history = connector.config.get(HISTORY)
        if history and other.config.get(HISTORY) == history:
            yield error(
                f"{other.name} keeps its schema history in the same topic: each reads the other's tables into its own",
                f"{HISTORY} = {history} in both",
                properties(
                    connector,
                    {HISTORY: f"{history}-{connector.name}", "snapshot.mode": "recovery"},
                    note="stopped; recovery once, then the mode of before",
                ),
            )


CHECK = Check(
    id="connector.shared",
    title="no other connector has its topic prefix or schema history",
    why="Both are the connector's own; shared, they mix without an error until a table's definition is wrong.",
    look=look,
    needs=Need.CONNECTOR,
)
