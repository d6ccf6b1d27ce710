"""Clients of confluent-kafka, and where its librdkafka lies."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailrace.config.kafka import KafkaConfig, Properties
from tailrace.errors import ConfigError, DestinationLost, Fenced, SinkError
from tailrace.kafka.dialect import translate

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError
    from confluent_kafka.admin import AdminClient

_AGAIN_SECONDS = 10.0


class _Repeats(logging.Filter):
    """While a broker is away librdkafka says so twenty times a second; the same line is let through every 10 s."""

    def __init__(self) -> None:
        super().__init__()
        self._said: tuple[str, float] = ("", 0.0)

    def filter(self, record: logging.LogRecord) -> bool:
        text, when = self._said
        new = record.getMessage() != text or record.created - when >= _AGAIN_SECONDS
        if new:
            self._said = (record.getMessage(), record.created)
        return new


log = logging.getLogger("tailrace.kafka")
log.addFilter(_Repeats())

_SECURITY = ("security.", "sasl.", "ssl.")
HINTS = {
    "TOPIC_AUTHORIZATION_FAILED": "allow the producer WRITE and DESCRIBE on the topic (and CREATE, for new ones)",
    "CLUSTER_AUTHORIZATION_FAILED": "allow IDEMPOTENT_WRITE, and CREATE for new topics, on the cluster",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED": "allow WRITE and DESCRIBE on the transactional id",
    "GROUP_AUTHORIZATION_FAILED": "allow READ on the group",
    "SASL_AUTHENTICATION_FAILED": "check sasl.mechanism, user and password in producer.override.*",
    "_AUTHENTICATION": "check security.protocol, sasl.mechanism, user and password in producer.override.*",
    "_SSL": "check security.protocol and the ssl.* properties in producer.override.*",
    "MSG_SIZE_TOO_LARGE": "raise producer.override.max.request.size, and max.message.bytes of the topic",
    "_MSG_SIZE_TOO_LARGE": "raise producer.override.max.request.size, and max.message.bytes of the topic",
    "UNKNOWN_TOPIC_OR_PART": "create the topic, or let it be created: topic.creation.enable=true",
    "_UNKNOWN_TOPIC": "create the topic, or let it be created: topic.creation.enable=true",
    "POLICY_VIOLATION": "the cluster's policy forbids the topic: see topic.creation.default.*",
    "INVALID_REPLICATION_FACTOR": "set topic.creation.default.replication.factor to at most the number of brokers",
    "INVALID_CONFIG": "see the settings of topic.creation.*",
}
_AWAY = {"_TRANSPORT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "_RESOLVE", "_MSG_TIMED_OUT", "REQUEST_TIMED_OUT"} | {
    "_PURGE_QUEUE",
    "_PURGE_INFLIGHT",
}
FENCED = {"_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH", "FENCED_INSTANCE_ID"}


def library() -> str:
    """The librdkafka that confluent-kafka brings, or the system's."""
    try:
        import confluent_kafka  # noqa: PLC0415 - optional, and start-up time
    except ImportError:
        raise ConfigError("Kafka needs the package confluent-kafka", hint="pip install 'tailrace[kafka]'") from None
    package = Path(confluent_kafka.__file__).parent
    for folder in (package.parent / "confluent_kafka.libs", package / ".dylibs"):
        for found in sorted(folder.glob("librdkafka*")):
            return str(found)
    from ctypes.util import find_library  # noqa: PLC0415 - only where the package brings no library

    if found_name := find_library("rdkafka"):
        return found_name
    raise ConfigError("librdkafka was not found", hint="install confluent-kafka as a wheel, or librdkafka")


def base(config: KafkaConfig, own: Properties, where: str) -> dict[str, str]:
    """What every client needs. Security is said once, for the producer, unless a client has its own."""
    shared = {name: value for name, value in config.producer.items() if name.startswith(_SECURITY)}
    return {
        "bootstrap.servers": config.bootstrap or "",
        "client.id": "tailrace",
        "reconnect.backoff.max.ms": "1000",
        **translate(shared, "producer.override."),
        **translate(own, where),
    }


def admin(config: KafkaConfig, tell: Callable[[KafkaError], None]) -> AdminClient:
    """An admin client; nothing is asked yet. `tell` gets what goes wrong underneath, whenever it is polled."""
    library()
    from confluent_kafka import KafkaException  # noqa: PLC0415 - optional, and start-up time
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - the same

    settings: dict[str, Any] = {**base(config, config.admin, "admin.override."), "error_cb": tell}
    try:
        return AdminClient(settings, logger=log)
    except KafkaException as error:
        raise ConfigError(f"admin.override.*: {error.args[0].str()}") from None


def consumer(config: KafkaConfig, **own: Any) -> Consumer:
    """A consumer without a group's offsets, but for what `own` says."""
    library()
    from confluent_kafka import Consumer, KafkaException  # noqa: PLC0415 - optional, and start-up time

    settings: dict[str, Any] = base(config, config.consumer, "consumer.override.")
    settings |= {"group.id": "tailrace", "enable.auto.commit": False, "auto.offset.reset": "earliest", **own}
    try:
        return Consumer(settings, logger=log)
    except KafkaException as error:
        raise ConfigError(f"consumer.override.*: {error.args[0].str()}") from None


def refused(what: str, name: str, text: str, where: str | None) -> SinkError:
    """An error of Kafka's, by its name, as people need it."""
    # A broker that starts or shuts down takes no new partition; the controller's word for it is fenced.
    if name in _AWAY or (name == "INVALID_REPLICATION_FACTOR" and "currently fenced" in text):
        hint = "start the brokers, or correct bootstrap.servers; events go on from the last stored offset"
        return DestinationLost(f"{what}: Kafka cannot be reached ({text})", where=where, hint=hint)
    if name in FENCED:
        hint = "two processes run one connector, and the later one goes on: stop one of them"
        return Fenced(f"{what}: another process writes as this connector now", where=where, hint=hint)
    return SinkError(f"{what}: {text}", where=where, hint=HINTS.get(name))
