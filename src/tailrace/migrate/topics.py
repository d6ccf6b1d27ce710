"""State of a Debezium in a distributed Kafka Connect: topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tailrace.config.kafka import KafkaConfig, TopicRule
from tailrace.kafka import log
from tailrace.kafka.producer import KafkaProducer
from tailrace.kafka.topics import COMPACTED, Topics

_FOR_EVER = TopicRule(
    partitions=1, settings={"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
)
"""A history is read from its beginning, in order: KafkaSchemaHistory makes its topic so."""


class OffsetTopic:
    """`offset.storage.topic` of a worker, or `offsets.storage.topic` of a connector."""

    remote = True

    def __init__(self, config: KafkaConfig, topic: str) -> None:
        self._config, self._topic = config, topic
        self.where = f"{config.bootstrap}, topic {topic}"

    def read(self) -> Mapping[bytes, bytes | None]:
        """The last offset of each key; only what is committed. Raises SinkError."""
        return log.read(self._config, self._topic)

    def write(self, key: bytes, value: bytes) -> None:
        """Workers of Connect read it at once, for they follow the topic. Raises SinkError."""
        Topics(self._config).ensure([self._topic], COMPACTED)
        producer = KafkaProducer(self._config)
        producer.send(self._topic, key, value)
        producer.drain()


class HistoryTopic:
    """`schema.history.internal.kafka.topic`: one partition, never compacted."""

    remote = True

    def __init__(self, config: KafkaConfig, topic: str) -> None:
        self._config, self._topic = config, topic
        self.where = f"{config.bootstrap}, topic {topic}"

    def read(self) -> Iterator[str]:
        """None where there is no topic yet. Raises SinkError."""
        for _, value in log.records(self._config, self._topic):
            yield (value or b"").decode()

    def append(self, records: Iterable[str]) -> None:
        """In one piece for those who read what is committed: Debezium reads the rest too, so it must be stopped."""
        Topics(self._config).ensure([self._topic], _FOR_EVER)
        producer = KafkaProducer(self._config)
        for record in records:
            producer.send(self._topic, None, record.encode(), 0)
        producer.drain()
