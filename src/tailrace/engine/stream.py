"""The stream: the binlog from an offset on, through every reconnect."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial

from tailrace._kernel import (
    Batch,
    Decoder,
    NeedTable,
    PassedOver,
    Plan,
    Query,
    Reached,
    Rollback,
    Told,
    XaEnd,
    XaHold,
)
from tailrace.config import Config, NameFilter
from tailrace.config.failure import Failure
from tailrace.engine.attempts import Attempts
from tailrace.engine.binlog import Binlog
from tailrace.engine.control import Control, Stream
from tailrace.engine.held import HeldTransactions
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Delivery
from tailrace.engine.schema import Schema
from tailrace.errors import SchemaError, TailraceError
from tailrace.model.offset import Offset
from tailrace.model.progress import State
from tailrace.streaming import SchemaChange, StreamItem, Woken

log = logging.getLogger(__name__)


class BinlogStream:
    """Goes on until the run ends; where a connection is lost, it is taken up where it was."""

    def __init__(  # noqa: PLR0917 - each is another part of the engine
        self,
        config: Config,
        schema: Schema,
        binlog: Binlog,
        held: HeldTransactions,
        control: Control,
        attempts: Attempts,
        board: ProgressBoard,
        hand_over: Callable[[Delivery], None],
    ) -> None:
        """`control` meets the stream at its transaction ends."""
        self._config = config
        self._schema = schema
        self._binlog = binlog
        self._held = held
        self._control = control
        self._attempts = attempts
        self._board = board
        self._hand_over = hand_over
        self._policy = _Policy(schema, held, config.gtid_sources)

    def run(self, offset: Offset) -> None:
        """Raises what waiting cannot repair."""
        reader = _Reader(offset)
        while not self._attempts.stopped:
            self._attempts.retry(partial(self._attempt, reader), State.STREAMING)

    def _attempt(self, reader: _Reader) -> None:
        """One connection."""
        attempts = self._attempts
        with self._binlog.read(reader.offset) as ahead:
            if attempts.stopped:
                return
            self._board.enter(State.STREAMING)
            log.info("streaming from %s %s", reader.offset.place, reader.offset.gtids)
            try:
                decoder = self._decoder(reader)
                self._control.attach(
                    Stream(decoder, ahead.wake, lambda: reader.offset, reader.move, lambda: attempts.stopped)
                )
                for item in self._binlog.follow(ahead, decoder, self._policy):
                    self._deliver(item, reader)
                    if attempts.stopped or reader.moved:
                        return
            finally:
                self._control.detach()
                reader.remember()

    def _decoder(self, reader: _Reader) -> Decoder:
        offset, reader.moved = reader.offset, False
        decoder = self._binlog.decoder(offset)
        if reader.open_transaction is not None:
            decoder.skip_rows(*reader.open_transaction)
        elif offset.events:
            decoder.take_over(offset.events, offset.rows)
        if self._config.filter_rows_by_source:
            decoder.ask_for_sources()
        failure = self._config.failure
        decoder.tolerate(unreadable=failure.unreadable is not Failure.FAIL, unfit=failure.unfit is not Failure.FAIL)
        reader.decoder = decoder
        return decoder

    def _deliver(self, item: StreamItem, reader: _Reader) -> None:
        if isinstance(item, Batch):
            records = self._schema.take_records()
            self._hand_over(Delivery(item, history=records, incremental=self._control.state))
            if (commit := item.commit) is not None:
                reader.offset = Offset(commit.file, commit.position, commit.gtids, commit.timestamp_us)
                reader.open_transaction = None
        elif isinstance(item, XaHold):
            self._held.keep(item)
        elif isinstance(item, XaEnd):
            self._held.end(item)
        elif isinstance(item, Rollback):
            self._hand_over(Delivery(rollback=True))
            reader.open_transaction = None
        elif isinstance(item, Reached):
            self._control.reached()
        elif isinstance(item, Told):
            self._control.told(item)
        elif isinstance(item, Woken):
            self._control.woken()
        elif isinstance(item, PassedOver):
            self._pass_over(item.error)
        else:
            self._hand_over(Delivery(item.announcement, history=item.history))

    def _pass_over(self, error: TailraceError) -> None:
        """An event of rows that is lost, as configured."""
        self._board.pass_over()
        unfit = isinstance(error, SchemaError)
        mode = self._config.failure.unfit if unfit else self._config.failure.unreadable
        source = f"{self._config.source.host}:{self._config.source.port}"
        level = logging.WARNING if mode is Failure.WARN else logging.DEBUG
        log.log(
            level,
            "an event is passed over, and what it changed is lost: %s, %s: %s",
            source,
            error.where,
            error.message,
        )


class _Reader:
    """How far the stream was read, across reconnects."""

    def __init__(self, offset: Offset) -> None:
        self.offset = offset
        self.open_transaction: tuple[str, int] | None = None
        self.decoder: Decoder | None = None
        self.moved = False

    def move(self, offset: Offset) -> None:
        """The next connection begins there."""
        self.offset = offset
        self.moved = True

    def remember(self) -> None:
        """Part of a transaction may be out: the next connection must not repeat it."""
        if self.decoder is not None and (open_transaction := self.decoder.open_transaction) is not None:
            self.open_transaction = open_transaction


class _Policy:
    """The kernel's questions, answered by schema, storage and configuration."""

    def __init__(self, schema: Schema, held: HeldTransactions, sources: NameFilter) -> None:
        self._schema = schema
        self._held = held
        self._sources = sources

    def wants(self, source: str) -> bool:
        return self._sources.accepts(source)

    def plan(self, need: NeedTable) -> Plan | None:
        return self._schema.plan(need)

    def told(self, need: NeedTable) -> Plan | None:
        return self._schema.told(need)

    def statement(self, query: Query) -> SchemaChange | None:
        return self._schema.statement(query)

    def held(self, xid: str) -> Iterator[bytes]:
        return self._held.pieces(xid)
