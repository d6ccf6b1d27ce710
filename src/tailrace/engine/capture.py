"""The reading side of a connector: a snapshot where one is due, then the binlog, through every reconnect."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from tailrace._kernel import (
    Batch,
    Decoder,
    Envelope,
    GtidSet,
    NeedTable,
    PassedOver,
    Plan,
    Query,
    Reached,
    ResultSet,
    Rollback,
    Told,
    XaEnd,
    XaHold,
)
from tailrace.config import Config, LockingMode, NameFilter
from tailrace.config.failure import Failure, GuardrailAction
from tailrace.config.filters import unmatched
from tailrace.config.snapshot import TableOrder
from tailrace.engine.announce import Announcer
from tailrace.engine.blocking import BlockingSnapshots
from tailrace.engine.control import Control, Stream
from tailrace.engine.notify import Notifications
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Delivery, DeliveryQueue
from tailrace.engine.recovery import Survey
from tailrace.engine.schema import Schema
from tailrace.errors import ConfigError, PositionPurged, SchemaError, SourceBehind, SourceError, TailraceError
from tailrace.history.from_server import read_statements, read_tables
from tailrace.history.tables import Tables
from tailrace.model.incremental import Requested
from tailrace.model.notification import INITIAL
from tailrace.model.offset import Offset
from tailrace.model.progress import SnapshotPhase, Source, State
from tailrace.model.signal import Signal
from tailrace.model.table import Table, TableId
from tailrace.mysql.connection import Connection, connect
from tailrace.mysql.dump import DumpSocket, open_dump
from tailrace.mysql.failure import from_kernel
from tailrace.mysql.server import ServerFacts, check_streamable, read_binlog_end, read_facts
from tailrace.mysql.standing import await_standing, check_continues, read_standing
from tailrace.signals import Refused
from tailrace.snapshot.chunks import plan as plan_chunks
from tailrace.snapshot.decide import Known, Start, decide
from tailrace.snapshot.extents import read_extents
from tailrace.snapshot.open import OpenSnapshot, Rung, open_snapshot
from tailrace.snapshot.read import Markers, SnapshotProgress, read_chunks
from tailrace.storage import Storage
from tailrace.streaming import ReadAhead, SchemaChange, StreamItem, Woken, follow

if TYPE_CHECKING:
    from tailrace.converters import Converter
    from tailrace.engine.rewrite import Rewrite

log = logging.getLogger(__name__)
Result = TypeVar("Result")

_FIRST_PAUSE = 0.05
"""Seconds before the first new attempt; each further pause is twice as long, up to the configured limit."""


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
        self._interrupts: set[Callable[[], None]] = set()
        self._rewrite = rewrite
        self._announcer = announcer
        self._storage = storage
        self._resume = resume
        self._queue = queue
        self._board = board
        self._stopping = stopping
        learn = rewrite.learn if rewrite is not None else None
        self._schema = Schema(config, storage, announcer, learn, converters)
        self._envelope = envelope
        self._server = ""
        self._notifications = notifications
        self._blocking = BlockingSnapshots(
            config, lambda: connect(config.source), self._definitions, self._blocking_batches
        )
        self._interrupts.add(self._blocking.abort)
        self._control = Control(
            config,
            self._schema,
            notifications,
            asked,
            self._hand_over,
            self._blocking,
            resume.incremental if resume is not None else None,
        )
        self._schema.on_change = self._control.changed
        notifications.open(announcer, lambda batch: self._hand_over(Delivery(batch)))

    def _hand_over(self, delivery: Delivery) -> None:
        if self._rewrite is not None and delivery.batch is not None:
            delivery = replace(delivery, batch=self._rewrite.apply(delivery.batch))
        if delivery.history:
            self._board.define(delivery.history)
        if delivery.batch is not None:
            self._schema.tell_unfit()
            self._board.hand_over()
        self._queue.put(delivery)

    def wake(self) -> None:
        """There is a signal; callable from any thread."""
        self._control.wake()

    def interrupt(self) -> None:
        """End what waits for the server; callable from any thread, after `stopping` was set."""
        for interrupt in tuple(self._interrupts):
            interrupt()

    def run(self) -> None:
        """Until stopped, or for `initial_only` until the snapshot is whole. Raises what waiting cannot repair."""
        try:
            offset = self._begin()
            if offset is not None and self._config.snapshot.streams:
                self._stream(offset)
        except SourceError:
            # A connection that `interrupt` closed is no failure.
            if not self._stopping.is_set():
                raise

    # What is due at the start

    def _begin(self) -> Offset | None:
        """The offset to stream from, after a snapshot where one is due; None if stopped."""
        resume = self._resume
        with connect(self._config.source) as connection:
            facts = self._meet(connection)
            purged = _purged(connection, facts, resume)
            known = Known(
                offset=resume is not None,
                unfinished=resume is not None and resume.snapshot,
                available=purged is None,
                history=resume is not None and self._recover(),
            )
            there = replace(known, available=True)
            if isinstance(purged, SourceBehind) and decide(self._config.snapshot, there) is Start.RESUME:
                # It may still get what it lacks: the stream waits for that.
                purged, known = None, there
            start = decide(self._config.snapshot, known)
            if start is Start.PURGED and purged is not None:
                raise purged
            if start is Start.NO_OFFSET:
                hint = "start once with snapshot.mode=no_data or initial"
                raise ConfigError("snapshot.mode=recovery needs a stored offset", hint=hint)
            if start is Start.NO_HISTORY:
                hint = "start once with snapshot.mode=recovery"
                raise ConfigError("there is an offset, but no schema history to read rows with", hint=hint)
            if start is Start.DEFINITIONS:
                return self._read_definitions(connection)
            if start is Start.DEFINITIONS_THEN_RESUME and resume is not None:
                return self._recover_definitions(connection, resume)
        if start is Start.RESUME:
            self._board.snapshot(phase=SnapshotPhase.SKIPPED)
            self._tell("SKIPPED")
            return resume
        if purged is not None:
            log.warning("%s: a new snapshot is taken", purged.message)
        if self._stopping.wait(self._config.snapshot.delay_ms / 1000):
            return None
        offset = self._retry(self._snapshot, State.SNAPSHOT)
        return None if self._stopping.wait(self._config.snapshot.streaming_delay_ms / 1000) else offset

    def _meet(self, connection: Connection) -> ServerFacts:
        """A server that was not read before. Raises what forbids to."""
        facts = read_facts(connection)
        check_streamable(facts, None, _subtract)
        self._schema.serve(facts)
        self._board.serve(Source(facts.where, facts.version, facts.uuid, facts.has_gtids))
        self._server = facts.uuid
        return facts

    def _recover(self) -> bool:
        """Whether there are stored definitions."""
        self._board.recover()
        records = self._schema.recover()
        self._board.recovered(records)
        self._board.capture(self._schema.captured())
        self._board.define(())
        return records > 0

    def _read_definitions(self, connection: Connection) -> Offset:
        """Definitions as they are now, and the binlog's end, to stream from."""
        offset = _end(connection)
        definitions = self._definitions(connection)
        self._captured(definitions.tables)
        self._board.snapshot(phase=SnapshotPhase.SKIPPED)
        self._hand_over(self._new_definitions(offset, definitions, connection))
        return offset

    def _recover_definitions(self, connection: Connection, offset: Offset) -> Offset | None:
        """Definitions as they are now, for a stream from `offset`; None if stopped. Raises SchemaError where rows in
        between cannot be read so.
        """
        while True:
            before = _end(connection)
            definitions = self._definitions(connection)
            ahead = _end(connection)
            survey = Survey(
                self._config.tables,
                self._schema.context,
                self._pieces,
                before,
                skip_unparseable=self._config.failure.skip_unparseable_ddl,
            )
            self._retry(partial(self._look_through, offset, ahead, survey), State.STARTING)
            if self._stopping.is_set():
                return None
            if not survey.late:
                break
        self._captured(definitions.tables)
        self._board.snapshot(phase=SnapshotPhase.SKIPPED)
        self._hand_over(self._new_definitions(offset, definitions, connection, ahead))
        return offset

    def _look_through(self, offset: Offset, end: Offset, survey: Survey) -> None:
        """The binlog from `offset` to `end`, row by row of no use."""
        by_gtid = bool(offset.gtids and end.gtids) and not self._config.engine.ignore_gtid_on_recovery
        place = GtidSet(end.gtids) if by_gtid else (end.file, end.position)
        log.info("looking through the binlog from %s to %s for altered tables", _place(offset), _place(end))
        with closing(self._open(offset)) as dump, _Interruptible(self._interrupts, dump.close):
            if self._stopping.is_set():
                return
            decoder = self._decoder_at(offset)
            decoder.tolerate(unreadable=True, unfit=True)
            decoder.await_place(place)
            try:
                with ReadAhead(dump) as ahead:
                    for item in follow(self._listen(ahead.take, decoder), decoder, survey):
                        if isinstance(item, XaHold):
                            self._storage.hold(item.xid, item.data, first=item.first)
                        if isinstance(item, Reached) or self._stopping.is_set():
                            return
            except SourceError as error:
                raise from_kernel(error, dump.where) from error
            finally:
                dump.release()

    def _pieces(self, xid: str) -> Iterator[bytes]:
        hold = self._storage.held(xid)
        return self._storage.pieces(hold) if hold is not None else iter(())

    def _definitions(self, connection: Connection) -> Definitions:
        """All tables, and their statements where the sink wants them."""
        tables = read_tables(connection.query)
        wanted = sorted(table.id for table in tables if self._announcer.tells_of(table.id))
        return Definitions(tables, read_statements(connection.query, wanted))

    def _new_definitions(
        self, offset: Offset, definitions: Definitions, connection: Connection, ahead: Offset | None = None
    ) -> Delivery:
        """They take the place of all that was known; `ahead`: they are of that place."""
        announcement = self._announcer.definitions(
            read_facts(connection), offset, definitions.tables, definitions.statements
        )
        records = self._schema.begin(_place(offset), definitions.tables, ahead)
        return Delivery(announcement, clear_history=True, history=records, offset=offset)

    # Snapshot

    def _snapshot(self) -> Offset | None:
        phase = SnapshotPhase.ABORTED
        try:
            offset = self._take_snapshot()
            phase = SnapshotPhase.COMPLETED if offset is not None else phase
        finally:
            self._board.snapshot_ends(phase)
        return offset

    def _take_snapshot(self) -> Offset | None:
        config = self._config
        opened: OpenSnapshot[Definitions] = open_snapshot(
            lambda: connect(config.source),
            self._definitions,
            lambda definitions: self._captured(definitions.tables),
            threads=config.snapshot.threads,
            locking=config.snapshot.locking,
            lock_timeout=config.snapshot.lock_timeout_ms / 1000,
        )
        with closing(opened), _Interruptible(self._interrupts, *(reader.abort for reader in opened.readers)):
            if self._stopping.is_set():
                return None
            self._server = read_standing(opened.readers[0]).uuid
            self._board.enter(State.SNAPSHOT)
            extended = config.snapshot.locking is LockingMode.EXTENDED
            self._board.snapshot(locked=extended and opened.rung is not Rung.NO_LOCK)
            definitions = opened.definitions.tables
            # A try that failed may have delivered rows: they go.
            self._hand_over(Delivery(rollback=True))
            self._hand_over(self._new_definitions(opened.offset, opened.definitions, opened.readers[0]))
            tables = {name: table for name in self._captured(definitions) if (table := definitions.get(name))}
            wanted = [tables[name] for name in config.snapshot.order(tuple(tables))]
            log.info("snapshot of %d tables at %s begins", len(wanted), _place(opened.offset))
            self._tell("STARTED", data_collections=",".join(str(table.id) for table in wanted))
            for batch in self._snapshot_batches(opened, wanted, config.snapshot.select, opened.offset):
                self._hand_over(Delivery(batch))
                if self._stopping.is_set():
                    self._tell("ABORTED")
                    return None
        offset = replace(opened.offset, snapshot=False)
        self._tell("COMPLETED")
        self._hand_over(Delivery(offset=offset))
        log.info("snapshot ends")
        return offset

    def _blocking_batches(
        self, opened: OpenSnapshot[Definitions], requested: Sequence[Requested], offset: Offset
    ) -> Iterator[Batch]:
        selects = {one.table: one.condition for one in requested}
        found = (opened.definitions.tables.get(name) for name in selects)
        wanted = [table for table in found if table is not None]
        return self._snapshot_batches(opened, wanted, selects.get, offset)

    def _snapshot_batches(
        self,
        opened: OpenSnapshot[Definitions],
        wanted: list[Table],
        select: Callable[[TableId], str | None],
        offset: Offset,
    ) -> Iterator[Batch]:
        config = self._config.snapshot
        extents = read_extents(opened.readers[0], wanted, threads=len(opened.readers))
        if config.table_order is not TableOrder.DISABLED:
            descending = config.table_order is TableOrder.DESCENDING
            wanted = sorted(wanted, key=lambda table: extents[table.id].estimated_rows, reverse=descending)
        chunks = plan_chunks(wanted, extents, threads=len(opened.readers), statement=select)
        return read_chunks(
            opened.readers,
            {table.id: table for table in wanted},
            chunks,
            lambda table, markers: self._result_set(table, offset, markers),
            self._report,
        )

    def _report(self, read: SnapshotProgress) -> None:
        self._board.snapshot(tables=read.tables, tables_done=read.tables_done, estimated_rows=read.estimated_rows)
        if read.finished is not None:
            self._board.scanned(read.finished)
            told = {"scanned_collection": str(read.finished), "total_rows_scanned": str(read.finished_rows)}
            self._tell("TABLE_SCAN_COMPLETED", status="SUCCEEDED" if read.finished_rows else "EMPTY", **told)

    def _tell(self, kind: str, **data: str) -> None:
        self._notifications.tell(INITIAL, kind, **data)

    def _result_set(self, table: Table, offset: Offset, markers: Markers | None) -> ResultSet:
        return ResultSet(
            self._schema.table_plan(table),
            self._envelope,
            file=offset.file,
            position=offset.position,
            # Whole seconds, as Debezium has it in a snapshot.
            timestamp_us=offset.timestamp_us // 1_000_000 * 1_000_000,
            markers=markers,
            max_batch_bytes=self._config.engine.batch_bytes,
        )

    def _guard(self, tables: int) -> None:
        failure = self._config.failure
        if failure.most_tables is None or tables <= failure.most_tables:
            return
        message = f"{tables} tables would be captured, and guardrail.collections.max is {failure.most_tables}"
        if failure.too_many_tables is GuardrailAction.FAIL:
            raise ConfigError(message, hint="narrow table.include.list, or raise the limit")
        log.warning("%s", message)

    def _captured(self, tables: Tables) -> list[TableId]:
        """Raises ConfigError where a list of tables was given and none of them exists."""
        found = sorted(table.id for table in tables if self._config.tables.captured(table.id))
        self._guard(len(found))
        self._board.capture(found)
        if problem := unmatched(self._config.tables, tables.by_id):
            message, hint = problem
            raise ConfigError(message, where=f"{self._config.source.host}:{self._config.source.port}", hint=hint)
        return found

    # Stream

    def _stream(self, offset: Offset) -> None:
        reader = _Reader(offset)

        def attempt() -> None:
            with closing(self._open(reader.offset)) as dump, _Interruptible(self._interrupts, dump.close):
                if self._stopping.is_set():
                    return
                self._board.enter(State.STREAMING)
                log.info("streaming from %s %s", _place(reader.offset), reader.offset.gtids)
                policy = _Policy(self._schema, self._pieces, self._config.gtid_sources)
                try:
                    with ReadAhead(dump) as ahead:
                        decoder = self._decoder(reader)
                        self._control.attach(
                            Stream(decoder, ahead.wake, lambda: reader.offset, reader.move, self._stopping.is_set)
                        )
                        for item in follow(self._listen(ahead.take, decoder), decoder, policy):
                            self._deliver(item, reader)
                            if self._stopping.is_set() or reader.moved:
                                return
                except SourceError as error:
                    raise from_kernel(error, dump.where) from error
                finally:
                    self._control.detach()
                    reader.remember()
                    dump.release()

        while not self._stopping.is_set():
            self._retry(attempt, State.STREAMING)

    def _listen(self, take: Callable[[], memoryview], decoder: Decoder) -> Callable[[], memoryview]:
        """`take`, and the board is told."""

        def listen() -> memoryview:
            self._board.ask(decoder.file, decoder.position, decoder.tally)
            data = take()
            # None of it: someone wants this thread, and the source said nothing.
            if data:
                self._board.hear()
            return data

        return listen

    def _open(self, offset: Offset) -> DumpSocket:
        by_gtid = offset.gtids and not self._config.engine.ignore_gtid_on_recovery
        wanted = self._wanted(offset.gtids) if by_gtid else GtidSet()

        def check(connection: Connection) -> None:
            standing = await_standing(connection, str(wanted), _subtract)
            if wanted or not by_gtid:
                check_continues(standing, replace(offset, gtids=str(wanted)), self._server, _subtract)
            if standing.uuid != self._server:
                log.info("another server answers at %s: %s, %s before", standing.where, standing.uuid, self._server)
                self._meet(connection)

        if by_gtid:
            return open_dump(self._config.source, gtids=wanted.encode(), check=check)
        return open_dump(self._config.source, file=offset.file, position=offset.position, check=check)

    def _wanted(self, gtids: str) -> GtidSet:
        """The part of a set that counts for the position (`gtid.source.includes`, `.excludes`)."""
        stored = GtidSet(gtids)
        parts = (part for part in gtids.split(",") if self._config.gtid_sources.accepts(part.strip().split(":")[0]))
        counted = GtidSet(",".join(parts))
        if counted == stored:
            return stored
        with connect(self._config.source) as connection:
            executed = GtidSet(read_facts(connection).gtid_executed)
        # Of the other sources, what the server lacks is not spoken of; what it has is behind us, and old DDL must not
        # be carried out once more on the tables of today.
        return counted.union(stored.intersect(executed))

    def _decoder_at(self, offset: Offset) -> Decoder:
        return Decoder(
            file=offset.file,
            position=offset.position,
            gtids=offset.gtids,
            envelope=self._envelope,
            max_batch_bytes=self._config.engine.batch_bytes,
        )

    def _decoder(self, reader: _Reader) -> Decoder:
        offset, reader.moved = reader.offset, False
        decoder = self._decoder_at(offset)
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
            self._storage.hold(item.xid, item.data, first=item.first)
        elif isinstance(item, XaEnd):
            self._end_xa(item)
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

    def _end_xa(self, end: XaEnd) -> None:
        hold = self._storage.held(end.xid)
        if hold is None:
            log.warning("XA transaction %s was prepared before the capture began: its rows are not known", end.xid)
        elif end.outcome == "prepared":
            self._hand_over(Delivery(prepared=(hold,)))
        else:
            self._hand_over(Delivery(forgotten=(hold,)))

    # Attempts

    def _retry(self, attempt: Callable[[], Result], state: State) -> Result | None:
        """`attempt` until it returns; after a retriable error again, ever more slowly. None if stopped."""
        limit, pause, failures = self._config.engine.max_retries, _FIRST_PAUSE, 0
        self._board.enter(state)
        while not self._stopping.is_set():
            began = self._board.read().events
            try:
                return attempt()
            except TailraceError as error:
                if self._stopping.is_set():
                    return None
                if not error.retriable:
                    raise
                if self._board.read().events > began:
                    failures, pause = 0, _FIRST_PAUSE
                failures += 1
                if limit is not None and failures > limit:
                    raise
                self._board.enter(State.RECONNECTING, error.message)
                log.warning("%s; next attempt in %.2f s", error.message, pause)
                self._stopping.wait(pause)
                pause = min(pause * 2, self._config.engine.retry_wait_ms / 1000)
        return None


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a snapshot knows of all tables."""

    tables: Tables
    statements: tuple[tuple[TableId, str], ...] = ()
    """(table, its CREATE statement), where the sink wants them."""


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

    def __init__(self, schema: Schema, pieces: Callable[[str], Iterator[bytes]], sources: NameFilter) -> None:
        self._schema = schema
        self._pieces = pieces
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
        return self._pieces(xid)


class _Interruptible:
    """While inside, `interrupt` may end what waits; whoever enters asks next whether it came too early for that."""

    def __init__(self, interrupts: set[Callable[[], None]], *mine: Callable[[], None]) -> None:
        self._interrupts = interrupts
        self._mine = mine

    def __enter__(self) -> None:
        self._interrupts.update(self._mine)

    def __exit__(self, *exc_info: object) -> None:
        self._interrupts.difference_update(self._mine)


def _end(connection: Connection) -> Offset:
    end = read_binlog_end(connection)
    return Offset(end.file, end.position, end.gtids)


def _place(offset: Offset) -> str:
    return f"{offset.file}:{offset.position}"


def _purged(connection: Connection, facts: ServerFacts, offset: Offset | None) -> PositionPurged | SourceBehind | None:
    """Why the binlog does not have what follows the offset; SourceBehind: it may still come."""
    if offset is None or offset.snapshot:
        return None
    try:
        check_streamable(facts, offset, _subtract)
    except PositionPurged as purged:
        if not offset.gtids:
            return purged
        try:
            check_continues(await_standing(connection, offset.gtids, _subtract), offset, facts.uuid, _subtract)
        except (PositionPurged, SourceBehind) as still:
            return still
    return None


def _subtract(gtids: str, other: str) -> str:
    return str(GtidSet(gtids).subtract(GtidSet(other)))
