"""The initial snapshot: definitions and rows of one instant, to stream from."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from tailrace.config import Config, LockingMode
from tailrace.engine.attempts import Attempts
from tailrace.engine.binlog import Binlog
from tailrace.engine.definitions import DefinitionReader, Definitions
from tailrace.engine.notify import Notifications
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Delivery
from tailrace.engine.rows import SnapshotRows
from tailrace.model.notification import INITIAL
from tailrace.model.offset import Offset
from tailrace.model.progress import SnapshotPhase, State
from tailrace.mysql.connection import connect
from tailrace.mysql.standing import read_standing
from tailrace.snapshot.open import OpenSnapshot, Rung, open_snapshot

log = logging.getLogger(__name__)


class InitialSnapshot:
    """Taken anew where it was not whole."""

    def __init__(  # noqa: PLR0917 - each is another part of the engine
        self,
        config: Config,
        definitions: DefinitionReader,
        rows: SnapshotRows,
        binlog: Binlog,
        attempts: Attempts,
        board: ProgressBoard,
        notifications: Notifications,
        hand_over: Callable[[Delivery], None],
    ) -> None:
        """`binlog` is told of the server whose instant it is."""
        self._config = config
        self._definitions = definitions
        self._rows = rows
        self._binlog = binlog
        self._attempts = attempts
        self._board = board
        self._notifications = notifications
        self._hand_over = hand_over

    def take(self) -> Offset | None:
        """The offset to stream from; None if stopped."""
        return self._attempts.retry(self._attempt, State.SNAPSHOT)

    def _attempt(self) -> Offset | None:
        phase = SnapshotPhase.ABORTED
        try:
            offset = self._take()
            phase = SnapshotPhase.COMPLETED if offset is not None else phase
        finally:
            self._board.snapshot_ends(phase)
        return offset

    def _take(self) -> Offset | None:
        config = self._config.snapshot
        opened: OpenSnapshot[Definitions] = open_snapshot(
            lambda: connect(self._config.source),
            self._definitions.read,
            self._definitions.captured,
            threads=config.threads,
            locking=config.locking,
            lock_timeout=config.lock_timeout_ms / 1000,
        )
        with closing(opened), self._attempts.interruptible(*(reader.abort for reader in opened.readers)):
            if self._attempts.stopped:
                return None
            self._binlog.server = read_standing(opened.readers[0]).uuid
            self._board.enter(State.SNAPSHOT)
            extended = config.locking is LockingMode.EXTENDED
            self._board.snapshot(locked=extended and opened.rung is not Rung.NO_LOCK)
            # A try that failed may have delivered rows: they go.
            self._hand_over(Delivery(rollback=True))
            self._hand_over(self._definitions.begin(opened.definitions, opened.offset, opened.readers[0]))
            captured = self._definitions.captured(opened.definitions)
            tables = {name: table for name in captured if (table := opened.definitions.tables.get(name))}
            wanted = [tables[name] for name in config.order(tuple(tables))]
            log.info("snapshot of %d tables at %s begins", len(wanted), opened.offset.place)
            self._tell("STARTED", data_collections=",".join(str(table.id) for table in wanted))
            for batch in self._rows.read(opened, wanted, config.select, opened.offset):
                self._hand_over(Delivery(batch))
                if self._attempts.stopped:
                    self._tell("ABORTED")
                    return None
        offset = replace(opened.offset, snapshot=False)
        self._tell("COMPLETED")
        self._hand_over(Delivery(offset=offset))
        log.info("snapshot ends")
        return offset

    def _tell(self, kind: str, **data: str) -> None:
        self._notifications.tell(INITIAL, kind, **data)
