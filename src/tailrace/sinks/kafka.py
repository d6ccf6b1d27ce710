"""Records into Kafka, topics, keys and partitions as Debezium's.

With storage in SQLite events come at least once: the producer is idempotent, and an offset is stored when the brokers
have acknowledged all before it. With storage in Kafka they come exactly once to readers with
`isolation.level=read_committed`: a Kafka transaction holds whole transactions of the source, and their offset.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from tailrace._kernel import Batch as KernelBatch
from tailrace.config.engine import NAME
from tailrace.config.kafka import KafkaConfig
from tailrace.kafka.producer import KafkaProducer
from tailrace.kafka.topics import Topics
from tailrace.sinks import Acknowledge, Batch, Sink, SinkState, SinkType

if TYPE_CHECKING:
    from tailrace.config import Values
    from tailrace.kafka.transactions import Transactions

log = logging.getLogger(__name__)


class KafkaSink:
    """At least once."""

    def __init__(self, producer: KafkaProducer, topics: Topics) -> None:
        self._producer = producer
        self._topics = topics
        self._writing = threading.Lock()
        self.interrupt = producer.interrupt

    def open(self, state: SinkState | None) -> SinkState:  # noqa: ARG002 - the brokers know what they have
        """Raises DestinationLost where no broker answers."""
        self._topics.open()
        return {}

    def write(self, batch: Batch) -> None:
        """Waits for room in the producer, and while a cut is acknowledged."""
        assert isinstance(batch, KernelBatch)
        with self._writing:
            self._topics.ensure(batch.topics())
            self._producer.produce(batch, 0, batch.record_count)

    def end_transaction(self) -> None:
        """Nothing waits for it."""

    def rollback(self) -> bool:
        """It is out."""
        return False

    def flush(self, *, final: bool = False) -> Acknowledge | None:  # noqa: ARG002 - every cut is possible here
        """All that was written up to now."""

        def acknowledge() -> SinkState:
            # Writers wait: otherwise what they add would be waited for too, without end.
            with self._writing:
                self._producer.drain()
            return {}

        return acknowledge

    def stored(self, state: SinkState) -> None:
        """Nothing waits for it."""

    def close(self) -> None:
        """What is not acknowledged comes again."""


class TransactionalKafkaSink:
    """Exactly once, but for a source transaction or snapshot that is open for half of `transaction.timeout.ms`."""

    def __init__(self, transactions: Transactions, topics: Topics) -> None:
        self._transactions = transactions
        self._topics = topics
        self._tail: tuple[KernelBatch, int] | None = None
        """The beginning of a source transaction at the end of a batch, and its first record: not written yet, so that
        a cut before it stays possible."""
        self._inside = False
        """Whether the open source transaction has been written in part."""
        self.interrupt = transactions.interrupt

    def open(self, state: SinkState | None) -> SinkState:  # noqa: ARG002 - the brokers know what they have
        """Raises DestinationLost where no broker answers."""
        self._topics.open()
        return {}

    def write(self, batch: Batch) -> None:
        """Waits for room in the producer, and while a cut is committed."""
        assert isinstance(batch, KernelBatch)
        self._write_tail()
        whole = batch.commit.records if batch.commit is not None else 0
        self._put(batch, 0, whole)
        if batch.commit is not None:
            self._inside = False
        if whole < batch.record_count:
            self._tail = (batch, whole)
        if self._inside:
            self._keep_young()

    def _write_tail(self) -> None:
        if self._tail is not None:
            batch, start = self._tail
            self._tail = None
            self._put(batch, start, batch.record_count)
            self._inside = True

    def _put(self, batch: KernelBatch, start: int, end: int) -> None:
        if start < end:
            self._topics.ensure(batch.topics())
            self._transactions.produce(batch, start, end)

    def _keep_young(self) -> None:
        if self._transactions.old:
            log.warning("a transaction of the source is too long for one of Kafka's: it is committed in parts")
            self._transactions.commit()

    def end_transaction(self) -> None:
        """All that was written is whole."""
        self._write_tail()
        self._inside = False

    def rollback(self) -> bool:
        """What is written of the open transaction stays, for whole ones before it are in the same Kafka transaction."""
        if self._inside:
            return False
        self._tail = None
        return True

    def flush(self, *, final: bool = False) -> Acknowledge | None:
        """Not while a source transaction is written in part."""
        if self._inside:
            if final:
                self._transactions.abort()
            return None
        self._transactions.cut()
        return dict

    def stored(self, state: SinkState) -> None:
        """The storage's commit has let the writer go on."""

    def close(self) -> None:
        """What is not committed comes again."""


def _config(values: Values) -> KafkaConfig:
    return KafkaConfig.read(values, values[NAME])


def _create(_connector: str, values: Values) -> Sink:
    config = _config(values)
    return KafkaSink(KafkaProducer(config), Topics(config))


def _join(transactions: Transactions, values: Values) -> Sink:
    return TransactionalKafkaSink(transactions, Topics(_config(values)))


KAFKA = SinkType(
    "kafka",
    "Kafka: topics, keys, values, headers and partitions as Debezium's; exactly once with `storage.type=kafka`.",
    (),
    _create,
    output=lambda _: "records",
    join=_join,
)
