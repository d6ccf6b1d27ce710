"""Standard output: every byte, and a clean end when the reader leaves."""

from __future__ import annotations

import os
import threading

import pytest

from tailrace.errors import SinkError
from tailrace.sinks import SinkFinished
from tailrace.sinks.stdout import StdoutSink


class Batch(bytes):
    rows = 1
    commit = None


def test_a_slow_reader_of_a_non_blocking_pipe_gets_every_byte() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    got: list[bytes] = []

    def read() -> None:
        while piece := os.read(reader, 5000):
            got.append(piece)

    thread = threading.Thread(target=read)
    thread.start()
    sink = StdoutSink(writer)
    payload = Batch(os.urandom(1 << 20))
    sink.write(payload)
    os.close(writer)
    thread.join()
    os.close(reader)
    assert b"".join(got) == payload
    assert not sink.rollback()


def test_a_reader_that_leaves_ends_the_run_without_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(SinkFinished):
        StdoutSink(writer).write(Batch(b"x\n"))
    os.close(writer)


def test_a_full_disk_behind_a_redirection_is_a_sink_error() -> None:
    with open("/dev/full", "wb") as full, pytest.raises(SinkError, match="No space left") as caught:  # noqa: PTH123
        StdoutSink(full.fileno()).write(Batch(b"x\n"))
    assert "last stored offset" in str(caught.value)
