"""Notifications of one run: kept for whoever asks, and sent by the channels that the configuration names."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence

from tailrace._kernel import Batch
from tailrace.config import Config
from tailrace.engine.announce import Announcer
from tailrace.model.notification import Notification, Numbered

_KEPT = 100
_PIECE = "IN_PROGRESS"
"""Of a piece of a snapshot."""


class Notifications:
    """Told by the capture's thread alone; read by any."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._last: deque[Numbered] = deque(maxlen=_KEPT)
        self._number = 0
        self._send: Sequence[Callable[[Notification], None]] = ()
        self._announcer: Announcer | None = None
        self._hand_over: Callable[[Batch], None] | None = None

    def open(self, announcer: Announcer, hand_over: Callable[[Batch], None]) -> None:
        """`hand_over` takes the record of the notification topic."""
        channels = self._config.notifications
        if channels.log or channels.webhook is not None:
            from tailrace.notifications import notifiers  # noqa: PLC0415 - start-up time

            self._send = notifiers(channels)
        self._announcer = announcer
        self._hand_over = hand_over

    @property
    def last(self) -> tuple[Numbered, ...]:
        """The last hundred, oldest first; of the pieces of a snapshot that follow one another the last."""
        return tuple(self._last)

    def tell(self, aggregate: str, kind: str, signal: str = "", **data: str) -> None:
        """`signal`: id of the signal that caused it."""
        notification = Notification(
            signal or str(uuid.uuid4()),
            aggregate,
            kind,
            time.time_ns() // 1_000_000,
            {"connector_name": self._config.name} | data,
        )
        # By the clock, so that those of the next run have greater numbers without anything being stored.
        self._number = max(self._number + 1, time.time_ns() // 1000)
        numbered = Numbered(self._number, notification)
        if kind == _PIECE and self._last and self._last[-1].notification.type == _PIECE:
            # There may be thousands a second, and what came before them is worth more than the last but one of them.
            self._last[-1] = numbered
        else:
            self._last.append(numbered)
        for send in self._send:
            send(notification)
        if self._config.notifications.topic is None or self._announcer is None or self._hand_over is None:
            return
        batch = self._announcer.notification(self._config.notifications.topic, notification)
        if batch is not None:
            self._hand_over(batch)
