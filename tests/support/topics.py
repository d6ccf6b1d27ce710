"""What lies in Kafka's topics, read by a plain consumer."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from support.connector import Connector
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace.lab.server import Server


@dataclass(frozen=True)
class Message:
    topic: str
    partition: int
    key: Any
    value: Any
    headers: tuple[tuple[str, bytes], ...]


NO_LEADER = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART}


def read(bootstrap: str, prefix: str, isolation: str = "read_committed") -> list[Message]:
    """All that lies in topics whose name begins so, in the order of each partition."""
    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": str(uuid.uuid4()),
        "isolation.level": isolation,
        "enable.partition.eof": True,
        "enable.auto.commit": False,
    }
    with closing(Consumer(settings)) as consumer:
        topics = consumer.list_topics(timeout=10).topics
        places = [
            TopicPartition(name, number, 0)
            for name, topic in topics.items()
            if name.startswith(prefix)
            for number in topic.partitions
        ]
        if not places:
            return []
        ends = {(place.topic, place.partition): end(consumer, place) for place in places}
        consumer.assign(places)
        return list(_messages(consumer, ends))


def end(consumer: Consumer, place: TopicPartition) -> int:
    """The offset behind the last record of a partition. A topic that has just been made may have no leader yet."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return int(consumer.get_watermark_offsets(place, timeout=10)[1])
        except KafkaException as error:
            if error.args[0].code() not in NO_LEADER or time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def _messages(consumer: Consumer, ends: dict[tuple[str, int], int]) -> Iterator[Message]:
    """Up to what was the end of each partition: more may be written meanwhile."""
    unfinished = set(ends)
    deadline = time.monotonic() + 20
    while unfinished:
        assert time.monotonic() < deadline, "no answer from the broker"
        # It waits for as many as it is asked for.
        for message in consumer.consume(1000, timeout=0.02):
            error = message.error()
            place = (message.topic() or "", message.partition() or 0)
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                unfinished.discard(place)
                continue
            if message.offset() >= ends[place] - 1:
                unfinished.discard(place)
            yield Message(
                message.topic() or "",
                message.partition() or 0,
                _parsed(message.key()),
                _parsed(message.value()),
                tuple(message.headers() or ()),
            )


def _parsed(data: bytes | None) -> Any:
    return None if data is None else json.loads(data)


class KafkaConnector(Connector):
    """A connector whose events go to topics that begin with a prefix of its own."""

    def __init__(self, folder: Path, server: Server, database: str, bootstrap: str, **properties: object) -> None:
        self.prefix = f"t{uuid.uuid4().hex[:8]}"
        given = {"sink__type": "kafka", "bootstrap__servers": bootstrap, "name": self.prefix}
        given |= {"topic__prefix": self.prefix, "offset__flush__interval__ms": 100}
        super().__init__(folder, server, database, **(given | properties))
        del self.properties["sink.path"]
        self._bootstrap = bootstrap

    def messages(self, isolation: str = "read_committed") -> list[Message]:
        return read(self._bootstrap, self.prefix + ".", isolation)

    def rows(self, isolation: str = "read_committed") -> list[dict[str, Any]]:
        """Values of row events."""
        return [message.value for message in self.messages(isolation) if message.value and "op" in message.value]

    def await_id(self, identity: int, timeout: float = 30) -> None:
        """Until a row with this `id` is in a topic."""

        def seen() -> bool:
            if not self.running:
                code, errors = self.wait()
                message = f"the connector ended with {code}: {errors}"
                raise AssertionError(message)
            return any((row["after"] or {}).get("id") == identity for row in self.rows())

        assert await_condition(seen, timeout, every=0.2), f"row {identity} did not come within {timeout} s"
