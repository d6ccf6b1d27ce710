"""Notifications as HTTP POST: from a thread of their own, so that no answer is waited for."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
import urllib.request

from tailrace.model.notification import Notification

log = logging.getLogger(__name__)

_WAITING = 1000
"""Notifications kept for a server that does not answer; those that find no room are dropped, and it is said."""
_TRIES = 4
_TIMEOUT_SECONDS = 10


class Webhook:
    """Sends one after the other, each a few times if need be."""

    def __init__(self, url: str, pause: float = 1.0) -> None:
        """`pause` in seconds before the second try, twice as long before each that follows."""
        self._url = url
        self._pause = pause
        self._waiting: queue.Queue[Notification] = queue.Queue(_WAITING)
        threading.Thread(target=self._run, name="tailrace-webhook", daemon=True).start()

    def send(self, notification: Notification) -> None:
        """Returns at once."""
        try:
            self._waiting.put_nowait(notification)
        except queue.Full:
            log.warning("a notification is dropped: %d wait for the webhook already", _WAITING)

    def _run(self) -> None:
        while True:
            notification = self._waiting.get()
            for attempt in range(_TRIES):
                try:
                    self._post(notification)
                    break
                except (OSError, ValueError) as error:
                    problem = error
                time.sleep(self._pause * 2**attempt)
            else:
                log.warning("a notification is dropped: the webhook does not take it: %s", problem)

    def _post(self, notification: Notification) -> None:
        request = urllib.request.Request(  # noqa: S310 -- the configuration takes http and https only
            self._url, json.dumps(notification.document()).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 -- as above
            pass
