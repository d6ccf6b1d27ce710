"""Signals that nobody listens to."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import properties

GIVEN = (
    ("signal.data.collection", "source"),
    ("signal.kafka.topic", "kafka"),
    ("signal.kafka.bootstrap.servers", "kafka"),
    ("signal.file", "file"),
)


def look(facts: Facts) -> Iterator[Finding]:
    """Each channel that is described is also on."""
    connector = facts.connector
    if connector is None:
        return
    channels = connector.items("signal.enabled.channels")
    told = set()
    for name, channel in GIVEN:
        if connector.config.get(name) and channel not in channels and channel not in told:
            told.add(channel)
            yield warning(
                f"{name} is given, but the channel {channel} is not on: signals there are not read",
                f"signal.enabled.channels = {','.join(channels)}",
                properties(connector, {"signal.enabled.channels": ",".join((*channels, channel))}),
            )


CHECK = Check(
    id="signal.channels",
    title="every channel that is described is on (signal.enabled.channels)",
    why="The default is source alone: a signal to Kafka or to a file is never read, and nothing says so.",
    look=look,
    needs=Need.CONNECTOR,
)
