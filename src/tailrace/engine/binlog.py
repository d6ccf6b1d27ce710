"""The source's binlog: at whichever server answers, from an offset on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from tailrace._kernel import Decoder, Envelope, GtidSet
from tailrace.config import Config
from tailrace.engine.attempts import Attempts
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.schema import Schema
from tailrace.errors import PositionPurged, SourceBehind, SourceError
from tailrace.model.offset import Offset
from tailrace.model.progress import Source
from tailrace.mysql.connection import Connection, connect
from tailrace.mysql.dump import DumpSocket, open_dump
from tailrace.mysql.failure import from_kernel
from tailrace.mysql.server import ServerFacts, check_streamable, read_binlog_end, read_facts
from tailrace.mysql.standing import await_standing, check_continues
from tailrace.streaming import Policy, ReadAhead, StreamItem, follow

log = logging.getLogger(__name__)


class Binlog:
    """Another server may answer at each connection: it is met first, and refused where it does not go on."""

    def __init__(
        self, config: Config, envelope: Envelope, schema: Schema, board: ProgressBoard, attempts: Attempts
    ) -> None:
        """`schema` and `board` are told of the server that is read."""
        self._config = config
        self._envelope = envelope
        self._schema = schema
        self._board = board
        self._attempts = attempts
        self.server = ""
        """server_uuid of the one that files and positions are of."""

    def meet(self, connection: Connection) -> ServerFacts:
        """A server that was not read before. Raises what forbids to."""
        facts = read_facts(connection)
        check_streamable(facts, None, _subtract)
        self._schema.serve(facts)
        self._board.serve(Source(facts.where, facts.version, facts.uuid, facts.has_gtids))
        self.server = facts.uuid
        return facts

    @contextmanager
    def read(self, offset: Offset) -> Iterator[ReadAhead]:
        """The bytes behind `offset`, for as long as one is inside; whoever enters asks first whether the run has ended
        meanwhile. Raises what the server said to it.
        """
        with closing(self._open(offset)) as dump, self._attempts.interruptible(dump.close):
            try:
                with ReadAhead(dump) as ahead:
                    yield ahead
            except SourceError as error:
                raise from_kernel(error, dump.where) from error
            finally:
                dump.release()

    def decoder(self, offset: Offset) -> Decoder:
        """For what is read from there."""
        return Decoder(
            file=offset.file,
            position=offset.position,
            gtids=offset.gtids,
            envelope=self._envelope,
            max_batch_bytes=self._config.engine.batch_bytes,
        )

    def follow(self, ahead: ReadAhead, decoder: Decoder, policy: Policy) -> Iterator[StreamItem]:
        """What the bytes say; the board is told how far they are decoded."""

        def take() -> memoryview:
            self._board.ask(decoder.file, decoder.position, decoder.tally)
            data = ahead.take()
            # None of it: someone wants this thread, and the source said nothing.
            if data:
                self._board.hear()
            return data

        return follow(take, decoder, policy)

    def _open(self, offset: Offset) -> DumpSocket:
        by_gtid = offset.gtids and not self._config.engine.ignore_gtid_on_recovery
        wanted = self._wanted(offset.gtids) if by_gtid else GtidSet()

        def check(connection: Connection) -> None:
            standing = await_standing(connection, str(wanted), _subtract)
            if wanted or not by_gtid:
                check_continues(standing, replace(offset, gtids=str(wanted)), self.server, _subtract)
            if standing.uuid != self.server:
                log.info("another server answers at %s: %s, %s before", standing.where, standing.uuid, self.server)
                self.meet(connection)

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


def read_end(connection: Connection) -> Offset:
    """Where the binlog ends now."""
    end = read_binlog_end(connection)
    return Offset(end.file, end.position, end.gtids)


def read_gap(connection: Connection, facts: ServerFacts, offset: Offset | None) -> PositionPurged | SourceBehind | None:
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
