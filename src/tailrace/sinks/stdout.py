"""One JSON event a line on standard output, at least once."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

from tailrace.sinks import (
    LINE_FORMAT,
    Acknowledge,
    Batch,
    Sink,
    SinkFinished,
    SinkState,
    SinkType,
    line_output,
    refused,
)

if TYPE_CHECKING:
    from tailrace.config import Values


class StdoutSink:
    """What is written is gone: nothing can be taken back."""

    def __init__(self, fd: int | None = None) -> None:
        self._fd = sys.stdout.fileno() if fd is None else fd

    def open(self, state: SinkState | None) -> SinkState:
        """There is nothing to agree about."""
        return state or {}

    def write(self, batch: Batch) -> None:
        """Raises SinkFinished when the reader has closed the pipe."""
        view = memoryview(batch)
        try:
            while view:
                view = view[self._write_some(view) :]
        except BrokenPipeError:
            raise SinkFinished from None
        except OSError as error:
            raise refused(error, "standard output") from error

    def _write_some(self, view: memoryview) -> int:
        try:
            return os.write(self._fd, view)
        except BlockingIOError:  # a terminal or pipe that something else has made non-blocking
            select.select([], [self._fd], [])
            return 0

    def end_transaction(self) -> None:
        """Means nothing here."""

    def rollback(self) -> bool:
        """Nothing can be taken back."""
        return False

    def flush(self, *, final: bool = False) -> Acknowledge | None:  # noqa: ARG002 - part of the contract
        """What was written is with the reader's kernel."""
        return dict

    def stored(self, state: SinkState) -> None:
        """Means nothing here."""

    def interrupt(self) -> None:
        """Nothing waits here for long."""

    def close(self) -> None:
        """Standard output stays open."""


def _create(_connector: str, _values: Values) -> Sink:
    return StdoutSink()


STDOUT = SinkType(
    "stdout",
    "One JSON event a line on standard output, at least once.",
    (LINE_FORMAT,),
    _create,
    output=line_output,
)
