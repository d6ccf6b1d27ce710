"""Signals from a Kafka topic: partition 0, records whose key is `topic.prefix`, JSON documents as values.

What was read is committed some seconds later: by then the signals are stored with the offset. After a kill they may
come once more, never not at all.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from tailrace.config.signals import KafkaSignals
from tailrace.errors import ConfigError
from tailrace.model.signal import Signal
from tailrace.signals import BadSignal, Refused, read_document

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

log = logging.getLogger(__name__)

_COMMIT_SECONDS: Final = 5.0
_CLIENT: Final = {"enable.auto.commit": "false", "auto.offset.reset": "earliest"}


class KafkaChannel:
    """One consumer."""

    def __init__(self, config: KafkaSignals) -> None:
        """Raises ConfigError where the client is not installed, or refuses its properties."""
        try:
            import confluent_kafka  # noqa: PLC0415 - an optional package
        except ImportError as error:
            message = "signal.enabled.channels: kafka needs the package confluent-kafka"
            raise ConfigError(message, hint="pip install 'tailrace[kafka]'") from error
        self._config = config
        client: dict[str, Any] = {
            **_CLIENT,
            **dict(config.client),
            "bootstrap.servers": config.servers,
            "group.id": config.group,
            "error_cb": lambda error: log.warning("signal topic %s: %s", config.topic, error.str()),
        }
        try:
            self._consumer: Consumer = confluent_kafka.Consumer(client)
        except confluent_kafka.KafkaException as error:
            raise ConfigError(f"signal.consumer.*: {error.args[0].str()}") from None
        self._first = confluent_kafka.TopicPartition(config.topic, 0, confluent_kafka.OFFSET_STORED)

    def run(self, give: Callable[[Signal | Refused], None], stopping: threading.Event) -> None:
        """Until `stopping` is set; a broker that is not there is waited for."""
        consumer = self._consumer
        consumer.assign([self._first])
        told = ""
        waiting: deque[tuple[float, Message]] = deque()
        try:
            while not stopping.is_set():
                message = consumer.poll(self._config.poll_ms / 1000)
                if message is not None and (error := message.error()) is not None:
                    if error.str() != told:
                        give(Refused("", "kafka", f"{self._config.topic}: {error.str()}"))
                    told = error.str()
                    stopping.wait(1)
                elif message is not None:
                    told = ""
                    self._read(message, give)
                    waiting.append((time.monotonic() + _COMMIT_SECONDS, message))
                if waiting and waiting[0][0] < time.monotonic():
                    consumer.commit(message=waiting.popleft()[1], asynchronous=True)
        finally:
            consumer.close()

    def _read(self, message: Message, give: Callable[[Signal | Refused], None]) -> None:
        key, value = message.key(), message.value()
        if key is None or _text(key) != self._config.key:
            log.debug("a signal for another connector: key %r", key)
            return
        try:
            give(read_document(value or b"", "kafka"))
        except BadSignal as problem:
            give(Refused("", "kafka", f"record {message.offset()}: {problem}"))


def _text(key: str | bytes) -> str:
    return key if isinstance(key, str) else key.decode(errors="replace")
