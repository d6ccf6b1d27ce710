"""Facts of one connector, by the Connect REST interface; and of its topics, by Kafka."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tailrace.config.kafka import KafkaConfig
from tailrace.config.parse import parse_kafka
from tailrace.errors import TailraceError, WorkerUnreachable
from tailrace.kafka.look import read_cluster
from tailrace.ops.connect import Connect, Status
from tailrace.ops.doctor.facts import Connector, Kafka, Other, Topic, Unread
from tailrace.ops.doctor.topics import signal_topic
from tailrace.ops.secrets import MASK

HISTORY = "schema.history.internal"
MOST_TOPICS = 500
NO_LOGIN = "Unable to connect"
"""How the complaint begins, of Debezium and of ours."""


def read_connector(connect: Connect, name: str) -> Connector:
    """Raises WorkerError."""
    everything = connect.overview()
    config = connect.config(name)
    offsets = [each["offset"] for each in connect.offsets(name) if each.get("offset")]
    return Connector(
        name=name,
        config=config,
        is_debezium=config.get("connector.class", "").startswith("io.debezium") and not connect.is_tailrace(),
        status=connect.status(name),
        offset=offsets[0] if offsets else None,
        problems=_problems(connect, config),
        others=tuple(
            Other(other, each["info"]["config"], Status.read(each["status"]))
            for other, each in everything.items()
            if other != name
        ),
    )


def _problems(connect: Connect, config: Mapping[str, str]) -> Mapping[str, tuple[str, ...]] | Unread:
    """Our worker shows masks for secrets, and so has nothing to log in with when they are sent back."""
    masks = {name for name, value in config.items() if value == MASK}
    try:
        found = connect.validate(dict(config))
    except WorkerUnreachable:
        raise
    except (TailraceError, KeyError) as error:
        return Unread(f"the worker does not validate it: {error}")
    kept = {
        name: tuple(text for text in texts if not (masks and text.startswith(NO_LOGIN)))
        for name, texts in found.items()
        if name not in masks
    }
    return {name: texts for name, texts in kept.items() if texts}


def read_kafka(connector: Connector, topics: Sequence[str]) -> Kafka | Unread | None:
    """None: nothing says where it is. `topics`: those it has written to."""
    properties = _kafka_properties(connector.config)
    if not properties.get("bootstrap.servers"):
        return None
    named = (connector.config.get(f"{HISTORY}.kafka.topic", ""), signal_topic(connector))
    data = tuple(topics[:MOST_TOPICS])
    try:
        config: KafkaConfig = parse_kafka(properties)
        found = read_cluster(config, {name for name in (*named, *data) if name})
    except TailraceError as error:
        return Unread("; ".join(filter(None, (error.message, error.hint))))
    shown = {name: Topic(each.partitions, each.replication, each.settings) for name, each in found.topics.items()}
    return Kafka(properties["bootstrap.servers"], found.brokers, shown, data)


def _kafka_properties(config: Mapping[str, str]) -> dict[str, str]:
    """As tailrace has them; Debezium says them for its schema history."""
    if config.get("bootstrap.servers"):
        return {name: value for name, value in config.items() if name.startswith(("bootstrap.", "producer.", "admin."))}
    security = {
        f"producer.override.{name.removeprefix(f'{HISTORY}.consumer.')}": value
        for name, value in config.items()
        if name.startswith(tuple(f"{HISTORY}.consumer.{each}" for each in ("security.", "sasl.", "ssl.")))
    }
    return {"bootstrap.servers": config.get(f"{HISTORY}.kafka.bootstrap.servers", ""), **security}
