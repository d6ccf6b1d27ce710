"""Where a connector's state is, as its configuration, its worker's or the command line name it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tailrace.config.expand import expand
from tailrace.config.kafka import KafkaConfig, StorageType
from tailrace.config.parse import parse_kafka
from tailrace.errors import ConfigError
from tailrace.migrate.files import HistoryFile, OffsetFile
from tailrace.migrate.places import HistoryPlace, OffsetPlace
from tailrace.migrate.topics import HistoryTopic, OffsetTopic

BROKERS = "bootstrap.servers"
OFFSET_FILE = "offset.storage.file.filename"
OFFSET_TOPIC = "offset.storage.topic"
HISTORY_FILE = "schema.history.internal.file.filename"
HISTORY_TOPIC = "schema.history.internal.kafka.topic"
HISTORY_BROKERS = "schema.history.internal.kafka.bootstrap.servers"
_HISTORY = "schema.history.internal."
_SECURITY = ("security.", "sasl.", "ssl.")
_CLIENTS = ("producer", "consumer", "admin")

Properties = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """What is said beside the connector's configuration."""

    offsets_file: Path | None = None
    offsets_topic: str | None = None
    history_file: Path | None = None
    history_topic: str | None = None
    worker: Properties = field(default_factory=dict, repr=False)
    """Properties of the worker of Kafka Connect."""


def offset_place(connector: Properties, given: Given, ours: KafkaConfig) -> OffsetPlace:
    """What is given counts, then the worker's properties, then the connector's. `ours`: as Tailrace will use it.

    Raises ConfigError, also where Debezium's topic would be ours: nobody could tell then whose an offset is.
    """
    if given.offsets_file or given.offsets_topic:
        file, topic = given.offsets_file, given.offsets_topic
    else:
        name = _value(OFFSET_FILE, given.worker, connector)
        file, topic = Path(name) if name else None, _value(OFFSET_TOPIC, given.worker, connector)
    if file:
        return OffsetFile(file)
    if not topic:
        hint = "give --url, --worker, --offsets-topic or --offsets"
        raise ConfigError(f"where is Debezium's offset? {OFFSET_TOPIC} and {OFFSET_FILE} are not said", hint=hint)
    if ours.storage is StorageType.KAFKA and ours.offsets_topic == topic:
        hint = "give Tailrace a topic of its own: offsets.storage.topic=tailrace-offsets"
        raise ConfigError(f"offsets.storage.topic: {topic} has the offsets of Kafka Connect", hint=hint)
    brokers = _value(BROKERS, given.worker, connector) or _value(HISTORY_BROKERS, connector)
    return OffsetTopic(_kafka(brokers, _of_worker(given.worker) or _of_connector(connector)), topic)


def history_place(connector: Properties, given: Given) -> HistoryPlace:
    """What is given counts, then the connector's properties. Raises ConfigError."""
    if given.history_file or given.history_topic:
        file, topic = given.history_file, given.history_topic
    else:
        name = _value(HISTORY_FILE, connector)
        file, topic = Path(name) if name else None, _value(HISTORY_TOPIC, connector)
    if file:
        return HistoryFile(file)
    if not topic:
        hint = "give --history-topic or --history"
        raise ConfigError(f"where is Debezium's schema history? {HISTORY_TOPIC} is not said", hint=hint)
    brokers = _value(HISTORY_BROKERS, connector) or _value(BROKERS, given.worker, connector)
    security = _of_history(connector) or _of_worker(given.worker) or _of_connector(connector)
    return HistoryTopic(_kafka(brokers, security), topic)


def _value(name: str, *places: Properties) -> str | None:
    for properties in places:
        if text := properties.get(name, "").strip():
            return expand(text, os.environ, lambda path: path.read_text(encoding="utf-8"))
    return None


def _kafka(brokers: str | None, security: Properties) -> KafkaConfig:
    if brokers is None:
        raise ConfigError(f"where is Kafka? {BROKERS} is not said", hint=f"give --worker, or set {HISTORY_BROKERS}")
    return parse_kafka({BROKERS: brokers, **security})


def _of_connector(properties: Properties) -> Properties:
    """As for our own clients."""
    clients = tuple(f"{client}.override." for client in _CLIENTS)
    return {name: value for name, value in properties.items() if name.startswith(clients)}


def _of_worker(properties: Properties) -> Properties:
    """A worker's own clients, which keep its offsets."""
    return {f"producer.override.{name}": value for name, value in properties.items() if name.startswith(_SECURITY)}


def _of_history(properties: Properties) -> Properties:
    """The clients of Debezium's schema history."""
    found = {}
    for client in _CLIENTS:
        prefix = f"{_HISTORY}{client}."
        for name, value in properties.items():
            if name.startswith(prefix) and name.removeprefix(prefix).startswith(_SECURITY):
                found[f"{client}.override.{name.removeprefix(prefix)}"] = value
    return found
