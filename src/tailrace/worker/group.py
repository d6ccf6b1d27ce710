"""Which connectors are this worker's: a Kafka consumer group deals out slots, the partitions of an empty topic.

Each connector goes with a slot. Kafka deals all slots out in turn, so slot n is the (n mod workers)th worker's, and
connectors, which take the lowest free slots, are spread evenly. In a rebalance a worker keeps its connectors until it
has heard what is its own now: who stays where it was is not disturbed. But with another number of workers slots are
dealt out anew, and a connector may change hands between two that were there before. Two workers may have a connector
for a moment; the later one fences the other's Kafka transactions, and only what is committed counts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tailrace.config.kafka import KafkaConfig, TopicRule
from tailrace.kafka import client
from tailrace.kafka.topics import Topics

if TYPE_CHECKING:
    from confluent_kafka import Consumer, TopicPartition

log = logging.getLogger(__name__)

SLOTS = 64
"""More connectors than that share slots."""
_SESSION_MS = 6_000
"""A worker that is silent for so long has lost its connectors."""


class Group:
    """Membership, from `join` to `leave`."""

    def __init__(self, config: KafkaConfig, group: str) -> None:
        self._config = config
        self._topic = f"tailrace-{group}-slots"
        self._group = f"tailrace-{group}"
        self._slots: frozenset[int] = frozenset()
        self._dealt: Callable[[], None] = lambda: None
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tailrace-group", daemon=True)

    def join(self, dealt: Callable[[], None]) -> None:
        """`dealt` is called whenever other slots are this worker's. Raises SinkError where Kafka cannot be used."""
        topics = Topics(self._config)
        topics.open()
        topics.ensure([self._topic], TopicRule(partitions=SLOTS))
        self._dealt = dealt
        self._thread.start()

    def has(self, slot: int | None) -> bool:
        """Whether the slot is this worker's."""
        return slot in self._slots

    def leave(self) -> None:
        """The others take over at once. Twice is once."""
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        settings = {
            "group.id": self._group,
            "partition.assignment.strategy": "roundrobin",
            "session.timeout.ms": _SESSION_MS,
            "heartbeat.interval.ms": _SESSION_MS // 4,
        }
        consumer = client.consumer(self._config, **settings)
        try:
            # Nothing is done on a revocation: the next deal tells.
            consumer.subscribe(
                [self._topic], on_assign=self._assigned, on_revoke=lambda _, __: None, on_lost=self._lost
            )
            while not self._leaving.is_set():
                record = consumer.poll(0.2)
                if record is not None and (error := record.error()) is not None:
                    log.warning("group %s: %s", self._group, error.str())
        finally:
            consumer.close()

    def _assigned(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._slots = frozenset(place.partition for place in partitions)
        log.info("%d of %d slots are this worker's", len(self._slots), SLOTS)
        self._dealt()

    def _lost(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        log.warning("the group has given this worker up: its connectors end here")
        self._slots = frozenset()
        self._dealt()
