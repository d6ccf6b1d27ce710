"""The topic of signals."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import shell
from tailrace.ops.doctor.topics import signal_topic


def look(facts: Facts) -> Iterator[Finding]:
    """It is there, with one partition."""
    connector = facts.connector
    if connector is None or "kafka" not in connector.items("signal.enabled.channels"):
        return
    kafka = known(facts.kafka)
    if kafka is None:
        return
    name = signal_topic(connector)
    found = kafka.topics.get(name)
    create = f"kafka-topics.sh --bootstrap-server {kafka.bootstrap} --create --topic {name} --partitions 1"
    if found is None:
        yield error("signals have no topic to come from", f"no topic {name}", shell(create))
    elif found.partitions != 1:
        yield error(
            "only one partition is read: signals in the others are lost",
            f"{name} has {found.partitions} partitions",
            shell(f"kafka-topics.sh --bootstrap-server {kafka.bootstrap} --delete --topic {name}", create),
        )


CHECK = Check(
    id="kafka.signals",
    title="the topic of signals is there, with one partition",
    why="The key of a signal is topic.prefix, and partition 0 alone is read.",
    look=look,
    needs=Need.KAFKA,
)
