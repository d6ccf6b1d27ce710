"""Reading the next bytes while the last are decoded."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol, Self

_CHUNK = 256 * 1024
"""Bytes asked of the socket at once: large enough that Python's share vanishes, small enough to stay in cache."""
_CHUNKS = 4
_MUCH = 32 * 1024
"""Bytes that came at once: there is more behind them."""
_NOTHING = memoryview(b"")


class ByteSource(Protocol):
    """An open binlog stream."""

    def recv_into(self, buffer: memoryview) -> int:
        """Bytes read, at least one; raises ConnectionLost at the end or when nothing comes for too long."""

    def close(self) -> None:
        """Ends the stream: `recv_into`, in another thread, raises at once."""


class ReadAhead:
    """Reads a source in a thread while much comes, as far ahead as its four buffers reach. For one consumer.

    While little comes the consumer reads by itself: to hand every few bytes from thread to thread would be most of what
    the connector of a quiet server costs. From the first `wake` on the thread reads whatever comes.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._hand: memoryview | None = memoryview(bytearray(_CHUNK))
        """The buffer that the consumer has, of which it got a part."""
        self._thread: threading.Thread | None = None
        self._ahead = False
        """Whether the next bytes are the thread's to read, or have been read by it."""
        self._woken = False
        self._go: SimpleQueue[bool] = SimpleQueue()
        self._free: SimpleQueue[memoryview | None] = SimpleQueue()
        self._filled: SimpleQueue[_Filled | BaseException | None] = SimpleQueue()

    def take(self) -> memoryview:
        """The next bytes, of use until the next call; none where `wake` was called. Raises what the source raised,
        behind all that it gave.
        """
        if self._woken and not self._ahead:
            self._read_ahead()
        if not self._ahead and self._hand is not None:
            count = self._source.recv_into(self._hand)
            if count >= _MUCH:
                self._read_ahead()
            return self._hand[:count]
        if self._hand is not None:
            self._free.put(self._hand)
            self._hand = None
        item = self._filled.get()
        if item is None:
            return _NOTHING
        if isinstance(item, BaseException):
            raise item
        self._hand, self._ahead = item.buffer, not item.last
        return item.buffer[: item.count]

    def wake(self) -> None:
        """Lets `take` return, behind all that has come; callable from any thread.

        The first time it may take until the next bytes come, which are the source's heartbeat at the latest.
        """
        self._woken = True
        self._filled.put(None)

    def _read_ahead(self) -> None:
        self._ahead = True
        if self._thread is None:
            for _ in range(_CHUNKS - 1):
                self._free.put(memoryview(bytearray(_CHUNK)))
            self._thread = threading.Thread(target=self._read, name="tailrace-read", daemon=True)
            self._thread.start()
        self._go.put(item=True)

    def _read(self) -> None:
        try:
            while self._go.get():
                last = False
                while not last:
                    if (buffer := self._free.get()) is None:
                        return
                    count = self._source.recv_into(buffer)
                    last = count < _MUCH and not self._woken
                    self._filled.put(_Filled(buffer, count, last))
        except BaseException as error:  # noqa: BLE001 - raised in the consumer's thread
            self._filled.put(error)

    def __enter__(self) -> Self:
        """Nothing is read before it is taken."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Ends the stream, and waits for the thread."""
        self._source.close()
        if self._thread is not None:
            self._free.put(None)
            self._go.put(item=False)
            self._thread.join()


@dataclass(frozen=True, slots=True)
class _Filled:
    buffer: memoryview
    count: int
    last: bool
    """The thread has stopped after it."""
