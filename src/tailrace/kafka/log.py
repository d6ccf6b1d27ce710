"""A topic, read whole: its records, or, of a compacted one, the last value of each key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tailrace.config.kafka import KafkaConfig
from tailrace.errors import DestinationLost
from tailrace.kafka import client

if TYPE_CHECKING:
    from confluent_kafka import Consumer

_AT_ONCE = 1000
_SLICE = 0.05


Entry = tuple[bytes | None, bytes | None]
"""Key and value."""


def read(config: KafkaConfig, topic: str) -> dict[bytes, bytes]:
    """Keys in the order of their last records. Only what is committed. Raises SinkError."""
    values: dict[bytes, bytes] = {}
    for key, value in records(config, topic):
        values.pop(key or b"", None)
        if value is not None:
            values[key or b""] = value
    return values


def records(config: KafkaConfig, topic: str) -> Iterator[Entry]:
    """All that is committed, in the order of each partition; nothing where there is no topic. Raises SinkError."""
    from confluent_kafka import KafkaException, TopicPartition  # noqa: PLC0415 - optional, and start-up time

    consumer = client.consumer(config, **{"isolation.level": "read_committed", "enable.partition.eof": True})
    try:
        partitions = consumer.list_topics(topic, timeout=config.timeout).topics[topic].partitions
        places = [TopicPartition(topic, number, 0) for number in partitions]
        ends = {place.partition: consumer.get_watermark_offsets(place, timeout=config.timeout)[1] for place in places}
        consumer.assign(places)
        yield from _read(config, consumer, topic, ends)
    except KafkaException as error:
        fault = error.args[0]
        raise client.refused(f"topic {topic} cannot be read", fault.name(), fault.str(), config.bootstrap) from None
    finally:
        consumer.close()


def _read(config: KafkaConfig, consumer: Consumer, topic: str, ends: dict[int, int]) -> Iterator[Entry]:
    """Up to what was the end of each partition: others may write on and on. What a transaction that is open holds back
    is not waited for, and the last offset may be a mark of Kafka's own: there, the consumer tells of the end.
    """
    from confluent_kafka import KafkaError  # noqa: PLC0415 - optional, and start-up time

    unfinished = set(ends)
    deadline = time.monotonic() + config.timeout
    while unfinished:
        # It waits this long wherever there are fewer.
        found = consumer.consume(_AT_ONCE, timeout=_SLICE)
        if found:
            deadline = time.monotonic() + config.timeout
        elif time.monotonic() > deadline:
            message = f"topic {topic} cannot be read: no answer within {config.timeout:g} s"
            raise DestinationLost(message, where=config.bootstrap, hint="see whether its partitions have leaders")
        for record in found:
            error, partition = record.error(), record.partition() or 0
            if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the name it has
                unfinished.discard(partition)
            elif error is not None:
                raise client.refused(f"topic {topic} cannot be read", error.name(), error.str(), config.bootstrap)
            else:
                if (record.offset() or 0) >= ends[partition] - 1:
                    unfinished.discard(partition)
                yield record.key(), record.value()
