"""Topics of a connector: which they are, and how their settings are changed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from tailrace.ops.doctor.facts import Connector, Kafka
from tailrace.ops.doctor.finding import Repair
from tailrace.ops.doctor.repair import shell


def signal_topic(connector: Connector) -> str:
    """Where it reads signals from, if it does."""
    return connector.config.get("signal.kafka.topic") or f"{connector.config.get('topic.prefix', '')}-signal"


def topic_settings(kafka: Kafka, topic: str, settings: Mapping[str, str]) -> Repair:
    """A command of Kafka's own."""
    given = ",".join(f"{name}={value}" for name, value in settings.items())
    words = ["--bootstrap-server", kafka.bootstrap, "--alter", "--entity-type", "topics", "--entity-name", topic]
    return shell(shlex.join(["kafka-configs.sh", *words, "--add-config", given]))
