"""A schema history that was lost: its definitions are read anew, for a stream from where it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tailrace._kernel import GtidSet, Query, Reached, XaHold
from tailrace.config import Config
from tailrace.engine.attempts import Attempts
from tailrace.engine.binlog import Binlog, read_end
from tailrace.engine.definitions import DefinitionReader, Definitions
from tailrace.engine.held import HeldTransactions
from tailrace.engine.survey import Survey
from tailrace.model.offset import Offset
from tailrace.model.progress import State
from tailrace.mysql.connection import Connection

if TYPE_CHECKING:
    from tailrace.history.ddl.effect import Context

log = logging.getLogger(__name__)


class Recovery:
    """Looks through the binlog first, so that no row is read by a definition that is not its own."""

    def __init__(  # noqa: PLR0917 - each is another part of the engine
        self,
        config: Config,
        definitions: DefinitionReader,
        context: Callable[[Query], Context],
        binlog: Binlog,
        held: HeldTransactions,
        attempts: Attempts,
    ) -> None:
        """`context`: what a statement's meaning depends on."""
        self._config = config
        self._definitions = definitions
        self._context = context
        self._binlog = binlog
        self._held = held
        self._attempts = attempts

    def read(self, connection: Connection, offset: Offset) -> tuple[Definitions, Offset] | None:
        """Definitions as they are now, for a stream from `offset`, and the place that they are of; None if stopped.
        Raises SchemaError where rows in between cannot be read so.
        """
        while True:
            before = read_end(connection)
            definitions = self._definitions.read(connection)
            end = read_end(connection)
            survey = Survey(
                self._config.tables,
                self._context,
                self._held.pieces,
                before,
                skip_unparseable=self._config.failure.skip_unparseable_ddl,
            )
            self._attempts.retry(partial(self._look_through, offset, end, survey), State.STARTING)
            if self._attempts.stopped:
                return None
            if not survey.late:
                return definitions, end

    def _look_through(self, offset: Offset, end: Offset, survey: Survey) -> None:
        """The binlog from `offset` to `end`, row by row of no use."""
        by_gtid = bool(offset.gtids and end.gtids) and not self._config.engine.ignore_gtid_on_recovery
        log.info("looking through the binlog from %s to %s for altered tables", offset.place, end.place)
        with self._binlog.read(offset) as ahead:
            if self._attempts.stopped:
                return
            decoder = self._binlog.decoder(offset)
            decoder.tolerate(unreadable=True, unfit=True)
            decoder.await_place(GtidSet(end.gtids) if by_gtid else (end.file, end.position))
            for item in self._binlog.follow(ahead, decoder, survey):
                if isinstance(item, XaHold):
                    self._held.keep(item)
                if isinstance(item, Reached) or self._attempts.stopped:
                    return
