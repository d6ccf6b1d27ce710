"""A table read piece by piece, ahead of the stream, in a thread and on a connection of its own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailrace._kernel import Chunk
from tailrace.errors import ConnectionLost, SourceError, TailraceError
from tailrace.mysql.failure import from_kernel
from tailrace.snapshot.keyset import key_of, places, select_greatest, select_piece

if TYPE_CHECKING:
    from tailrace._kernel import Plan
    from tailrace.model.incremental import Key
    from tailrace.model.table import Table
    from tailrace.mysql.connection import Connection
    from tailrace.snapshot.watermarks import Place, Watermarks

_log = logging.getLogger(__name__)

_AHEAD: Final = 8
_AHEAD_BYTES: Final = 16 << 20
"""Pieces, and bytes of them, that wait for the stream: more would only be older."""
_READ_BYTES: Final = 256 * 1024
_PAUSE_SECONDS: Final = 0.5
"""Before a lost connection is opened again."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A table from `last` to its end."""

    table: Table
    plan: Plan
    key: tuple[str, ...]
    rows: int
    """Of one piece."""
    condition: str | None = None
    last: Key | None = None
    greatest: Key | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one SELECT gave."""

    chunk: Chunk
    seen: Place
    """The SELECT saw all of this."""
    until: Place
    """What it saw lies before this."""
    last: Key | None
    """The last row's key; None: no row."""
    greatest: Key | None
    final: bool
    """No row is left behind these."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The server refused the SELECT."""

    error: TailraceError
    until: Place | None
    """If a statement at the source is the reason, it lies before this; None: it is not known."""


class Scanner:
    """Reads until the table ends, `cancel` is called, or a SELECT fails."""

    def __init__(
        self,
        scan: Scan,
        connect: Callable[[], Connection],
        watermarks: Callable[[Connection, Callable[[], bool]], Watermarks],
        notify: Callable[[], None],
    ) -> None:
        """`notify` is called, in the scanner's thread, when `peek` has something new."""
        self._scan = scan
        self._connect = connect
        self._watermarks = watermarks
        self._notify = notify
        self._ready: deque[Piece | Failed] = deque()
        self._room = threading.Condition()
        self._cancelled = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="tailrace-incremental", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def take(self) -> Piece | Failed | None:
        """The next piece, if one is there."""
        with self._room:
            if not self._ready:
                return None
            self._room.notify()
            return self._ready.popleft()

    def cancel(self) -> None:
        """Nothing more is wanted. Does not wait for the thread."""
        with self._room:
            self._cancelled = True
            self._room.notify()
            connection = self._connection
        if connection is not None:
            connection.abort()

    def join(self) -> None:
        """After `cancel`: until the thread has ended."""
        self._thread.join()

    def _run(self) -> None:
        reading = _Reading(self._scan)
        while not self._cancelled:
            try:
                with self._connect() as connection:
                    self._connection = connection
                    self._read(connection, reading)
            except SourceError as error:
                if self._cancelled:
                    return
                if not isinstance(error, ConnectionLost):
                    self._put(Failed(error, self._place()))
                    return
                _log.warning("incremental snapshot of %s: %s; going on", self._scan.table.id, error.message)
                with self._room:
                    self._room.wait_for(lambda: self._cancelled, _PAUSE_SECONDS)
            except TailraceError as error:
                self._put(Failed(error, None))
                return
            else:
                return

    def _read(self, connection: Connection, reading: _Reading) -> None:
        marks = self._watermarks(connection, lambda: self._cancelled)
        while not self._cancelled:
            piece = reading.next(connection, marks)
            self._put(piece)
            if piece.final:
                return
            with self._room:
                self._room.wait_for(lambda: self._cancelled or self._has_room())

    def _has_room(self) -> bool:
        waiting = sum(piece.chunk.memory for piece in self._ready if isinstance(piece, Piece))
        return len(self._ready) < _AHEAD and waiting < _AHEAD_BYTES

    def _put(self, piece: Piece | Failed) -> None:
        with self._room:
            self._ready.append(piece)
        self._notify()

    def _place(self) -> Place | None:
        """The server's place now: the statement that a failed SELECT stumbled over lies before it."""
        try:
            with self._connect() as connection:
                return self._watermarks(connection, lambda: self._cancelled).now()
        except TailraceError:
            return None


class _Reading:
    """How far a scan is, across connections."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._last = scan.last
        self._greatest = scan.greatest
        self._buffer = memoryview(bytearray(_READ_BYTES))

    def next(self, connection: Connection, marks: Watermarks) -> Piece:
        scan = self._scan
        seen = marks.before()
        if self._greatest is None:
            end = self._select(connection, select_greatest(scan.table, scan.key, scan.condition))
            self._greatest = self._last_key(end)
            if self._greatest is None:
                return Piece(end, seen, marks.after(), None, None, final=True)
        chunk = self._select(
            connection,
            select_piece(
                scan.table,
                scan.key,
                last=self._last,
                greatest=self._greatest,
                condition=scan.condition,
                rows=scan.rows,
            ),
        )
        self._last = self._last_key(chunk) or self._last
        final = len(chunk) < scan.rows or self._last == self._greatest
        return Piece(chunk, seen, marks.after(), self._last, self._greatest, final)

    def _last_key(self, chunk: Chunk) -> Key | None:
        values = chunk.last(places(self._scan.table, self._scan.key))
        return None if values is None else key_of(self._scan.table, self._scan.key, values)

    def _select(self, connection: Connection, statement: str) -> Chunk:
        chunk = Chunk(self._scan.plan)
        connection.send_query(statement)
        try:
            while not chunk.finished:
                chunk.feed(self._buffer[: connection.recv_into(self._buffer)])
        except SourceError as error:
            raise from_kernel(error, f"{connection.where}, table {self._scan.table.id}") from error
        return chunk
