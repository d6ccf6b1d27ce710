"""The queue between capture and delivery, bounded by the bytes it holds."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from tailrace._kernel import Batch
from tailrace.model.incremental import Incremental
from tailrace.model.offset import Offset


@dataclass(frozen=True, slots=True)
class Delivery:
    """One step of the capture; what it says holds after everything before it in the queue."""

    batch: Batch | None = None
    history: tuple[str, ...] = ()
    """Schema history records; they are stored with the next offset."""
    clear_history: bool = False
    prepared: tuple[int, ...] = ()
    """Holds of XA transactions that are complete now."""
    forgotten: tuple[int, ...] = ()
    """Holds of XA transactions that have ended."""
    rollback: bool = False
    """Drop what came after the last transaction end."""
    offset: Offset | None = None
    """A transaction end behind the batch, or outside any: the beginning or the end of a snapshot, a piece of one."""
    incremental: Incremental | None = None
    """Incremental snapshots under way at the transaction end in the batch."""

    @property
    def size(self) -> int:
        """Bytes it counts for in the queue."""
        return self.batch.memory if self.batch is not None else 0


class Closed(Exception):
    """The other side has ended."""


class DeliveryQueue:
    """`put` waits while more than `limit` bytes are queued, so that a slow sink slows the source."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[Delivery] = deque()
        self._bytes = 0
        self._ended = False
        self._abandoned = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    @property
    def bytes(self) -> int:
        """Bytes queued now."""
        return self._bytes

    def put(self, item: Delivery) -> None:
        """Raises Closed once `abandon` was called."""
        with self._changed:
            # One item always fits: an event may be larger than the limit.
            while self._bytes and self._bytes + item.size > self._limit and not self._abandoned:
                self._changed.wait()
            if self._abandoned:
                raise Closed
            self._items.append(item)
            self._bytes += item.size
            self._changed.notify_all()

    def get(self, timeout: float | None) -> Delivery | None:
        """The next step; None after `timeout` seconds. Raises the capture's error, or Closed at its end."""
        with self._changed:
            if not self._items and not self._ended:
                self._changed.wait(timeout)
            if self._items:
                item = self._items.popleft()
                self._bytes -= item.size
                self._changed.notify_all()
                return item
            if self._error is not None:
                raise self._error
            if self._ended:
                raise Closed
            return None

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more comes; what is queued is still delivered."""
        with self._changed:
            self._ended = True
            self._error = error
            self._changed.notify_all()

    def abandon(self) -> None:
        """Nothing more is taken."""
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()
