"""Events of a connector's topics: the last ones, and those that come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tailrace.config.kafka import KafkaConfig
from tailrace.errors import ConfigError
from tailrace.kafka import client
from tailrace.ops.events.event import Record

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, TopicPartition

_AT_ONCE = 500
_SLICE = 0.2
_GLANCE = 0.02
"""Seconds: of what is there already, fewer than are asked for are no reason to wait."""
_AT_END = {"fetch.wait.max.ms": 10}
"""At the end of a partition a fetch waits for more, and what is to be read next waits for that."""
_NEW_TOPICS_SECONDS = 3.0
_WINDOW = 100_000
"""Records of a partition that are looked through for the last ones that are wanted."""

Wanted = Callable[[Record], bool]


class Topics:
    """Those that `named` says yes to; one that is made later is taken up too. Raises SinkError."""

    def __init__(self, config: KafkaConfig, named: Callable[[str], bool]) -> None:
        self._config = config
        self._named = named

    def last(self, count: int, wanted: Wanted) -> list[Record]:
        """The last `count` that are wanted, oldest first, by the time of the records."""
        with self._consumer(**_AT_END) as consumer:
            places = self._places(consumer)
            window = max(1, count)
            while True:
                seen = list(self._window(consumer, places, window))
                found = newest(count, filter(wanted, seen))
                cut = {place for place, (low, high) in places.items() if high - low > window}
                if window >= _WINDOW or not hides_later(count, found, seen, cut):
                    return found
                window *= 10

    def follow(self, *, from_beginning: bool, began: Callable[[], None] = lambda: None) -> Iterator[Record]:
        """What comes from now on, or all there is and then that; for ever. `began`: from here on nothing is missed."""
        from confluent_kafka import OFFSET_BEGINNING, TopicPartition  # noqa: PLC0415 - optional, and start-up time

        with self._consumer() as consumer:
            known = self._places(consumer)
            consumer.assign(
                [
                    TopicPartition(*place, OFFSET_BEGINNING if from_beginning else high)
                    for place, (_, high) in known.items()
                ]
            )
            began()
            looked = time.monotonic()
            while True:
                for message in consumer.consume(_AT_ONCE, timeout=_SLICE):
                    if message.error() is None:
                        yield _record(message)
                if time.monotonic() - looked >= _NEW_TOPICS_SECONDS:
                    looked = time.monotonic()
                    new = [place for place in self._names(consumer) if place not in known]
                    if new:
                        consumer.incremental_assign([TopicPartition(*place, OFFSET_BEGINNING) for place in new])
                        known |= dict.fromkeys(new, (0, 0))

    def whole(self) -> Iterator[Record]:
        """All there is, topic by topic."""
        with self._consumer(**_AT_END) as consumer:
            yield from self._window(consumer, self._places(consumer), None)

    @contextmanager
    def _consumer(self, **more: object) -> Iterator[Consumer]:
        from confluent_kafka import KafkaException  # noqa: PLC0415 - optional, and start-up time

        settings = {"isolation.level": "read_committed", "enable.partition.eof": True}
        consumer = client.consumer(self._config, **(settings | more))
        try:
            yield consumer
        except KafkaException as error:
            fault = error.args[0]
            raise client.refused("events cannot be read", fault.name(), fault.str(), self._config.bootstrap) from None
        finally:
            consumer.close()

    def _names(self, consumer: Consumer) -> list[tuple[str, int]]:
        found = consumer.list_topics(timeout=self._config.timeout).topics
        return [(name, number) for name in sorted(found) if self._named(name) for number in found[name].partitions]

    def _places(self, consumer: Consumer) -> dict[tuple[str, int], tuple[int, int]]:
        """(topic, partition) → (first offset, end). Raises ConfigError where there is none."""
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - optional, and start-up time

        names = self._names(consumer)
        if not names:
            raise ConfigError(
                "there is no topic of this connector yet",
                where=self._config.bootstrap,
                hint="has it captured anything?",
            )
        return {
            place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=self._config.timeout)
            for place in names
        }

    def _window(
        self, consumer: Consumer, places: dict[tuple[str, int], tuple[int, int]], count: int | None
    ) -> Iterator[Record]:
        """The last `count` of each partition up to its end of before; None: all."""
        from confluent_kafka import KafkaError, TopicPartition  # noqa: PLC0415 - optional, and start-up time

        open_places = {place: ends for place, ends in places.items() if ends[0] < ends[1]}
        starts: list[TopicPartition] = [
            TopicPartition(*place, low if count is None else max(low, high - count))
            for place, (low, high) in open_places.items()
        ]
        consumer.assign(starts)
        unfinished = set(open_places)
        deadline = time.monotonic() + self._config.timeout
        while unfinished and time.monotonic() < deadline:
            for message in consumer.consume(_AT_ONCE, timeout=_GLANCE):
                deadline = time.monotonic() + self._config.timeout
                place = (message.topic() or "", message.partition() or 0)
                error = message.error()
                if error is not None:
                    # The last offset may be a mark of Kafka's own, or of a transaction that is open.
                    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the name it has
                        unfinished.discard(place)
                    continue
                end = open_places[place][1]
                if (message.offset() or 0) >= end - 1:
                    unfinished.discard(place)
                if (message.offset() or 0) < end:
                    yield _record(message)


def newest(count: int, records: Iterable[Record]) -> list[Record]:
    """The last `count`, oldest first."""
    found = sorted(records, key=lambda record: (record.timestamp_ms, record.topic, record.partition, record.offset))
    return found[max(0, len(found) - count) :]


def hides_later(count: int, found: list[Record], seen: list[Record], cut: set[tuple[str, int]]) -> bool:
    """Whether records of the partitions `cut`, of which `seen` has only the end, may belong to the last `count`.

    Of the offsets at an end some may be marks of Kafka's own, so an end may have fewer records than were asked for.
    """
    if len(found) < count:
        return bool(cut)
    if not found:
        return False
    began: dict[tuple[str, int], int] = {}
    for record in seen:
        began.setdefault((record.topic, record.partition), record.timestamp_ms)
    first = found[0]
    others = cut - {(first.topic, first.partition)}
    return any(place not in began or began[place] >= first.timestamp_ms for place in others)


def _record(message: Message) -> Record:
    return Record(
        message.value(),
        message.key(),
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        max(0, message.timestamp()[1]),
    )
