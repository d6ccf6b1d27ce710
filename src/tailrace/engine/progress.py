"""Where the engine's threads write what the connector tells about itself."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from tailrace._kernel import Batch
from tailrace.model.offset import Offset
from tailrace.model.progress import Progress, State, TableCount
from tailrace.model.table import TableId


class ProgressBoard:
    """Written by the engine's threads, read by anyone."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._progress = Progress(since=time.time())

    def read(self) -> Progress:
        """The present state. The lag keeps growing while the source cannot be reached."""
        with self._mutex:
            progress = self._progress
        if progress.state is State.RECONNECTING:
            return replace(progress, lag=(progress.lag or 0.0) + time.time() - progress.since)
        return progress

    def enter(self, state: State, reason: str = "") -> None:
        """Change the state."""
        with self._mutex:
            if (self._progress.state, self._progress.reason) != (state, reason):
                # 'Reconnecting since' counts from the first failure, not from the last attempt.
                since = self._progress.since if self._progress.state is state else time.time()
                self._progress = replace(self._progress, state=state, reason=reason, since=since)

    def delivered(self, batch: Batch, offset: Offset | None, queue_bytes: int) -> None:
        """The sink has taken a batch."""
        now = time.time()
        with self._mutex:
            old = self._progress
            tables = dict(old.tables)
            for database, table, inserts, updates, deletes, reads in batch.counts:
                name = TableId(database, table)
                count = tables.get(name, TableCount())
                tables[name] = TableCount(
                    count.reads + reads, count.inserts + inserts, count.updates + updates, count.deletes + deletes
                )
            commit = batch.commit
            self._progress = replace(
                old,
                events=old.events + batch.rows,
                transactions=old.transactions + (commit.transactions if commit else 0),
                tables=tables,
                offset=offset or old.offset,
                queue_bytes=queue_bytes,
                last_event=now if batch.rows else old.last_event,
                lag=max(0.0, now - offset.timestamp_us / 1e6) if offset and offset.timestamp_us else old.lag,
            )

    def reached(self, offset: Offset) -> None:
        """A transaction end without events."""
        with self._mutex:
            self._progress = replace(self._progress, offset=offset)

    def stored(self, offset: Offset) -> None:
        """The offset is durable."""
        with self._mutex:
            self._progress = replace(self._progress, stored=offset)
