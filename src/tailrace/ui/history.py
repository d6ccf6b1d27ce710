"""How each connector of this worker has fared lately, so that who opens the console sees more than this moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tailrace.model.progress import Progress

SECONDS = 2.0
"""Between two looks."""
KEPT = 900
"""Half an hour of them, a hundred bytes each."""
_RATE_LOOKS = 5
"""So many back, a rate is counted from."""


class Sample(NamedTuple):
    """Of one moment, seconds since the epoch."""

    at: float
    lag: float | None
    """Seconds; None: not known."""
    events: int
    bytes: int
    """Delivered since the engine's start."""
    queue: float
    """Share of it that is taken."""


class History:
    """A thread looks every two seconds, from `start` to `stop`; it asks no server anything."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[Sample]] = {}
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, look: Callable[[], Iterable[Progress]]) -> None:
        """`look`: at all connectors that run here."""
        self._thread = threading.Thread(target=self._run, args=(look,), name="tailrace-console", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Twice is once."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def take(self, found: Iterable[Progress], at: float) -> None:
        """A sample of each; what is no longer there is forgotten."""
        kept = self._samples
        self._samples = {}
        for each in found:
            samples = kept.get(each.name) or deque(maxlen=KEPT)
            queue = each.queue_bytes / each.queue_capacity if each.queue_capacity else 0.0
            samples.append(Sample(at, each.lag, each.events, each.bytes, queue))
            self._samples[each.name] = samples

    def of(self, name: str, since: float = 0.0) -> Sequence[Sample]:
        """After a moment, oldest first."""
        return [sample for sample in tuple(self._samples.get(name, ())) if sample.at > since]

    def rates(self, name: str) -> tuple[float | None, float | None]:
        """(events, bytes) a second, of the last ten seconds; None: not known."""
        last = tuple(self._samples.get(name, ()))[-_RATE_LOOKS - 1 :]
        # A restarted engine counts from nothing.
        if len(last) <= 1 or any(after.events < before.events for before, after in pairwise(last)):
            return None, None
        first, end = last[0], last[-1]
        elapsed = end.at - first.at
        return (end.events - first.events) / elapsed, (end.bytes - first.bytes) / elapsed

    def _run(self, look: Callable[[], Iterable[Progress]]) -> None:
        while not self._ending.wait(SECONDS):
            self.take(look(), time.time())
