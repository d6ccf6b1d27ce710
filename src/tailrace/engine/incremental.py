"""Incremental snapshots: pieces of tables, read beside the stream, put into it where they belong.

Used by the capture's thread alone. A piece comes out at a transaction end that has all that its SELECT saw
(`snapshot/watermarks.py`), without the rows that changed in the stream since the watch began. Nothing of a piece counts
before it is out: a lost connection, a statement on the table, a pause let go of what was read ahead, and reading begins
again behind the last key delivered.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailrace._kernel import Batch, Decoder, GtidSet
from tailrace.errors import TailraceError, UnsupportedSource
from tailrace.model.incremental import Incremental, Key, Requested
from tailrace.model.notification import INCREMENTAL
from tailrace.model.table import Table, TableId
from tailrace.mysql.connection import connect
from tailrace.snapshot.incremental import Failed, Piece, Scan, Scanner
from tailrace.snapshot.keyset import identity, order
from tailrace.snapshot.watermarks import Watermarks, watermarks

if TYPE_CHECKING:
    from tailrace.config import Config
    from tailrace.engine.schema import Schema
    from tailrace.mysql.connection import Connection

log = logging.getLogger(__name__)

Notify = Callable[..., None]
"""(aggregate type, type, id of the signal, **additional data)"""


@dataclass(frozen=True, slots=True)
class Out:
    """What a piece gives to the sink, and how far the snapshots are behind it."""

    batches: tuple[Batch, ...]
    state: Incremental | None


class IncrementalSnapshots:
    """`state` is what the next commit stores."""

    def __init__(self, config: Config, schema: Schema, notify: Notify, state: Incremental | None) -> None:
        self._config = config
        self._schema = schema
        self._notify = notify
        self._state = state or Incremental()
        self._decoder: Decoder | None = None
        self._wake: Callable[[], None] = lambda: None
        self._scanner: Scanner | None = None
        self._table: Table | None = None
        self._awaited: Piece | Failed | None = None
        if self._state.tables:
            log.info("the incremental snapshot of %s goes on behind %s", self._state.tables[0].table, self._state.last)

    @property
    def state(self) -> Incremental | None:
        """None: no table is asked for."""
        return self._state or None

    # Connections of the stream

    def attach(self, decoder: Decoder, wake: Callable[[], None]) -> None:
        """A new connection; `wake` may be called from any thread, and leads to `step`."""
        self._decoder = decoder
        self._wake = wake
        if self._state.tables:
            self._wake()

    def detach(self) -> None:
        """The connection is gone, and what was read for it."""
        self._let_go()
        self._decoder = None
        self._wake = lambda: None

    # What is asked

    def ask(self, signal: str, requested: Sequence[Requested]) -> None:
        """Read these tables too, behind those asked for before."""
        before = self._state.tables
        self._state = self._state.asked(requested)
        added = self._state.tables[len(before) :]
        if not added:
            self._tell("SKIPPED", signal, reason="these tables are asked for already")
            return
        self._tell("STARTED", signal, data_collections=_names(added))
        self._wake()

    def stop(self, signal: str, wanted: Callable[[TableId], bool]) -> None:
        """Read no more of the tables that `wanted` accepts."""
        gone = tuple(one for one in self._state.tables if wanted(one.table))
        if not gone:
            self._tell("SKIPPED", signal, reason="no incremental snapshot of these tables is under way")
            return
        if self._state.current in gone:
            self._let_go()
        self._state = self._state.without(gone)
        self._tell("ABORTED", signal, data_collections=_names(gone))
        self._wake()

    def pause(self, signal: str) -> None:
        """Until `resume`, across restarts too."""
        current = self._state.current
        if current is None or self._state.paused:
            self._tell("SKIPPED", signal, reason="there is no incremental snapshot to pause")
            return
        self._let_go()
        self._state = replace(self._state, paused=True)
        self._tell("PAUSED", signal, data_collections=_names(self._state.tables))

    def resume(self, signal: str) -> None:
        """Go on behind the last key delivered."""
        if not self._state.paused:
            self._tell("SKIPPED", signal, reason="no incremental snapshot is paused")
            return
        self._state = replace(self._state, paused=False)
        self._tell("RESUMED", signal, data_collections=_names(self._state.tables))
        self._wake()

    def block(self, requested: Sequence[Requested]) -> None:
        """These tables are to be read while the stream waits."""
        self._state = replace(self._state, blocking=self._state.blocking + tuple(requested))

    def unblock(self) -> None:
        """They have been read, or cannot be."""
        self._state = replace(self._state, blocking=())

    # Beside the stream

    def step(self) -> None:
        """Begin what is due; await the place of the next piece."""
        if self._decoder is None or self._awaited is not None or self._state.paused:
            return
        while self._scanner is None and (current := self._state.current) is not None:
            self._begin(self._decoder, current)
        if self._scanner is None:
            return
        self._awaited = self._scanner.take()
        self.await_again()

    def await_again(self) -> None:
        """The place of the piece in hand, after another was awaited."""
        if self._awaited is not None and self._decoder is not None:
            self._decoder.await_place(self._awaited.until if self._awaited.until is not None else GtidSet())

    def reached(self) -> Out | None:
        """The stream is where the awaited piece belongs."""
        piece, self._awaited = self._awaited, None
        current = self._state.current
        if piece is None or current is None or self._decoder is None:
            return None
        # Behind what has come from the server meanwhile: a piece must not keep the stream waiting for the next.
        self._wake()
        if isinstance(piece, Failed):
            self._failed(current, piece.error)
            return Out((), self.state)
        batches = []
        while (batch := self._decoder.take_chunk(piece.chunk, piece.seen, time.time_ns() // 1000)) is not None:
            batches.append(batch)
        self._advance(current, piece)
        return Out(tuple(batches), self.state)

    def changed(self, tables: Sequence[TableId]) -> None:
        """A statement did something to these tables."""
        current, known = self._state.current, self._table
        if current is None or known is None or current.table not in tables:
            return
        self._let_go()
        table = self._schema.table(current.table)
        if table is not None and _key_columns(table, current) != _key_columns(known, current):
            # Under another key the rows have another order.
            self._state = self._state.again()
        log.info("%s has changed: its incremental snapshot goes on behind %s", current.table, self._state.last)
        self._wake()

    # Inside

    def _begin(self, decoder: Decoder, current: Requested) -> None:
        table = self._schema.table(current.table)
        if table is None:
            self._end(current, "UNKNOWN_SCHEMA", f"there is no table {current.table}")
            return
        try:
            key = order(table, current.surrogate)
            plan = self._schema.table_plan(table)
        except TailraceError as error:
            status = "NO_PRIMARY_KEY" if not identity(table) else "SKIPPED"
            self._end(current, status, f"{error.message}: {error.hint}")
            return
        begun = self.counted(decoder.watch(*table.id, identity(table)))
        self._table = table
        signals = self._config.signals

        def marks(connection: Connection, stopped: Callable[[], bool]) -> Watermarks:
            return watermarks(
                connection, begun, signals.watermark_table, delete=signals.deletes_watermarks, stopped=stopped
            )

        self._scanner = Scanner(
            Scan(
                table,
                plan,
                key,
                signals.chunk_rows,
                current.condition,
                self._state.last,
                self._state.greatest,
            ),
            lambda: connect(self._config.source),
            marks,
            self._wake,
        )
        self._scanner.start()

    def counted(self, begun: GtidSet) -> GtidSet:
        """Without sources that are left out: the server need not have all of theirs."""
        accepts = self._config.gtid_sources.accepts
        parts = (part for part in str(begun).split(",") if accepts(part.split(":")[0]))
        return GtidSet(",".join(parts))

    def _advance(self, current: Requested, piece: Piece) -> None:
        state = self._state = self._state.advanced(piece.last, piece.greatest, len(piece.chunk))
        if not piece.final:
            self._tell(
                "IN_PROGRESS",
                current.signal,
                data_collections=_names(state.tables),
                current_collection_in_progress=str(current.table),
                maximum_key=_text(state.greatest),
                last_processed_key=_text(state.last),
                total_rows_scanned=str(state.rows),
            )
            return
        self._end(current, "SUCCEEDED" if state.rows else "EMPTY", "")

    def _failed(self, current: Requested, error: TailraceError) -> None:
        if isinstance(error, UnsupportedSource):
            # Of the server, not of the table: the others would fare no better.
            self._let_go()
            log.error("incremental snapshots are given up: %s; %s", error.message, error.hint)
            gone = self._state.tables
            self._state = self._state.without(gone)
            self._tell("ABORTED", current.signal, data_collections=_names(gone), reason=error.message)
            return
        self._end(current, "SQL_EXCEPTION", error.message)

    def _end(self, current: Requested, status: str, problem: str) -> None:
        self._let_go()
        state = self._state
        self._state = state.done()
        if problem:
            log.warning("incremental snapshot of %s: %s", current.table, problem)
        else:
            log.info("incremental snapshot of %s: %d rows", current.table, state.rows)
        self._tell(
            "TABLE_SCAN_COMPLETED",
            current.signal,
            data_collections=_names(state.tables),
            scanned_collection=str(current.table),
            total_rows_scanned=str(state.rows),
            status=status,
            **({"reason": problem} if problem else {}),
        )
        following = self._state.current
        if following is None or following.signal != current.signal:
            self._tell("COMPLETED", current.signal)

    def _let_go(self) -> None:
        """Of what was read and is not out."""
        scanner, self._scanner = self._scanner, None
        self._table = self._awaited = None
        if scanner is not None:
            scanner.cancel()
        if self._decoder is not None:
            self._decoder.unwatch()

    def _tell(self, kind: str, signal: str, **data: str) -> None:
        self._notify(INCREMENTAL, kind, signal, **data)


def _key_columns(table: Table, current: Requested) -> object:
    """What decides the order of the rows."""
    try:
        names = order(table, current.surrogate)
    except UnsupportedSource:
        return None
    found = {column.name: column for column in table.columns}
    return [(name, found[name].data_type, found[name].collation, found[name].labels) for name in names]


def _names(requested: Sequence[Requested]) -> str:
    return ",".join(str(one.table) for one in requested)


def _text(key: Key | None) -> str:
    return ",".join("<null>" if value is None else value for value in key or ())
