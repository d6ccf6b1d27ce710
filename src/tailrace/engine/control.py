"""What is asked of a running connector, carried out beside the stream.

`wake` may be called from any thread; all else is the capture's. What changes the place in the stream, or must be
stored with it, waits for a transaction end.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from tailrace._kernel import GtidSet
from tailrace.engine.incremental import IncrementalSnapshots
from tailrace.engine.queue import Delivery
from tailrace.errors import ConnectionLost, TailraceError
from tailrace.model.incremental import Incremental, Requested
from tailrace.model.notification import INITIAL, SIGNAL
from tailrace.model.offset import Offset
from tailrace.model.table import TableId
from tailrace.signals import (
    Action,
    BadSignal,
    Execute,
    Log,
    Pause,
    Refused,
    Resume,
    SchemaChanges,
    SetPosition,
    SnapshotKind,
    Stop,
    Window,
    action,
    read,
)

if TYPE_CHECKING:
    from tailrace._kernel import Decoder, Told
    from tailrace.config import Config
    from tailrace.engine.blocking import BlockingSnapshots
    from tailrace.engine.notify import Notifications
    from tailrace.engine.schema import Schema
    from tailrace.model.signal import Signal

log = logging.getLogger(__name__)


class Stream:
    """The stream as a signal sees it."""

    def __init__(
        self,
        decoder: Decoder,
        wake: Callable[[], None],
        offset: Callable[[], Offset],
        move: Callable[[Offset], None],
        stopped: Callable[[], bool],
    ) -> None:
        """`offset`: the last transaction end handed over; `move` makes the stream go on from another."""
        self.decoder = decoder
        self.wake = wake
        self.offset = offset
        self.move = move
        self.stopped = stopped


class Control:
    """Signals of one run."""

    def __init__(  # noqa: PLR0917 - each is another part of the engine
        self,
        config: Config,
        schema: Schema,
        notifications: Notifications,
        asked: SimpleQueue[Signal | Refused],
        hand_over: Callable[[Delivery], None],
        blocking: BlockingSnapshots[Any],
        state: Incremental | None,
    ) -> None:
        """`asked`: signals of other threads, which call `wake`."""
        self._schema = schema
        self._notifications = notifications
        self._hand_over = hand_over
        self._blocking = blocking
        self._asked = asked
        self._due: deque[Callable[[Stream], None]] = deque()
        self._stream: Stream | None = None
        self._incremental = IncrementalSnapshots(config, schema, notifications.tell, state)

    @property
    def state(self) -> Incremental | None:
        """What the next commit stores."""
        return self._incremental.state

    @property
    def offset(self) -> Offset:
        """The last transaction end that was handed to the sink (`signals.Context`)."""
        assert self._stream is not None
        return self._stream.offset()

    def notify(self, kind: str, data: Mapping[str, str]) -> None:
        """Send a notification of aggregate type `Signal` (`signals.Context`)."""
        self._notifications.tell(SIGNAL, kind, **data)

    def wake(self) -> None:
        """There is a signal; it is carried out once the stream runs."""
        if (stream := self._stream) is not None:
            stream.wake()

    # The stream

    def attach(self, stream: Stream) -> None:
        """The stream runs."""
        self._stream = stream
        self._incremental.attach(stream.decoder, stream.wake)
        if self.state is not None and self.state.blocking and not self._due:
            # Of a run that ended in the middle of it.
            self._due.append(self._open_blocking)
        if not self._asked.empty():
            stream.wake()
        self._await_end(stream)

    def detach(self) -> None:
        """The connection is gone."""
        self._stream = None
        self._incremental.detach()
        self._blocking.close()

    def woken(self) -> None:
        """Carry out what was asked, and go on with what is under way."""
        while True:
            try:
                asked = self._asked.get_nowait()
            except Empty:
                break
            if isinstance(asked, Refused):
                self._refuse(asked.id, f"{asked.channel}: {asked.problem}")
            else:
                self._carry_out(asked)
        if not self._due and self._blocking.place is None:
            before = self.state
            self._incremental.step()
            if self.state != before:
                # Tables that cannot be read are done without a piece that would store it.
                self._then(self._store)

    def told(self, told: Told) -> None:
        """Rows of a signalling table: id, type, data by position."""
        for text in told.rows:
            row = list(json.loads(text)["after"].values())
            try:
                signal = read(str(row[0]), row[1], row[2], "source")
            except (BadSignal, IndexError) as problem:
                self._refuse(str(row[0]), f"{problem}")
            else:
                self._carry_out(signal)

    def reached(self) -> None:
        """No transaction is open."""
        stream = self._stream
        if stream is None:
            return
        if self._due:
            while self._due:
                self._due.popleft()(stream)
            self._await_next(stream)
            stream.wake()
        elif self._blocking.place is not None:
            self._read_blocking(stream)
            self._await_next(stream)
            stream.wake()
        elif (out := self._incremental.reached()) is not None:
            for batch in out.batches[:-1]:
                self._hand_over(Delivery(batch))
            last = out.batches[-1] if out.batches else None
            self._hand_over(Delivery(last, offset=replace(stream.offset(), incremental=out.state)))

    def changed(self, tables: Sequence[TableId]) -> None:
        """A statement did something to these tables."""
        self._incremental.changed(tables)

    # Actions

    def _carry_out(self, signal: Signal) -> None:
        try:
            asked = action(signal)
            if not isinstance(asked, Window):
                log.info("signal %s %s by %s", signal.id, signal.type, signal.channel)
            self._act(signal, asked)
        except (BadSignal, TailraceError) as problem:
            self._refuse(signal.id, f"{signal.type}: {problem}")
        except Exception as error:
            # An action of a user's own: the stream goes on.
            log.exception("signal %s %s failed", signal.id, signal.type)
            self._refuse(signal.id, f"{signal.type}: {type(error).__name__}: {error}")

    def _refuse(self, signal: str, problem: str) -> None:
        log.warning("signal %s is not carried out: %s", signal, problem)
        self._notifications.tell(SIGNAL, "REFUSED", signal, reason=problem)

    def _act(self, signal: Signal, asked: Action) -> None:
        match asked:
            case Execute():
                self._execute(signal, asked)
            case Stop():
                self._incremental.stop(signal.id, asked.stops)
                self._then(self._store)
            case Pause():
                self._incremental.pause(signal.id)
                self._then(self._store)
            case Resume():
                self._incremental.resume(signal.id)
                self._then(self._store)
            case Log(message):
                log.info("%s", message.replace("{}", self.offset.to_json()))
            case SetPosition():
                self._then(lambda stream: self._move(stream, asked))
            case SchemaChanges(_, changes):
                self._schema.take(changes)
                self._then(self._store)
            case Window():
                pass
            case custom:
                custom(signal, self)

    def _execute(self, signal: Signal, asked: Execute) -> None:
        found = {
            table: Requested(table, signal.id, asked.condition(table), asked.surrogate)
            for pattern in asked.collections
            for table in self._schema.captured()
            if pattern.fullmatch(str(table))
        }
        for pattern in asked.collections:
            if not any(pattern.fullmatch(str(table)) for table in found):
                problem = (
                    f"no captured table matches {pattern.pattern}: is it in table.include.list, and does it exist?"
                )
                self._refuse(signal.id, problem)
        if not found:
            return
        requested = tuple(found.values())
        if asked.kind is SnapshotKind.BLOCKING:
            self._incremental.block(requested)
            self._then(self._store)
            self._then(self._open_blocking)
        else:
            self._incremental.ask(signal.id, requested)
            self._then(self._store)

    def _then(self, do: Callable[[Stream], None]) -> None:
        """At the next transaction end."""
        self._due.append(do)
        if self._stream is not None:
            self._await_end(self._stream)

    def _await_next(self, stream: Stream) -> None:
        """A blocking snapshot goes before the pieces of others."""
        if (place := self._blocking.place) is not None:
            stream.decoder.await_place(place)
        else:
            self._incremental.await_again()

    def _await_end(self, stream: Stream) -> None:
        if self._due:
            stream.decoder.await_place(GtidSet())

    def _store(self, stream: Stream) -> None:
        """So that a kill does not forget what was asked."""
        self._hand_over(Delivery(offset=replace(stream.offset(), incremental=self.state)))

    def _open_blocking(self, stream: Stream) -> None:
        """Views of now; their rows come when the stream is where they are."""
        if self.state is None or not self.state.blocking or self._blocking.place is not None:
            return
        requested = self.state.blocking
        try:
            self._blocking.open(requested, self._counted(stream), stream.stopped)
        except TailraceError as error:
            if isinstance(error, ConnectionLost):
                raise
            self._end_blocking(stream, "ABORTED", reason=str(error.message))

    def _read_blocking(self, stream: Stream) -> None:
        assert self.state is not None
        requested = self.state.blocking
        signal = requested[0].signal
        names = ",".join(str(one.table) for one in requested)
        self._notifications.tell(INITIAL, "STARTED", signal, data_collections=names)
        try:
            for batch in self._blocking.read(stream.offset()):
                self._hand_over(Delivery(batch))
                if stream.stopped():
                    return
        except TailraceError as error:
            # What is out of it goes.
            self._hand_over(Delivery(rollback=True))
            if isinstance(error, ConnectionLost):
                raise
            self._end_blocking(stream, "ABORTED", reason=error.message)
        else:
            self._end_blocking(stream, "COMPLETED")

    def _end_blocking(self, stream: Stream, kind: str, **data: str) -> None:
        assert self.state is not None
        signal = self.state.blocking[0].signal
        if kind == "ABORTED":
            log.error("the blocking snapshot is given up: %s", data["reason"])
        self._incremental.unblock()
        self._notifications.tell(INITIAL, kind, signal, **data)
        self._store(stream)

    def _counted(self, stream: Stream) -> GtidSet:
        return self._incremental.counted(GtidSet(stream.offset().gtids))

    def _move(self, stream: Stream, to: SetPosition) -> None:
        here = stream.offset()
        offset = Offset(to.file or here.file, to.position or here.position, to.gtids, incremental=self.state)
        log.warning("the stream goes on from %s", offset.to_json())
        self._hand_over(Delivery(offset=offset))
        stream.move(offset)
