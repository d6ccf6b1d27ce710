"""Reading ahead loses, repeats and reorders nothing, and ends when it is told to."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.errors import ConnectionLost
from tailrace.streaming import ReadAhead


class Numbers:
    """Chunks that say their number, one for each of `sizes`; then an error, or nothing until it is closed."""

    def __init__(self, sizes: list[int], error: Exception | None = None) -> None:
        self._numbers = iter(enumerate(sizes))
        self._error = error
        self._closed = threading.Event()
        self.given = 0
        self._more = threading.Condition()

    def recv_into(self, buffer: memoryview) -> int:
        number, size = next(self._numbers, (None, 0))
        if number is None:
            if self._error is None:
                self._closed.wait()
            raise self._error or ConnectionLost("closed")
        with self._more:
            self.given += 1
            self._more.notify_all()
        text = b"%d " % number
        buffer[: len(text)] = text
        return max(len(text), size)

    def close(self) -> None:
        self._closed.set()

    def reached(self, count: int) -> bool:
        with self._more:
            return self._more.wait_for(lambda: self.given >= count, 20)


LITTLE, MUCH = 1, 40_000


@given(st.lists(st.sampled_from([LITTLE, MUCH]), max_size=100))
@settings(deadline=None, max_examples=50)
def test_every_chunk_comes_once_in_order_and_the_error_behind_the_last(sizes: list[int]) -> None:
    with ReadAhead(Numbers(sizes, ConnectionLost("gone"))) as ahead:
        for number in range(len(sizes)):
            text = b"%d " % number
            assert bytes(ahead.take()[: len(text)]) == text
        with pytest.raises(ConnectionLost, match="gone"):
            ahead.take()


@pytest.mark.parametrize("size", [LITTLE, MUCH])
def test_it_does_not_read_on_while_nobody_takes(size: int) -> None:
    source = Numbers([size] * 1000)
    with ReadAhead(source) as ahead:
        for _ in range(10):
            ahead.take()
    # Ten that were taken, the one in hand among them, and at most the other three buffers.
    assert source.given <= 13


def test_it_reads_ahead_while_much_comes() -> None:
    source = Numbers([MUCH] * 10)
    with ReadAhead(source) as ahead:
        ahead.take()
        assert source.reached(4)


def test_a_quiet_source_has_no_thread() -> None:
    with ReadAhead(Numbers([LITTLE] * 10)) as ahead:
        for _ in range(10):
            ahead.take()
        assert not _threads()


@pytest.mark.parametrize("size", [LITTLE, MUCH])
@pytest.mark.parametrize("taken", [0, 1, 3])
def test_closing_ends_a_read_that_waits_for_the_source(taken: int, size: int) -> None:
    with ReadAhead(Numbers([size] * 3)) as ahead:
        for _ in range(taken):
            ahead.take()
    assert not _threads()


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "tailrace-read"]


@given(st.lists(st.sampled_from([LITTLE, MUCH]), min_size=1, max_size=60), st.sets(st.integers(0, 99)))
@settings(deadline=None, max_examples=50)
def test_whoever_is_woken_gets_nothing_once_and_misses_nothing(sizes: list[int], before: set[int]) -> None:
    steps, wakes, empty = 0, 0, 0
    source = Numbers(sizes)
    with ReadAhead(source) as ahead:
        number = 0
        while number < len(sizes):
            steps += 1
            if steps in before:
                ahead.wake()
                wakes += 1
            if taken := ahead.take():
                text = b"%d " % number
                assert bytes(taken[: len(text)]) == text
                number += 1
            else:
                empty += 1
        while empty < wakes:
            assert not ahead.take()
            empty += 1
        source.close()
        with pytest.raises(ConnectionLost):
            ahead.take()


def test_a_wake_ends_a_wait_from_the_second_bytes_on() -> None:
    with ReadAhead(Numbers([LITTLE] * 2)) as ahead:
        ahead.wake()
        assert [len(ahead.take()) for _ in range(3)].count(0) == 1
        waker = threading.Timer(0.05, ahead.wake)
        waker.start()
        assert not ahead.take()
        waker.join()
