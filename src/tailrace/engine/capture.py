"""The reading side of a connector: a snapshot where one is due, then the binlog."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

from tailrace._kernel import Envelope
from tailrace.config import Config
from tailrace.engine.announce import Announcer
from tailrace.engine.attempts import Attempts
from tailrace.engine.binlog import Binlog, read_end, read_gap
from tailrace.engine.blocking import BlockingSnapshots
from tailrace.engine.control import Control
from tailrace.engine.definitions import DefinitionReader, Definitions
from tailrace.engine.hand_over import HandOver
from tailrace.engine.held import HeldTransactions
from tailrace.engine.initial import InitialSnapshot
from tailrace.engine.notify import Notifications
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Delivery, DeliveryQueue
from tailrace.engine.recovery import Recovery
from tailrace.engine.rows import SnapshotRows
from tailrace.engine.schema import Schema
from tailrace.engine.stream import BinlogStream
from tailrace.errors import ConfigError, PositionPurged, SourceBehind, SourceError
from tailrace.model.notification import INITIAL
from tailrace.model.offset import Offset
from tailrace.model.progress import SnapshotPhase
from tailrace.model.signal import Signal
from tailrace.mysql.connection import Connection, connect
from tailrace.signals import Refused
from tailrace.snapshot.decide import Known, Start, decide
from tailrace.storage import Storage

if TYPE_CHECKING:
    from tailrace.converters import Converter
    from tailrace.engine.rewrite import Rewrite

log = logging.getLogger(__name__)


class Capture:
    """Runs in a thread of its own and only ever puts into the queue."""

    def __init__(  # noqa: PLR0917 - each is another part of the engine
        self,
        config: Config,
        envelope: Envelope,
        storage: Storage,
        resume: Offset | None,
        queue: DeliveryQueue,
        board: ProgressBoard,
        stopping: threading.Event,
        announcer: Announcer,
        notifications: Notifications,
        asked: SimpleQueue[Signal | Refused],
        rewrite: Rewrite | None,
        converters: Sequence[Converter],
    ) -> None:
        """`rewrite` makes other records of those that the kernel made."""
        self._config = config
        self._resume = resume
        self._board = board
        self._notifications = notifications
        learn = rewrite.learn if rewrite is not None else None
        schema = Schema(config, storage, announcer, learn, converters)
        rows = SnapshotRows(config, envelope, schema, board, notifications)
        self._hand_over = hand_over = HandOver(queue, board, schema, rewrite)
        held = HeldTransactions(storage, hand_over)
        self._attempts = attempts = Attempts(config.engine, board, stopping)
        self._binlog = binlog = Binlog(config, envelope, schema, board, attempts)
        self._definitions = definitions = DefinitionReader(config, schema, announcer, board)
        self._recovery = Recovery(config, definitions, schema.context, binlog, held, attempts)
        self._snapshot = InitialSnapshot(config, definitions, rows, binlog, attempts, board, notifications, hand_over)
        self._blocking = BlockingSnapshots(
            config, lambda: connect(config.source), definitions.read, rows.read_requested
        )
        incremental = resume.incremental if resume is not None else None
        self._control = Control(config, schema, notifications, asked, hand_over, self._blocking, incremental)
        schema.on_change = self._control.changed
        self._stream = BinlogStream(config, schema, binlog, held, self._control, attempts, board, hand_over)
        notifications.open(announcer, lambda batch: hand_over(Delivery(batch)))

    def wake(self) -> None:
        """There is a signal; callable from any thread."""
        self._control.wake()

    def interrupt(self) -> None:
        """End what waits for the server; callable from any thread, after `stopping` was set."""
        self._attempts.interrupt()
        self._blocking.abort()

    def run(self) -> None:
        """Until stopped, or for `initial_only` until the snapshot is whole. Raises what waiting cannot repair."""
        try:
            offset = self._begin()
            if offset is not None and self._config.snapshot.streams:
                self._stream.run(offset)
        except SourceError:
            # A connection that `interrupt` closed is no failure.
            if not self._attempts.stopped:
                raise

    def _begin(self) -> Offset | None:
        """The offset to stream from, after a snapshot where one is due; None if stopped."""
        with connect(self._config.source) as connection:
            start, gap = self._decide(connection)
            if start is Start.DEFINITIONS:
                end = read_end(connection)
                self._begin_anew(connection, end, self._definitions.read(connection))
                return end
            if start is Start.DEFINITIONS_THEN_RESUME and self._resume is not None:
                found = self._recovery.read(connection, self._resume)
                if found is None:
                    return None
                self._begin_anew(connection, self._resume, *found)
                return self._resume
        if start is Start.RESUME:
            self._board.snapshot(phase=SnapshotPhase.SKIPPED)
            self._notifications.tell(INITIAL, "SKIPPED")
            return self._resume
        if gap is not None:
            log.warning("%s: a new snapshot is taken", gap.message)
        config = self._config.snapshot
        if self._attempts.pause(config.delay_ms):
            return None
        offset = self._snapshot.take()
        return None if self._attempts.pause(config.streaming_delay_ms) else offset

    def _decide(self, connection: Connection) -> tuple[Start, PositionPurged | SourceBehind | None]:
        """What is due, and why the binlog does not have what follows the offset. Raises what forbids to start."""
        resume = self._resume
        facts = self._binlog.meet(connection)
        gap = read_gap(connection, facts, resume)
        known = Known(
            offset=resume is not None,
            unfinished=resume is not None and resume.snapshot,
            available=gap is None,
            history=resume is not None and self._definitions.recover(),
        )
        there = replace(known, available=True)
        if isinstance(gap, SourceBehind) and decide(self._config.snapshot, there) is Start.RESUME:
            # It may still get what it lacks: the stream waits for that.
            gap, known = None, there
        start = decide(self._config.snapshot, known)
        if start is Start.PURGED and gap is not None:
            raise gap
        if start is Start.NO_OFFSET:
            hint = "start once with snapshot.mode=no_data or initial"
            raise ConfigError("snapshot.mode=recovery needs a stored offset", hint=hint)
        if start is Start.NO_HISTORY:
            hint = "start once with snapshot.mode=recovery"
            raise ConfigError("there is an offset, but no schema history to read rows with", hint=hint)
        return start, gap

    def _begin_anew(
        self, connection: Connection, offset: Offset, definitions: Definitions, ahead: Offset | None = None
    ) -> None:
        """By definitions alone, without rows; `ahead`: they are of that place."""
        self._definitions.captured(definitions)
        self._board.snapshot(phase=SnapshotPhase.SKIPPED)
        self._hand_over(self._definitions.begin(definitions, offset, connection, ahead))
