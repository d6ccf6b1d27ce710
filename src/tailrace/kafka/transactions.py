"""One Kafka transaction after another, shared by the sink that writes events and the storage that ends it.

The sink's thread writes until it says `cut`; from then on it waits, while the storage's thread adds the offset and
commits. A source transaction is therefore never split: the sink cuts only where one has ended.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from tailrace._kernel import Batch
from tailrace.config.kafka import KafkaConfig
from tailrace.errors import TailraceError
from tailrace.kafka.producer import KafkaProducer

Entry = tuple[str, bytes, bytes | None]
"""Topic, key, value (None: a tombstone)."""


class Transactions:
    """Whoever opens one later under the same id fences this one: its next commit fails."""

    def __init__(self, config: KafkaConfig, transactional_id: str) -> None:
        self._producer = KafkaProducer(config, transactional_id)
        self._producer.init_transactions()
        self._changed = threading.Condition()
        self._cut = False
        self._failed: TailraceError | None = None
        self._began: float | None = None
        self.interrupt = self._producer.interrupt

    @property
    def old(self) -> bool:
        """Whether the open transaction nears the age at which the broker aborts it."""
        return self._began is not None and time.monotonic() - self._began > self._producer.transaction_timeout / 2

    def produce(self, batch: Batch, start: int, end: int) -> None:
        """Records of a batch, after the cut that is being committed."""
        with self._changed:
            while self._cut and self._failed is None:
                self._changed.wait()
            if self._failed is not None:
                raise self._failed
        self._begin()
        self._producer.produce(batch, start, end)

    def cut(self) -> None:
        """What was written belongs to the next commit, and nothing else."""
        with self._changed:
            self._cut = True

    def commit(self, entries: Iterable[Entry] = ()) -> None:
        """Entries and what was written, all or none."""
        try:
            self._begin()
            for topic, key, value in entries:
                self._producer.send(topic, key, value)
            self._producer.commit()
        except TailraceError as error:
            self._failed = error
            raise
        finally:
            self._began = None
            with self._changed:
                self._cut = False
                self._changed.notify_all()

    def _begin(self) -> None:
        if self._began is None:
            self._producer.begin()
            self._began = time.monotonic()

    def abort(self) -> None:
        """Drop what was written since the last commit."""
        if self._began is not None and self._failed is None:
            self._began = None
            self._producer.abort()
