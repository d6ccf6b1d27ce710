"""Which plan reads a table's rows: what the binlog says of a table, held against what is known of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tailrace._kernel import NeedTable, Plan, Query
from tailrace.config import Config
from tailrace.config.failure import Failure, Inconsistent
from tailrace.convert import Learn, Plans
from tailrace.engine.announce import Announcer
from tailrace.engine.survey import is_behind
from tailrace.errors import SchemaError, StorageError, UnsupportedSource
from tailrace.history.charset import SERVER_DEFAULT, by_name
from tailrace.history.debezium import apply_changes
from tailrace.history.from_row_metadata import build_table, check
from tailrace.history.from_server import read_tables
from tailrace.history.history import Record, SchemaHistory
from tailrace.history.tables import Tables
from tailrace.model.offset import Offset
from tailrace.model.table import Table, TableId
from tailrace.mysql.connection import connect
from tailrace.mysql.server import ServerFacts
from tailrace.signals import BadSignal
from tailrace.storage import Storage
from tailrace.streaming import SchemaChange

if TYPE_CHECKING:
    from tailrace.converters import Converter
    from tailrace.history.ddl.effect import Change, Context

log = logging.getLogger(__name__)


class Records:
    """History records on their way: they are stored with the offset behind them, in one commit.

    So whatever is stored counts: no record lies beyond the offset.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._new: list[str] = []

    def append(self, record: Record) -> None:
        """Goes with the next delivery."""
        self._new.append(json.dumps(asdict(record)))

    def load(self) -> Iterator[Record]:
        """What is stored."""
        for text in self._storage.history():
            try:
                yield Record(**json.loads(text))
            except (ValueError, TypeError) as error:
                message = "a record of the schema history cannot be read"
                hint = "read the definitions again: snapshot.mode=recovery"
                raise StorageError(message, hint=hint) from error

    def compact(self, records: Iterable[Record]) -> None:
        """Goes with the delivery that clears what is stored."""
        self._new = [json.dumps(asdict(record)) for record in records]

    def take(self) -> tuple[str, ...]:
        """The records since the last call."""
        new, self._new = tuple(self._new), []
        return new


class Schema:
    """The tables at the place in the binlog that is being read; answers the kernel's questions (`TablePolicy`)."""

    def __init__(
        self,
        config: Config,
        storage: Storage,
        announcer: Announcer,
        learn: Learn | None,
        converters: Sequence[Converter] = (),
    ) -> None:
        self._config = config
        self._announcer = announcer
        self._records = Records(storage)
        self._history = SchemaHistory(self._records)
        self._plans = Plans(config.events, learn, converters)
        self._ahead: Offset | None = None
        """The place whose definitions are known, where the stream has yet to come there."""
        self._server_charset = SERVER_DEFAULT
        self._lower_case_table_names = False
        self.on_change: Callable[[Sequence[TableId]], None] = lambda _: None
        """Told of tables whose definition, or all of whose rows, changed in the stream."""

    def recover(self) -> int:
        """The definitions at the stored offset; from how many records, 0 if none are stored."""
        records = self._history.recover(lambda _: True)
        self._ahead = Offset.from_json(self._history.ahead) if self._history.ahead else None
        return records

    def begin(self, place: str, tables: Tables, ahead: Offset | None = None) -> tuple[str, ...]:
        """Begin anew with definitions read from the server; the records that take the place of all others. `ahead`:
        they are of that place, and the stream has yet to come there.
        """
        self._history.snapshot(place, tables, ahead.to_json() if ahead is not None else "")
        self._ahead = ahead
        return self._records.take()

    def serve(self, facts: ServerFacts) -> None:
        """What a statement's meaning takes from the server it came from."""
        self._server_charset = by_name(facts.character_set, facts.collation) or self._server_charset
        self._lower_case_table_names = facts.lower_case_table_names == 1

    def table_plan(self, table: Table) -> Plan:
        """The plan of a table version."""
        return self._plans.plan(table)

    def tell_unfit(self) -> None:
        """Warn of values that became null because their form has no room for them."""
        if self._config.events.converting is Failure.WARN:
            for name, column, count in self._plans.take_unfit():
                message = "%s.%s: %d values have no place in time.precision.mode=%s: they are null"
                log.warning(message, name, column, count, self._config.events.types.time.value)

    def table(self, name: TableId) -> Table | None:
        """The definition of a captured table at the place of the stream."""
        return self._history.tables.get(name) if self._config.tables.captured(name) else None

    def captured(self) -> list[TableId]:
        """The captured tables that are known, by name."""
        return sorted(name for name in self._history.tables.by_id if self._config.tables.captured(name))

    def take(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Definitions from elsewhere, as Debezium's history has them. Raises BadSignal."""
        try:
            tables = apply_changes(Tables(), changes)
        except (KeyError, TypeError, AttributeError, StorageError) as error:
            message = f"changes are not as Debezium's schema history has them: {error}"
            raise BadSignal(message) from None
        self._history.put("signal", *tables)
        self.on_change([table.id for table in tables])

    def told(self, need: NeedTable) -> Plan | None:
        """The plan for rows of a signalling table."""
        name = TableId(need.database, need.table)
        if name not in self._config.signals.tables:
            return None
        known = self._history.tables.get(name)
        table = known if known is not None and check(known, need) is None else self._described(need, name)
        return Plan(table)

    def plan(self, need: NeedTable) -> Plan | None:
        """The plan for a table map; None: not captured. Raises SchemaError where no definition fits."""
        name = TableId(need.database, need.table)
        if not self._config.tables.captured(name):
            return None
        try:
            return self._fitting_plan(need, name)
        except SchemaError as error:
            match self._config.failure.inconsistent:
                case Inconsistent.FAIL:
                    raise
                case Inconsistent.WARN:
                    log.warning("the rows of %s are left out: %s", name, error.message)
                case Inconsistent.SKIP:
                    log.debug("the rows of %s are left out: %s", name, error.message)
            return None

    def _fitting_plan(self, need: NeedTable, name: TableId) -> Plan:
        known = self._history.tables.get(name)
        if known is not None and check(known, need) is None:
            return self._plans.plan(known)
        described = self._described(need, name)
        self.on_change([name])
        return self._plans.plan(described)

    def _described(self, need: NeedTable, name: TableId) -> Table:
        """Full row metadata describes the table by itself."""
        described = build_table(need)
        if described is None:
            described = self._read_now(name, need, self._history.tables.get(name))
        self._history.put(f"{need.file}:{need.position}", described)
        return described

    def _is_of_captured(self, query: Query) -> bool:
        """Whether a statement may have changed rows of a captured table: its session's database tells of names without
        one, `shop.orders` tells for itself.
        """
        from tailrace.history.ddl.parser import qualified_tables  # noqa: PLC0415 - start-up time

        tables = self._config.tables
        return tables.database_captured(query.database) or any(
            tables.captured(table) and self._history.tables.get(table) is not None
            for table in qualified_tables(query.sql, query.sql_mode)
        )

    def statement(self, query: Query) -> SchemaChange | None:
        """What a statement did to the tables; None: it changes no table."""
        from tailrace.history.ddl.effect import database_of  # noqa: PLC0415 - start-up time
        from tailrace.history.ddl.parser import Ddl, Dml, classify  # noqa: PLC0415 - the same

        where = f"{query.file}:{query.position}"
        match classify(query.sql, query.sql_mode):
            case Dml() if self._is_of_captured(query):
                message = f"a change is in the binlog as a statement, so its rows are unknown: {query.sql[:100]}"
                hint = (
                    "a session used binlog_format=STATEMENT or MIXED: forbid it (REVOKE SESSION_VARIABLES_ADMIN), then"
                    " take a new snapshot"
                )
                raise UnsupportedSource(message, where=where, hint=hint)
            case Ddl():
                context = self.context(query)
                passes = self._ahead is not None and is_behind(query, self._ahead)
                step = self._history.pass_by if passes else self._history.follow
                try:
                    changes = step(where, context, query.sql)
                except SchemaError as error:
                    if not self._config.failure.skip_unparseable_ddl:
                        raise
                    log.warning("%s: a statement is passed over: %s", where, error.message)
                    return SchemaChange(self._records.take())
                self._plans.forget()
                log.info("%s: %s", where, ", ".join(f"{change.kind} {change.id}" for change in changes) or "no table")
                self._plan_truncated(changes)
                self.on_change([change.id for change in changes])
                announcement = self._announcer.statement(query, database_of(query.sql, context), changes)
                return SchemaChange(self._records.take(), announcement)
            case _:
                return None

    def context(self, query: Query) -> Context:
        """What its meaning depends on besides its text."""
        from tailrace.history.ddl.effect import Context  # noqa: PLC0415 - start-up time

        return Context(
            database=query.database,
            sql_mode=query.sql_mode,
            database_collation=query.collation_database,
            server=self._server_charset,
            lower_case_table_names=self._lower_case_table_names,
            explicit_defaults_for_timestamp=query.explicit_defaults_for_timestamp,
        )

    def _plan_truncated(self, changes: Sequence[Change]) -> None:
        """An event tells of them, even where no row has come yet."""
        for change in changes:
            if change.kind == "truncate" and change.table is not None and self._config.tables.captured(change.id):
                self._plans.plan(change.table)

    def take_records(self) -> tuple[str, ...]:
        """Records of tables that were learned from row metadata or read from the server."""
        return self._records.take()

    def _read_now(self, name: TableId, need: NeedTable, known: Table | None) -> Table:
        """The server's definition of today, if it fits the rows of then."""
        with connect(self._config.source) as connection:
            table = read_tables(connection.query, tables=[name]).get(name)
        problem = check(table, need) if table is not None else None
        if table is not None and problem is None:
            log.warning("%s: its definition was read from the server at %s:%s", name, need.file, need.position)
            return table
        if known is not None and (mismatch := check(known, need)) is not None:
            raise mismatch
        message = f"the definition of {name} at this place in the binlog is not known"
        hint = "take a new snapshot, or set binlog_row_metadata=FULL on the server"
        raise SchemaError(message, where=f"{need.file}:{need.position}", hint=hint)
