"""Reading the next bytes while the last are decoded."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Protocol, Self

_CHUNK = 256 * 1024
"""Bytes asked of the socket at once: large enough that Python's share vanishes, small enough to stay in cache."""
_CHUNKS = 4
_NOTHING = memoryview(b"")


class ByteSource(Protocol):
    """An open binlog stream."""

    def recv_into(self, buffer: memoryview) -> int:
        """Bytes read, at least one; raises ConnectionLost at the end or when nothing comes for too long."""

    def close(self) -> None:
        """Ends the stream: `recv_into`, in another thread, raises at once."""


class ReadAhead:
    """Reads a source in a thread of its own, as far ahead as its four buffers reach. For one consumer."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._free: SimpleQueue[memoryview | None] = SimpleQueue()
        self._filled: SimpleQueue[tuple[memoryview, int] | BaseException | None] = SimpleQueue()
        self._lent: memoryview | None = None
        for _ in range(_CHUNKS):
            self._free.put(memoryview(bytearray(_CHUNK)))
        self._thread = threading.Thread(target=self._read, name="tailrace-read", daemon=True)

    def take(self) -> memoryview:
        """The next bytes, of use until the next call; none where `wake` was called. Raises what the source raised,
        behind all that it gave.
        """
        if self._lent is not None:
            self._free.put(self._lent)
            self._lent = None
        item = self._filled.get()
        if item is None:
            return _NOTHING
        if isinstance(item, BaseException):
            raise item
        self._lent, count = item
        return self._lent[:count]

    def wake(self) -> None:
        """Lets `take` return, behind all that has come; callable from any thread."""
        self._filled.put(None)

    def _read(self) -> None:
        try:
            while (buffer := self._free.get()) is not None:
                self._filled.put((buffer, self._source.recv_into(buffer)))
        except BaseException as error:  # noqa: BLE001 - raised in the consumer's thread
            self._filled.put(error)

    def __enter__(self) -> Self:
        """Begins to read."""
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Ends the stream, and waits for the thread."""
        self._source.close()
        self._free.put(None)
        self._thread.join()
