"""What was found out a moment ago is not asked for again: ten open consoles cost a server what one costs it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tailrace.errors import TailraceError

T = TypeVar("T")

_MOST = 256


@dataclass(slots=True)
class _Entry:
    mutex: threading.Lock = field(default_factory=threading.Lock)
    at: float = float("-inf")
    value: Any = None
    error: TailraceError | None = None


class Recent:
    """For any thread. Failures are remembered too: a server that is away is not dialled by everybody in turn."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._mutex = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def get(self, key: Hashable, seconds: float, make: Callable[[], T]) -> T:
        """What `make` gave at most so many seconds ago, or gives now. Raises what it raised, if a TailraceError."""
        entry = self._entry(key)
        with entry.mutex:
            if self._clock() - entry.at > seconds:
                try:
                    entry.value, entry.error = make(), None
                except TailraceError as error:
                    entry.value, entry.error = None, error
                entry.at = self._clock()
            if entry.error is not None:
                raise entry.error
            value: T = entry.value
            return value

    def _entry(self, key: Hashable) -> _Entry:
        with self._mutex:
            entry = self._entries.pop(key, None) or _Entry()
            self._entries[key] = entry
            while len(self._entries) > _MOST:
                self._entries.popitem(last=False)
            return entry
