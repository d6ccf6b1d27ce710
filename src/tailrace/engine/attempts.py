"""What depends on the server: tried again after an error that may pass, and ended when the run is to end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tailrace.config.engine import EngineConfig
from tailrace.engine.progress import ProgressBoard
from tailrace.errors import TailraceError
from tailrace.model.progress import State

log = logging.getLogger(__name__)
Result = TypeVar("Result")

_FIRST_PAUSE = 0.05
"""Seconds before the first new attempt; each further pause is twice as long, up to the configured limit."""


class Attempts:
    """Of the capture's thread; `interrupt` may be called from any."""

    def __init__(self, config: EngineConfig, board: ProgressBoard, stopping: threading.Event) -> None:
        self._config = config
        self._board = board
        self._stopping = stopping
        self._ends: set[Callable[[], None]] = set()

    @property
    def stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stopping.is_set()

    def pause(self, milliseconds: int) -> bool:
        """Wait, but not beyond the end of the run; whether it is to end."""
        return self._stopping.wait(milliseconds / 1000)

    @contextmanager
    def interruptible(self, *ends: Callable[[], None]) -> Iterator[None]:
        """While inside, `interrupt` may end what waits; whoever enters asks next whether it came too early for that."""
        self._ends.update(ends)
        try:
            yield
        finally:
            self._ends.difference_update(ends)

    def interrupt(self) -> None:
        """End what waits for the server, after `stopping` was set."""
        for end in tuple(self._ends):
            end()

    def retry(self, attempt: Callable[[], Result], state: State) -> Result | None:
        """`attempt` until it returns; after a retriable error again, ever more slowly. None if stopped."""
        limit, pause, failures = self._config.max_retries, _FIRST_PAUSE, 0
        self._board.enter(state)
        while not self.stopped:
            began = self._board.read().events
            try:
                return attempt()
            except TailraceError as error:
                if self.stopped:
                    return None
                if not error.retriable:
                    raise
                if self._board.read().events > began:
                    failures, pause = 0, _FIRST_PAUSE
                failures += 1
                if limit is not None and failures > limit:
                    raise
                self._board.enter(State.RECONNECTING, error.message)
                log.warning("%s; next attempt in %.2f s", error.message, pause)
                self._stopping.wait(pause)
                pause = min(pause * 2, self._config.retry_wait_ms / 1000)
        return None
