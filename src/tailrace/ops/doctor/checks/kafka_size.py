"""Records that the producer makes, and the topic refuses."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.topics import topic_settings

DEFAULT = 1 << 20


def look(facts: Facts) -> Iterator[Finding]:
    """Topics take what the producer sends."""
    connector = facts.connector
    kafka = known(facts.kafka) if connector else None
    if connector is None or kafka is None:
        return
    given = connector.config.get("producer.override.max.request.size", "")
    largest = int(given) if given.isdigit() else DEFAULT
    small = {
        name: kafka.topics[name].settings["max.message.bytes"]
        for name in kafka.data
        if name in kafka.topics and int(kafka.topics[name].settings.get("max.message.bytes", largest)) < largest
    }
    for name, bytes_ in small.items():
        yield warning(
            "a large row is refused by the topic, and the task fails",
            f"{name}: max.message.bytes = {bytes_}, the producer sends up to {largest}",
            topic_settings(kafka, name, {"max.message.bytes": str(largest)}),
        )


CHECK = Check(
    id="kafka.size",
    title="topics take records as large as the producer sends them",
    why="An event has a row twice, before and after; a refused record stops the connector at the same place for ever.",
    look=look,
    needs=Need.KAFKA,
)
