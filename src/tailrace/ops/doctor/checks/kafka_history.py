"""The topic of Debezium's schema history."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import properties, shell
from tailrace.ops.doctor.topics import topic_settings

FOREVER = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
LONG = 100 * 365 * 86_400_000
"""ms."""


def look(facts: Facts) -> Iterator[Finding]:
    """One partition, and nothing of it is ever deleted."""
    connector = facts.connector
    name = connector.config.get("schema.history.internal.kafka.topic") if connector else None
    if connector is None or not name:
        return
    kafka = known(facts.kafka)
    topic = kafka.topics.get(name) if kafka else None
    if kafka is None:
        return
    if topic is None:
        if connector.offset:
            yield error(
                "the schema history is gone: the connector cannot start again",
                f"no topic {name}",
                properties(
                    connector,
                    {"snapshot.mode": "recovery"},
                    note="for one start, if no table was altered since the offset",
                ),
            )
        return
    if topic.partitions != 1:
        yield error(
            "the order of statements is lost between partitions: tables are read by wrong definitions",
            f"{name} has {topic.partitions} partitions",
            shell(
                f"kafka-topics.sh --bootstrap-server {kafka.bootstrap} --delete --topic {name}",
                note="with the connector stopped, then snapshot.mode=recovery for one start",
            ),
        )
    wrong = {key: value for key, value in FOREVER.items() if not _is_kept(key, topic.settings.get(key, value))}
    if wrong:
        yield error(
            "statements are deleted from the schema history: at some later restart tables are unknown",
            ", ".join(f"{key} = {topic.settings[key]}" for key in wrong),
            topic_settings(kafka, name, wrong),
        )


def _is_kept(key: str, value: str) -> bool:
    # Debezium makes the topic with the largest number that there is.
    return value == FOREVER[key] or (key == "retention.ms" and value.isdigit() and int(value) > LONG)


CHECK = Check(
    id="kafka.history",
    title="the schema history is kept for ever, in one partition",
    why="Debezium reads the whole topic at each start; the broker's default keeps a week.",
    look=look,
    needs=Need.KAFKA,
)
