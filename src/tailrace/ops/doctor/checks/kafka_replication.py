"""Topics that one broker's loss takes away."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import shell
from tailrace.ops.doctor.topics import topic_settings

MOST = 5


def look(facts: Facts) -> Iterator[Finding]:
    """As many copies as there can be, up to three."""
    kafka = known(facts.kafka) if facts.kafka else None
    if kafka is None:
        return
    wanted = min(3, kafka.brokers)
    few = [
        f"{name} ({topic.replication})" for name, topic in sorted(kafka.topics.items()) if topic.replication < wanted
    ]
    if few:
        yield warning(
            "when the broker of such a topic is away the connector stands still, and when it is lost so are the events",
            f"{', '.join(few[:MOST])}{' …' if len(few) > MOST else ''}: of {kafka.brokers} brokers",
            shell(
                f"kafka-reassign-partitions.sh --bootstrap-server {kafka.bootstrap} --execute"
                " --reassignment-json-file PLAN",
                note=f"with {wanted} replicas for each partition",
            ),
        )
    for name, topic in sorted(kafka.topics.items()):
        least = int(topic.settings.get("min.insync.replicas", 1))
        if topic.replication > 1 and least >= topic.replication:
            yield warning(
                "when one broker is away nothing can be written: min.insync.replicas wants all copies",
                f"{name}: min.insync.replicas = {least} of {topic.replication}",
                topic_settings(kafka, name, {"min.insync.replicas": str(topic.replication - 1)}),
            )


CHECK = Check(
    id="kafka.replication",
    title="topics survive the loss of one broker",
    why="History and events are as safe as the copies of their topics.",
    look=look,
    needs=Need.KAFKA,
)
