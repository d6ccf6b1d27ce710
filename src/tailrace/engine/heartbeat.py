"""The statement that each heartbeat runs on the source, so that a quiet server's offset moves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tailrace.errors import ConfigError, SourceError
from tailrace.mysql.connection import Connection

log = logging.getLogger(__name__)

_SYNTAX_ERRORS = frozenset({1046, 1049, 1064, 1142, 1146})
"""No database chosen, no such database, syntax, no privilege, no such table: waiting mends none of them."""


class HeartbeatQuery:
    """Runs `statement` every `interval` seconds on a connection of its own, until `stopping` is set."""

    def __init__(
        self, connect: Callable[[], Connection], statement: str, interval: float, stopping: threading.Event
    ) -> None:
        self._connect = connect
        self._statement = statement
        self._interval = interval
        self._stopping = stopping

    def run(self) -> None:
        """Raises ConfigError where the statement itself is refused; a lost connection is tried again."""
        while not self._stopping.wait(self._interval):
            try:
                with self._connect() as connection:
                    while True:
                        connection.query(self._statement)
                        if self._stopping.wait(self._interval):
                            return
            except SourceError as error:
                if error.server_code in _SYNTAX_ERRORS:
                    hint = "correct heartbeat.action.query, or give the user the privilege it needs"
                    raise ConfigError(f"heartbeat.action.query: {error.message}", hint=hint) from error
                log.warning("heartbeat.action.query: %s", error.message)
