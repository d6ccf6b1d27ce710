"""From the queue to the sink, and from the sink's word to the stored offset.

The invariant: an offset is stored only after the sink has acknowledged every event before it, in one commit with the
sink's state, the schema history and the XA holds of that same point.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from tailrace._kernel import Batch
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Closed, Delivery, DeliveryQueue
from tailrace.model.incremental import Incremental
from tailrace.model.offset import Offset
from tailrace.sinks import Acknowledge, Sink, SinkFinished
from tailrace.storage import Commit, Storage


class Heartbeats:
    """A record every `interval` seconds; 0: none."""

    def __init__(self, interval: float, beat: Callable[[], Batch | None]) -> None:
        self._interval = interval
        self._beat = beat
        self.next = time.monotonic() + interval if interval else math.inf

    def due(self) -> Batch | None:
        """The record, where it is time for one."""
        if time.monotonic() < self.next:
            return None
        self.next = time.monotonic() + self._interval
        return self._beat()


class Deliverer:
    """Runs in the engine's own thread until the capture ends, fails, or the sink has had enough."""

    def __init__(
        self,
        queue: DeliveryQueue,
        sink: Sink,
        storage: Storage,
        board: ProgressBoard,
        *,
        flush_interval: float,
        heartbeats: Heartbeats,
        eager: bool = False,
    ) -> None:
        """`eager`: store as soon as nothing more waits to be written."""
        self._queue = queue
        self._sink = sink
        self._storage = storage
        self._board = board
        self._interval = flush_interval
        self._heartbeats = heartbeats
        self._eager = eager
        self._in_transaction = False
        # What came since the last transaction end, and what the next commit stores.
        self._open = Commit()
        self._whole = Commit()
        self._storing: Future[None] | None = None

    def run(self) -> None:
        """Returns when the capture has ended and all of it is stored; raises what stopped it."""
        with ThreadPoolExecutor(1, thread_name_prefix="tailrace-store") as store:
            try:
                self._deliver(store)
            except SinkFinished:
                self._queue.abandon()
            except BaseException:
                self._queue.abandon()
                raise

    def _deliver(self, store: ThreadPoolExecutor) -> None:
        due = time.monotonic() + self._interval
        while True:
            try:
                item = self._queue.get(self._wait(due))
            except Closed:
                self._finish(store)
                return
            except BaseException:
                # The capture failed: what it delivered is still whole up to its last transaction end.
                self._finish(store)
                raise
            if item is not None:
                self._take(item)
            if not self._in_transaction and (batch := self._heartbeats.due()) is not None:
                self._sink.write(batch)
                self._sink.end_transaction()
                self._whole = replace(self._whole, offset=self._whole.offset or self._board.read().offset)
            idle = self._eager and not self._queue.bytes
            # At once where a snapshot begins or ends: it is dear to take again.
            reached = item is not None and item.batch is None and item.offset is not None
            if idle or reached or time.monotonic() >= due:
                self._flush(store, wait=idle)
                due = time.monotonic() + self._interval

    def _wait(self, due: float) -> float | None:
        """Seconds until something is to be done though nothing comes; None: nothing is."""
        idle = self._whole.offset is None and self._storing is None
        then = self._heartbeats.next if idle else min(due, self._heartbeats.next)
        return None if then == math.inf else max(0.0, then - time.monotonic())

    def _take(self, item: Delivery) -> None:
        self._open = _add(self._open, item)
        if item.batch is not None:
            self._sink.write(item.batch)
            offset = _offset(item.batch, item.incremental)
            # Rows of a snapshot are part of it until its offset comes.
            self._in_transaction = item.batch.in_transaction or offset is None
            self._board.delivered(item.batch, offset, self._queue.bytes)
            if offset is not None:
                self._reach(offset)
        if item.rollback:
            self._sink.rollback()
            self._in_transaction = False
        if item.offset is not None:
            self._sink.end_transaction()
            self._in_transaction = False
            self._board.reached(item.offset)
            self._reach(item.offset)

    def _reach(self, offset: Offset) -> None:
        """Everything before `offset` is whole: it may be stored once the sink has acknowledged it."""
        whole, new = self._whole, self._open
        self._whole = Commit(
            offset=offset,
            history=new.history if new.clear_history else whole.history + new.history,
            clear_history=whole.clear_history or new.clear_history,
            prepared=whole.prepared + new.prepared,
            forgotten=whole.forgotten + new.forgotten,
        )
        self._open = Commit()

    def _flush(self, store: ThreadPoolExecutor, *, wait: bool = False, final: bool = False) -> None:
        if self._storing is not None:
            if not (wait or final) and not self._storing.done():
                return
            storing, self._storing = self._storing, None
            storing.result()
        if self._whole.offset is None:
            return
        acknowledge = self._sink.flush(final=final)
        if acknowledge is None:
            return
        commit, self._whole = self._whole, Commit()
        self._board.storing()
        self._storing = store.submit(self._store, acknowledge, commit)

    def _finish(self, store: ThreadPoolExecutor) -> None:
        self._flush(store, final=True)
        if self._storing is not None:
            self._storing.result()

    def _store(self, acknowledge: Acknowledge, commit: Commit) -> None:
        state = acknowledge()
        self._storage.commit(
            Commit(
                offset=commit.offset,
                sink_state=state,
                history=commit.history,
                clear_history=commit.clear_history,
                prepared=commit.prepared,
                forgotten=commit.forgotten,
            )
        )
        self._sink.stored(state)
        if commit.offset is not None:
            self._board.stored(commit.offset)


def _add(commit: Commit, item: Delivery) -> Commit:
    if not (item.history or item.clear_history or item.prepared or item.forgotten):
        return commit
    return Commit(
        history=item.history if item.clear_history else commit.history + item.history,
        clear_history=commit.clear_history or item.clear_history,
        prepared=commit.prepared + item.prepared,
        forgotten=commit.forgotten + item.forgotten,
    )


def _offset(batch: Batch, incremental: Incremental | None) -> Offset | None:
    commit = batch.commit
    if commit is None:
        return None
    return Offset(commit.file, commit.position, commit.gtids, commit.timestamp_us, incremental=incremental)
