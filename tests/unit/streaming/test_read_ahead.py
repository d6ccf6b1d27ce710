"""Reading ahead loses, repeats and reorders nothing, and ends when it is told to."""

from __future__ import annotations

import threading

import pytest

from tailrace.errors import ConnectionLost
from tailrace.streaming import ReadAhead


class Numbers:
    """Chunks that say their number, `count` of them; then an error, or nothing until it is closed."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self._numbers = iter(range(count))
        self._error = error
        self._closed = threading.Event()
        self.given = 0

    def recv_into(self, buffer: memoryview) -> int:
        number = next(self._numbers, None)
        if number is None:
            if self._error is None:
                self._closed.wait()
            raise self._error or ConnectionLost("closed")
        self.given += 1
        text = b"%d " % number
        buffer[: len(text)] = text
        return len(text)

    def close(self) -> None:
        self._closed.set()


def test_every_chunk_comes_once_in_order_and_the_error_behind_the_last() -> None:
    with ReadAhead(Numbers(1000, ConnectionLost("gone"))) as ahead:
        for number in range(1000):
            assert bytes(ahead.take()) == b"%d " % number
        with pytest.raises(ConnectionLost, match="gone"):
            ahead.take()


def test_it_does_not_read_on_while_nobody_takes() -> None:
    source = Numbers(1000)
    with ReadAhead(source) as ahead:
        for _ in range(10):
            ahead.take()
    # Ten that were taken, the one in hand among them, and at most the other three buffers.
    assert source.given <= 13


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_closing_ends_a_read_that_waits_for_the_source(taken: int) -> None:
    with ReadAhead(Numbers(3)) as ahead:
        for _ in range(taken):
            ahead.take()
    assert not [thread for thread in threading.enumerate() if thread.name == "tailrace-read"]
