"""What is read from the tables before the binlog is followed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tailrace.config.field import (
    BOOLEAN,
    INT,
    LIST,
    LONG,
    PATTERNS,
    STRING,
    Family,
    Field,
    Values,
    at_least,
    between,
    one_of,
)

if TYPE_CHECKING:
    from tailrace.config.filters import Patterns
    from tailrace.model.table import TableId


class SnapshotMode(StrEnum):
    """When the tables are read, and what follows."""

    INITIAL = "initial"
    INITIAL_ONLY = "initial_only"
    NO_DATA = "no_data"
    ALWAYS = "always"
    WHEN_NEEDED = "when_needed"
    RECOVERY = "recovery"
    CONFIGURATION_BASED = "configuration_based"


_OLD_MODES = {
    "schema_only": "is an old name; did you mean no_data?",
    "schema_only_recovery": "is an old name; did you mean recovery?",
    "never": "reads no definitions, so no row could be read; did you mean no_data?",
    "custom": "there are no classes of Java here; choose each step with configuration_based",
}
_FOREIGN_LOCKS = dict.fromkeys(
    ("minimal_percona", "minimal_percona_no_table_locks"),
    "needs statements that only Percona Server has; minimal asks for locks on the captured tables first",
) | {"custom": "there are no classes of Java here; give minimal, extended or none"}


class TableOrder(StrEnum):
    """Which tables are read first."""

    DISABLED = "disabled"
    ASCENDING = "ascending"
    DESCENDING = "descending"


class LockingMode(StrEnum):
    """How other sessions are kept from changing tables while the snapshot is opened."""

    MINIMAL = "minimal"
    EXTENDED = "extended"
    NONE = "none"


MODE = Field(
    "snapshot.mode",
    one_of(SnapshotMode, _OLD_MODES),
    SnapshotMode.INITIAL,
    "initial: read all captured tables if there is no offset, then stream; initial_only: read them and stop; no_data: "
    "read definitions only, then stream; always: read at every start; when_needed: as initial, and again if the "
    "offset is no longer in the binlog; recovery: read definitions again, then stream from the "
    "offset (refused where rows in between were written by others and do not name their columns); "
    "configuration_based: as the properties snapshot.mode.configuration.based.* say.",
    importance="high",
)
LOCKING = Field(
    "snapshot.locking.mode",
    one_of(LockingMode, _FOREIGN_LOCKS),
    LockingMode.MINIMAL,
    "minimal: hold a lock only until the snapshot is open; extended: until the last table is read; none: never "
    "(safe only while no table is altered).",
)
LOCK_TIMEOUT = Field(
    "snapshot.lock.timeout.ms", LONG, 10_000, "How long to wait for the lock, in ms, before giving up.", at_least(1)
)
THREADS = Field(
    "snapshot.max.threads", INT, 1, "Connections that read tables, and parts of tables, in parallel.", between(1, 64)
)
INCLUDE = Field(
    "snapshot.include.collection.list",
    PATTERNS,
    None,
    "Of the captured tables, those whose rows are read; regular expressions over `database.table`, read in this order.",
)

_BASED = "snapshot.mode.configuration.based"
BASED_DATA = Field(f"{_BASED}.snapshot.data", BOOLEAN, default=False, doc="Read rows at every start.", importance="low")
BASED_SCHEMA = Field(
    f"{_BASED}.snapshot.schema", BOOLEAN, default=False, doc="Read definitions at every start.", importance="low"
)
BASED_STREAM = Field(
    f"{_BASED}.start.stream", BOOLEAN, default=False, doc="Stream after that; else end.", importance="low"
)
BASED_SCHEMA_ERROR = Field(
    f"{_BASED}.snapshot.on.schema.error",
    BOOLEAN,
    default=False,
    doc="Read definitions again where none are stored.",
    importance="low",
)
BASED_DATA_ERROR = Field(
    f"{_BASED}.snapshot.on.data.error",
    BOOLEAN,
    default=False,
    doc="Take a new snapshot where the offset is no longer in the binlog.",
    importance="low",
)
SELECTS = Field(
    "snapshot.select.statement.overrides",
    LIST,
    None,
    "Tables, `database.table`, whose rows are chosen by a SELECT of your own, in "
    "snapshot.select.statement.overrides.<database>.<table>. It must give the table's columns, in any order.",
)
SELECT = Family(
    "snapshot.select.statement.overrides.<database>.<table>",
    re.compile(r"snapshot\.select\.statement\.overrides\.([^.]+)\.(.+)"),
    STRING,
    "The SELECT of one table.",
)
ORDER = Field(
    "snapshot.tables.order.by.row.count",
    one_of(TableOrder),
    TableOrder.DISABLED,
    "Read tables in the order of their estimated size: ascending, descending; disabled: by name.",
    importance="low",
)
DELAY = Field("snapshot.delay.ms", LONG, 0, "Pause before the snapshot, in ms.", at_least(0), "low")
STREAMING_DELAY = Field(
    "streaming.delay.ms", LONG, 0, "Pause between the snapshot and the stream, in ms.", at_least(0), "low"
)
QUERY_MODE = Field(
    "snapshot.query.mode",
    STRING,
    "select_all",
    "Only select_all.",
    lambda value: (
        None
        if value.lower() == "select_all"
        else "only select_all is supported; choose rows with snapshot.select.statement.overrides"
    ),
    "low",
)

FIELDS: tuple[Field[Any], ...] = (
    MODE,
    BASED_DATA,
    BASED_SCHEMA,
    BASED_STREAM,
    BASED_SCHEMA_ERROR,
    BASED_DATA_ERROR,
    LOCKING,
    LOCK_TIMEOUT,
    THREADS,
    INCLUDE,
    SELECTS,
    ORDER,
    DELAY,
    STREAMING_DELAY,
    QUERY_MODE,
)
FAMILIES: tuple[Family[Any], ...] = (SELECT,)


@dataclass(frozen=True, slots=True)
class ConfiguredMode:
    """`snapshot.mode=configuration_based`, spelled out."""

    data: bool = False
    schema: bool = False
    stream: bool = False
    on_schema_error: bool = False
    on_data_error: bool = False


@dataclass(frozen=True, slots=True)
class SnapshotConfig:
    """How the snapshot is taken."""

    mode: SnapshotMode = SnapshotMode.INITIAL
    locking: LockingMode = LockingMode.MINIMAL
    lock_timeout_ms: int = 10_000
    threads: int = 1
    include: Patterns | None = None
    based: ConfiguredMode = ConfiguredMode()
    selects: tuple[tuple[str, str], ...] = ()
    """(`database.table`, SELECT)"""
    table_order: TableOrder = TableOrder.DISABLED
    delay_ms: int = 0
    streaming_delay_ms: int = 0

    @property
    def streams(self) -> bool:
        """Whether the connector goes on after the snapshot."""
        if self.mode is SnapshotMode.CONFIGURATION_BASED:
            return self.based.stream
        return self.mode is not SnapshotMode.INITIAL_ONLY

    def select(self, table: TableId) -> str | None:
        """The SELECT given for a table."""
        return next((statement for name, statement in self.selects if name == str(table)), None)

    def order(self, tables: tuple[TableId, ...]) -> tuple[TableId, ...]:
        """Of `tables`, those whose rows are read, in the order of the include list, else as they came."""
        if self.include is None:
            return tables
        chosen = dict.fromkeys(table for pattern in self.include for table in tables if pattern.fullmatch(str(table)))
        return tuple(chosen)

    @classmethod
    def read(cls, values: Values) -> SnapshotConfig:
        """From parsed properties."""
        return cls(
            mode=values[MODE],
            locking=values[LOCKING],
            lock_timeout_ms=values[LOCK_TIMEOUT],
            threads=values[THREADS],
            include=values.get(INCLUDE),
            based=ConfiguredMode(
                values[BASED_DATA],
                values[BASED_SCHEMA],
                values[BASED_STREAM],
                values[BASED_SCHEMA_ERROR],
                values[BASED_DATA_ERROR],
            ),
            selects=tuple((".".join(names), statement) for names, statement in values.family(SELECT)),
            table_order=values[ORDER],
            delay_ms=values[DELAY],
            streaming_delay_ms=values[STREAMING_DELAY],
        )


def problems(values: Values) -> list[str]:
    """Selects without a table, and tables without a select."""
    named: tuple[str, ...] = values.get(SELECTS) or ()
    given = {".".join(names) for names, _ in values.family(SELECT)}
    return [f"{SELECTS.name}: {SELECTS.name}.{table} is missing" for table in named if table not in given] + [
        f"{SELECTS.name}.{table}: {table} is not named in {SELECTS.name}" for table in sorted(given - set(named))
    ]
