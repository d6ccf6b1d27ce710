"""Topics of rows that are compacted."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import properties
from tailrace.ops.doctor.topics import topic_settings
from tailrace.snapshot.keyset import identity


def look(facts: Facts) -> Iterator[Finding]:
    """Each has tombstones, and keys."""
    connector = facts.connector
    kafka = known(facts.kafka) if connector else None
    if connector is None or kafka is None:
        return
    compacted = {
        name
        for name in kafka.data
        if name in kafka.topics and "compact" in kafka.topics[name].settings.get("cleanup.policy", "")
    }
    if compacted and not connector.is_true("tombstones.on.delete"):
        yield warning(
            "rows that were deleted stay in compacted topics for ever: their keys get no tombstone",
            f"{', '.join(sorted(compacted))}: cleanup.policy = compact, tombstones.on.delete = false",
            properties(connector, {"tombstones.on.delete": "true"}),
        )
    prefix = connector.config.get("topic.prefix", "")
    for each in facts.captured_tables:
        if f"{prefix}.{each.id}" in compacted and not identity(each.table):
            yield error(
                "a compacted topic takes no record without a key, and the table has none: the task fails",
                f"{prefix}.{each.id}: cleanup.policy = compact",
                topic_settings(kafka, f"{prefix}.{each.id}", {"cleanup.policy": "delete"}),
            )


CHECK = Check(
    id="kafka.compaction",
    title="compacted topics get keys and tombstones",
    why="Compaction keeps the last record of each key, and drops a key for good when that is a tombstone.",
    look=look,
    needs=Need.KAFKA,
)
