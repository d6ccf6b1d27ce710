"""How far the source's end is, and how soon it may purge what is not delivered yet: asked when somebody wants to know.

On a connection and in a thread of its own, never in the way of events. A connector that rests or has failed is
looked at too: it falls behind all the while, and what it has yet to read is purged without it.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Final

from tailrace._kernel import GtidSet
from tailrace.engine.progress import ProgressBoard
from tailrace.errors import TailraceError
from tailrace.model.offset import Offset
from tailrace.model.progress import Distance
from tailrace.mysql.connection import Connection
from tailrace.mysql.extent import BinlogExtent, read_binlog_extent

log = logging.getLogger(__name__)

_EVERY: Final = 10.0
"""Least pause between two looks, in seconds: SHOW BINARY LOGS opens each file of the server."""


class Lookout:
    """`ask` as often as you like."""

    def __init__(self, connect: Callable[[], Connection], board: ProgressBoard, stopping: threading.Event) -> None:
        self._connect = connect
        self._board = board
        self._stopping = stopping
        self._mutex = threading.Lock()
        self._looking = threading.Lock()
        self._connection: Connection | None = None
        self._next = 0.0

    def ask(self) -> None:
        """Begin a look, if the last one is old enough."""
        with self._mutex:
            if time.monotonic() < self._next:
                return
            self._next = math.inf
        threading.Thread(target=self._look, name="tailrace-lookout", daemon=True).start()

    def close(self) -> None:
        """After `stopping` was set: from here on no connection is kept between two looks."""
        with self._looking:
            self._drop()

    def _look(self) -> None:
        with self._looking:
            pause = _EVERY
            try:
                self._look_once()
            except TailraceError as error:
                log.debug("no look at the source: %s", error.message)
                self._board.look(None)
                self._drop()
                if self._stopping.is_set() and not error.retriable:
                    # A login that is refused would be refused each time, until the account is locked.
                    pause = math.inf
            finally:
                if self._stopping.is_set():
                    self._drop()
                self._next = time.monotonic() + pause

    def _look_once(self) -> None:
        # Kept: a hundred connectors that are looked at must not cost a hundred handshakes each time.
        self._connection = self._connection or self._connect()
        extent = read_binlog_extent(self._connection)
        progress = self._board.read()
        # What was delivered and not stored comes again when the connector begins again.
        delivered = progress.stored if self._stopping.is_set() else progress.offset
        self._board.look(distance(extent, delivered, progress.stored, time.time()))

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def distance(extent: BinlogExtent, delivered: Offset | None, stored: Offset | None, now: float) -> Distance:
    """What the binlog's extent means for a connector that has delivered and stored so much."""
    behind = _bytes_between(extent, delivered)
    gap = None
    if delivered is not None and delivered.gtids:
        gap = GtidSet(extent.end.gtids).subtract(GtidSet(delivered.gtids)).count()
    nothing_left = gap == 0 if gap is not None else behind == 0
    return Distance(
        at=now,
        gtid_gap=gap,
        bytes_behind=0 if gap == 0 else behind,
        bytes_to_purge=_bytes_before(extent, stored),
        seconds_to_purge=_seconds_to_purge(extent, stored, now, nothing_left=nothing_left),
    )


def _bytes_between(extent: BinlogExtent, offset: Offset | None) -> int | None:
    """From the offset to the end."""
    before = _bytes_before(extent, offset)
    return None if before is None else max(0, sum(size for _, size in extent.files) - before)


def _bytes_before(extent: BinlogExtent, offset: Offset | None) -> int | None:
    """From the beginning of the oldest file to the offset; None where the server has no such file."""
    if offset is None:
        return None
    before = 0
    for name, size in extent.files:
        if name == offset.file:
            return before + offset.position
        before += size
    return 0 if extent.files and _follows(extent.files[0][0], offset.file) else None


def _follows(file: str, other: str) -> bool:
    """Whether one file of the binlog comes after another of the same name."""
    base, _, number = file.rpartition(".")
    other_base, _, other_number = other.rpartition(".")
    return base == other_base and number.isdigit() and other_number.isdigit() and int(number) > int(other_number)


def _seconds_to_purge(extent: BinlogExtent, stored: Offset | None, now: float, *, nothing_left: bool) -> float | None:
    """A file is purged when its last write is too old: that is never before what follows the offset was committed."""
    if extent.expires_after is None:
        return math.inf
    if stored is None:
        return None
    if nothing_left:
        return extent.expires_after
    if not stored.timestamp_us:
        return None
    return stored.timestamp_us / 1e6 + extent.expires_after - now
