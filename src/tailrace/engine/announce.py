"""Records that are not rows, as batches: statements that change tables, the definitions a snapshot begins with,
heartbeats.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tailrace import __version__
from tailrace._kernel import Batch, Query
from tailrace.config import Config
from tailrace.convert.records import (
    Origin,
    Record,
    Statement,
    TableChange,
    context_headers,
    heartbeat,
    notification,
    schema_changes,
    truncate,
)
from tailrace.convert.table import describe
from tailrace.history.tables import Tables
from tailrace.model.encoding import Output
from tailrace.model.notification import Notification
from tailrace.model.offset import Offset
from tailrace.model.table import TableId
from tailrace.mysql.server import ServerFacts

if TYPE_CHECKING:
    from tailrace.converters import Converter
    from tailrace.history.ddl.effect import Change

_INDEX = re.compile(r"\s*(?:CREATE|DROP)\s+(?:(?:UNIQUE|FULLTEXT|SPATIAL)\s+)?INDEX\b", re.IGNORECASE)
_DATABASE = re.compile(r"\s*(CREATE|ALTER|DROP)\s+(?:DATABASE|SCHEMA)\b", re.IGNORECASE)
_KINDS = {"create": "CREATE", "alter": "ALTER", "rename": "ALTER", "drop": "DROP"}


_FIRST = 0
"""The partition of records whose order counts, whatever their keys: as Debezium writes them."""


class Announcer:
    """Of one run: its headers name the run. Where the sink takes rows alone it tells of their end only (TRUNCATE)."""

    def __init__(
        self,
        config: Config,
        output: Output,
        *,
        rows_alone: bool,
        to_kafka: bool = False,
        converters: Sequence[Converter] = (),
    ) -> None:
        """`output` of its batches; `rows_alone`: the sink wants nothing else; `to_kafka`: it knows of partitions."""
        self._converters = converters
        self._to_kafka = to_kafka
        self._rows_alone = rows_alone
        self._events = config.events
        self._tables = config.tables
        self._output = output
        self.headers = context_headers(config.name, config.events) if config.events.extended_headers else []

    def tells_of(self, table: TableId) -> bool:
        """Whether the schema-change topic is told of this table."""
        if not self._events.schema_changes or self._rows_alone:
            return False
        if self._events.only_captured_tables and not self._tables.captured(table):
            return False
        return not self._events.only_captured_databases or self._tables.database_captured(table.database)

    def heartbeat(self) -> Batch | None:
        """A sign of life."""
        if self._rows_alone:
            return None
        return self._batch([heartbeat(self._events, time.time_ns() // 1_000_000)], partition=_FIRST)

    def notification(self, topic: str, told: Notification) -> Batch | None:
        """What the notification topic is told."""
        if self._rows_alone:
            return None
        return self._batch([notification(self._events, topic, told)])

    def statement(self, query: Query, database: str, changes: Sequence[Change]) -> Batch | None:
        """DDL that was read from the binlog; `database` is the one it is about."""
        origin = Origin(
            __version__,
            query.timestamp_us,
            "false",
            query.server_id,
            query.gtid,
            query.file,
            query.position,
        )
        if changes and changes[0].kind == "truncate":
            return self._truncate(origin, changes[0])
        if (
            not self._events.schema_changes
            or self._rows_alone
            or (changes and not any(self.tells_of(change.id) for change in changes))
        ):
            return None
        if self._events.only_captured_databases and not self._tables.database_captured(database):
            return None
        return self._batch(self._tell(origin, _statement(query.sql, database, changes)), partition=_FIRST)

    def _truncate(self, origin: Origin, change: Change) -> Batch | None:
        """An event of the table itself, where such are wanted; rows alone have no word for it."""
        wanted = "t" not in self._events.skipped and self._events.transforms.unwrap is None
        if not wanted or change.table is None or not self._tables.captured(change.id):
            return None
        now = time.time_ns() // 1000
        described = describe(change.table, self._events, self._converters).encoding
        record = truncate(
            self._events, origin, now_us=now, described=described, table=change.table.id, headers=self.headers
        )
        return self._batch([record])

    def definitions(
        self, facts: ServerFacts, offset: Offset, tables: Tables, texts: Sequence[tuple[TableId, str]]
    ) -> Batch | None:
        """What a snapshot begins with: each table dropped, its database made anew, the table created."""
        if not self._events.schema_changes or self._rows_alone:
            return None
        origin = Origin(__version__, time.time_ns() // 1000, "true", 0, None, offset.file, offset.position)
        found = (record for statement in _definitions(facts, tables, texts) for record in self._tell(origin, statement))
        return self._batch(list(found), partition=_FIRST)

    def _tell(self, origin: Origin, statement: Statement) -> list[Record]:
        now = time.time_ns() // 1_000_000
        return schema_changes(self._events, origin, now_ms=now, statement=statement, headers=self.headers)

    def _batch(self, records: Sequence[Record], partition: int | None = None) -> Batch:
        partitions = [partition] * len(records) if self._to_kafka else ()
        return Batch.of(records, output=self._output, partitions=partitions)


def _statement(sql: str, database: str, changes: Sequence[Change]) -> Statement:
    # The server ends a statement that it has rewritten with a comment of its own.
    ddl = sql.removesuffix("/* generated by server */").rstrip()
    if about := _DATABASE.match(ddl):
        return Statement(database, ddl, (), "" if about[1].upper() == "ALTER" else None)
    if _INDEX.match(ddl) or not changes:
        return Statement(database, ddl, (), "")
    told = tuple(TableChange(_KINDS[change.kind], change.id, change.table) for change in changes)
    return Statement(told[0].id.database, ddl, told)


def _definitions(facts: ServerFacts, tables: Tables, texts: Sequence[tuple[TableId, str]]) -> Iterator[Statement]:
    yield Statement("", f"SET character_set_server={facts.character_set}, collation_server={facts.collation}")
    by_database: dict[str, list[tuple[TableId, str]]] = {}
    for table, text in texts:
        by_database.setdefault(table.database, []).append((table, text))
    for table, _ in texts:
        yield Statement(
            table.database,
            f"DROP TABLE IF EXISTS `{table.database}`.`{table.table}`",
            (TableChange("DROP", table, None),),
        )
    for database, created in by_database.items():
        charset = tables.databases[database]
        yield Statement(database, f"DROP DATABASE IF EXISTS `{database}`")
        yield Statement(database, f"CREATE DATABASE `{database}` CHARSET {charset.name} COLLATE {charset.collation}")
        yield Statement(database, f"USE `{database}`")
        for table, text in created:
            yield Statement(database, text, (TableChange("CREATE", table, tables.get(table)),))
