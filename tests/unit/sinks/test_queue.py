"""Batches for a reader in the same process: bounded, and acknowledged only when the reader is through."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tailrace.sinks import SinkFinished
from tailrace.sinks.queue import QueueSink

if TYPE_CHECKING:
    from collections.abc import Callable


class Batch(bytes):
    rows = 1
    commit = None

    @property
    def memory(self) -> int:
        return len(self)


def started(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    result: list[object] = []

    def run() -> None:
        try:
            result.append(work())
        except SinkFinished:
            result.append(SinkFinished)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, result


def test_batches_come_out_in_order_and_then_the_end() -> None:
    sink = QueueSink()
    for text in (b"a", b"b"):
        sink.write(Batch(text))
    sink.close()
    assert [sink.take(), sink.take(), sink.take(), sink.take()] == [b"a", b"b", None, None]


def test_a_batch_is_acknowledged_only_when_the_reader_comes_back() -> None:
    sink = QueueSink()
    sink.write(Batch(b"a"))
    acknowledge = sink.flush(final=True)
    assert acknowledge
    assert sink.take() == b"a"
    thread, result = started(acknowledge)
    with pytest.raises(TimeoutError):
        sink.take(timeout=0)
    thread.join()
    assert result == [{}]


def test_a_reader_that_leaves_in_the_middle_of_a_batch_has_not_acknowledged_it() -> None:
    sink = QueueSink()
    sink.write(Batch(b"a"))
    acknowledge = sink.flush()
    assert acknowledge
    sink.take()
    sink.leave()
    with pytest.raises(SinkFinished):
        acknowledge()
    with pytest.raises(SinkFinished):
        sink.write(Batch(b"b"))


def test_a_slow_reader_holds_the_writer_back() -> None:
    sink = QueueSink(max_bytes=4)
    sink.write(Batch(b"abcd"))
    thread, result = started(lambda: sink.write(Batch(b"e")))
    with pytest.raises(TimeoutError):
        QueueSink().take(timeout=0.05)  # time for the writer to run, had it not been held
    assert result == []
    assert sink.take() == b"abcd"
    thread.join()
    assert result == [None]
    assert sink.take() == b"e"


def test_leaving_wakes_a_writer_that_waits() -> None:
    sink = QueueSink(max_bytes=1)
    sink.write(Batch(b"a"))
    thread, result = started(lambda: sink.write(Batch(b"b")))
    sink.leave()
    thread.join()
    assert result == [SinkFinished]
    assert sink.take() is None
