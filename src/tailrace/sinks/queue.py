"""Batches handed to another thread of this process: what `tailrace.stream` iterates over."""

from __future__ import annotations

import threading
from collections import deque

from tailrace.sinks import Acknowledge, Batch, SinkFinished, SinkState


class QueueSink:
    """At least once: a batch is acknowledged when its reader comes back for the next one.

    `write` waits while `max_bytes` or more are queued, so a slow reader slows the source down, and memory stays
    bounded by `max_bytes` and one batch. `take` and `leave` are for the reader, from any thread.
    """

    def __init__(self, max_bytes: int = 8 << 20) -> None:
        self._max_bytes = max_bytes
        self._changed = threading.Condition()
        self._queue: deque[Batch] = deque()
        self._bytes = 0
        self._written = 0
        self._taken = 0
        self._finished = 0
        """Batches the reader is through with."""
        self._ended = False
        self._left = False

    def take(self, timeout: float | None = None) -> Batch | None:
        """The next batch; None: there will be no more. Raises TimeoutError. Says that the last one is done with."""
        with self._changed:
            self._finished = self._taken
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._queue or self._ended or self._left, timeout):
                raise TimeoutError
            if not self._queue or self._left:
                return None
            batch = self._queue.popleft()
            self._bytes -= batch.memory
            self._taken += 1
            self._changed.notify_all()
            return batch

    def leave(self) -> None:
        """The reader wants no more: the engine meets SinkFinished."""
        with self._changed:
            self._left = True
            self._queue.clear()
            self._changed.notify_all()

    def open(self, state: SinkState | None) -> SinkState:
        """There is nothing to agree about."""
        return state or {}

    def write(self, batch: Batch) -> None:
        """Waits for room. Raises SinkFinished when the reader has left."""
        with self._changed:
            self._changed.wait_for(lambda: self._bytes < self._max_bytes or self._left or self._ended)
            if self._left or self._ended:
                raise SinkFinished
            self._queue.append(batch)
            self._bytes += batch.memory
            self._written += 1
            self._changed.notify_all()

    def end_transaction(self) -> None:
        """Means nothing here."""

    def rollback(self) -> bool:
        """The reader may have it already."""
        return False

    def flush(self, *, final: bool = False) -> Acknowledge | None:  # noqa: ARG002 - part of the contract
        """What it returns waits until the reader is through with every batch written so far."""
        cut = self._written

        def acknowledge() -> SinkState:
            with self._changed:
                self._changed.wait_for(lambda: self._finished >= cut or self._left or self._ended)
                if self._finished < cut:
                    raise SinkFinished
            return {}

        return acknowledge

    def stored(self, state: SinkState) -> None:
        """Means nothing here."""

    def interrupt(self) -> None:
        """Nothing waits here for long."""

    def close(self) -> None:
        """The reader gets what is queued, then the end."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
