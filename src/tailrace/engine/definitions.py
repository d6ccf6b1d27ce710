"""The definitions of all tables that a run begins with: stored ones, or those that the server has now."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tailrace.config import Config
from tailrace.config.failure import GuardrailAction
from tailrace.config.filters import unmatched
from tailrace.engine.announce import Announcer
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Delivery
from tailrace.engine.schema import Schema
from tailrace.errors import ConfigError
from tailrace.history.from_server import read_statements, read_tables
from tailrace.history.tables import Tables
from tailrace.model.offset import Offset
from tailrace.model.table import TableId
from tailrace.mysql.connection import Connection
from tailrace.mysql.server import read_facts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Definitions:
    """What the server has of all tables."""

    tables: Tables
    statements: tuple[tuple[TableId, str], ...] = ()
    """(table, its CREATE statement), where the sink wants them."""


class DefinitionReader:
    """Finds them, and makes them those of the run."""

    def __init__(self, config: Config, schema: Schema, announcer: Announcer, board: ProgressBoard) -> None:
        self._config = config
        self._schema = schema
        self._announcer = announcer
        self._board = board

    def recover(self) -> bool:
        """Whether there are stored ones; they are those of the run then."""
        self._board.recover()
        records = self._schema.recover()
        self._board.recovered(records)
        self._board.capture(self._schema.captured())
        self._board.define(())
        return records > 0

    def read(self, connection: Connection) -> Definitions:
        """All tables as they are now, and their statements where the sink wants them."""
        tables = read_tables(connection.query)
        wanted = sorted(table.id for table in tables if self._announcer.tells_of(table.id))
        return Definitions(tables, read_statements(connection.query, wanted))

    def captured(self, definitions: Definitions) -> list[TableId]:
        """Raises ConfigError where a list of tables was given and none of them exists."""
        tables = definitions.tables
        found = sorted(table.id for table in tables if self._config.tables.captured(table.id))
        self._guard(len(found))
        self._board.capture(found)
        if problem := unmatched(self._config.tables, tables.by_id):
            message, hint = problem
            raise ConfigError(message, where=f"{self._config.source.host}:{self._config.source.port}", hint=hint)
        return found

    def begin(
        self, definitions: Definitions, offset: Offset, connection: Connection, ahead: Offset | None = None
    ) -> Delivery:
        """They take the place of all that was known; `ahead`: they are of that place."""
        announcement = self._announcer.definitions(
            read_facts(connection), offset, definitions.tables, definitions.statements
        )
        records = self._schema.begin(offset.place, definitions.tables, ahead)
        return Delivery(announcement, clear_history=True, history=records, offset=offset)

    def _guard(self, tables: int) -> None:
        failure = self._config.failure
        if failure.most_tables is None or tables <= failure.most_tables:
            return
        message = f"{tables} tables would be captured, and guardrail.collections.max is {failure.most_tables}"
        if failure.too_many_tables is GuardrailAction.FAIL:
            raise ConfigError(message, hint="narrow table.include.list, or raise the limit")
        log.warning("%s", message)
