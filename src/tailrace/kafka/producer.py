"""A producer that waits for room, and turns what librdkafka tells into errors for people."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from tailrace._kernel import Batch, KafkaFailure
from tailrace._kernel import Producer as KernelProducer
from tailrace.config.kafka import KafkaConfig
from tailrace.errors import ConfigError, DestinationLost, SinkError
from tailrace.kafka import client

log = logging.getLogger("tailrace.kafka")

DEFAULTS = {
    "acks": "all",
    "enable.idempotence": "true",
    # JSON shrinks to a quarter at a tenth of the cost of sending it whole.
    "compression.type": "lz4",
    "linger.ms": "5",
    "batch.size": "1000000",
    "queue.buffering.max.messages": "100000",
    "queue.buffering.max.kbytes": "65536",
    # A broker that is away for minutes comes back; what waits for it bounds itself.
    "message.timeout.ms": "0",
    # Keys go where Java's default partitioner puts them.
    "partitioner": "murmur2_random",
}
"""Settings of librdkafka that `producer.override.*` may change."""
_FIXED = {"delivery.report.only.error": "true", "log.queue": "true"}
TRANSACTION_TIMEOUT = 300.0
"""Seconds; the broker aborts a transaction that is older."""
_POLL = 0.1


class KafkaProducer:
    """Used by one thread at a time, but for `interrupt`. Raises SinkError."""

    def __init__(self, config: KafkaConfig, transactional_id: str | None = None) -> None:
        properties = DEFAULTS | client.base(config, config.producer, "producer.override.") | _FIXED
        self._transactional = transactional_id is not None
        self.transaction_timeout = TRANSACTION_TIMEOUT
        if transactional_id is not None:
            properties["transactional.id"] = transactional_id
            properties.setdefault("transaction.timeout.ms", str(int(TRANSACTION_TIMEOUT * 1000)))
            self.transaction_timeout = int(properties["transaction.timeout.ms"]) / 1000
            # Its records cannot outlive a transaction.
            if properties["message.timeout.ms"] == "0":
                properties["message.timeout.ms"] = properties["transaction.timeout.ms"]
        try:
            self._kernel = KernelProducer(client.library(), list(properties.items()))
        except ValueError as error:
            raise ConfigError(f"producer.override.*: {error}") from None
        self._where = config.bootstrap
        self._grace = config.timeout
        self._give_up = threading.Event()

    def interrupt(self) -> None:
        """The run is to end: what cannot be written within the grace time is left for the next run."""
        self._give_up.set()

    def produce(self, batch: Batch, start: int, end: int) -> None:
        """Records `start`..`end` of a batch, waiting for room."""
        deadline = None
        while True:
            try:
                start = self._kernel.produce(batch, start, end)
            except KafkaFailure as failure:
                raise self._refused("an event cannot be written", failure) from None
            self.check(0.0 if start == end else _POLL)
            if start == end:
                return
            deadline = self._in_time(deadline)

    def send(self, topic: str, key: bytes | None, value: bytes | None, partition: int | None = None) -> None:
        """One record, waiting for room."""
        deadline = None
        try:
            while not self._kernel.send(topic, key, value, partition):
                self.check(_POLL)
                deadline = self._in_time(deadline)
        except KafkaFailure as failure:
            raise self._refused(f"a record of {topic} cannot be written", failure) from None

    def drain(self) -> None:
        """Wait until all is acknowledged."""
        deadline = None
        while self._kernel.flush(_POLL):
            self.check(0.0)
            deadline = self._in_time(deadline)
        self.check(0.0)

    def _in_time(self, deadline: float | None) -> float | None:
        if not self._give_up.is_set():
            return None
        deadline = deadline or time.monotonic() + self._grace
        if time.monotonic() > deadline:
            message = f"Kafka did not take the last events within {self._grace:g} s of the end"
            raise DestinationLost(message, where=self._where, hint="nothing is lost: they come again at the next start")
        return deadline

    def check(self, timeout: float) -> None:
        """Log what librdkafka says; raise what cannot be mended by waiting."""
        lost = None
        for kind, name, text in self._kernel.poll(timeout):
            if kind == "fatal" or (kind == "error" and name in client.HINTS):
                raise client.refused("events cannot be written", name, text, self._where)
            if kind == "lost":
                lost = lost or KafkaFailure(name, text, "abort" if self._transactional else "")
            else:
                log.log(logging.DEBUG if kind == "log" else logging.WARNING, "%s: %s", name, text)
        if lost is not None:
            raise self._refused("an event was not taken", lost)

    # Transactions

    def init_transactions(self) -> None:
        """Fence those who wrote under this id before; what they left open is aborted."""
        self._transaction(lambda: self._kernel.init_transactions(self._grace), "transactions cannot be begun")

    def begin(self) -> None:
        """Begin a transaction."""
        self._transaction(self._kernel.begin_transaction, "a transaction cannot be begun")

    def commit(self) -> None:
        """Commit: all of it is there, or none."""
        self._patiently(self._kernel.commit_transaction, "the transaction cannot be committed")

    def abort(self) -> None:
        """Drop what was written since the transaction began."""
        self._kernel.purge()
        self._patiently(self._kernel.abort_transaction, "the transaction cannot be aborted")

    def _patiently(self, step: Callable[[float], None], what: str) -> None:
        """A step that waits for records: those that failed count until they are asked about."""
        deadline = time.monotonic() + self.transaction_timeout
        asked = None
        while True:
            try:
                step(_POLL)
            except KafkaFailure as failure:
                name, _, kind = failure.args
                if name != "_TIMED_OUT" or kind != "retriable" or time.monotonic() > deadline:
                    raise self._refused(what, failure) from None
            else:
                return
            self.check(0.0)
            asked = self._in_time(asked)

    def _transaction(self, work: Callable[[], None], what: str) -> None:
        try:
            work()
        except KafkaFailure as failure:
            raise self._refused(what, failure) from None

    def _refused(self, what: str, failure: KafkaFailure) -> SinkError:
        name, text, kind = failure.args
        if self._transactional and (kind == "abort" or name == "_STATE") and name not in client.HINTS:
            if (fatal := self._abandon()) is None:
                hint = "it is tried again from the last stored offset"
                return DestinationLost(f"{what}: {text}", where=self._where, hint=hint)
            name, text, _ = fatal.args
        return client.refused(what, name, text, self._where)

    def _abandon(self) -> KafkaFailure | None:
        """Ends a transaction that cannot be committed. Only the coordinator knows whether that is because another
        process has taken over: trying again would fence it in turn. None: nobody has.
        """
        self._kernel.purge()
        deadline = time.monotonic() + self._grace
        while True:
            try:
                self._kernel.abort_transaction(_POLL)
            except KafkaFailure as failure:
                if failure.args[2] == "fatal" or failure.args[0] in client.FENCED:
                    return failure
                if time.monotonic() > deadline:
                    return None
                # Deliveries that failed are waited for until they are asked about.
                self._kernel.poll(0.0)
            else:
                return None
