"""What is read from the tables before the binlog is followed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tailrace.config.field import INT, LONG, PATTERNS, Field, Values, at_least, between, one_of

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


class LockingMode(StrEnum):
    """How other sessions are kept from changing tables while the snapshot is opened."""

    MINIMAL = "minimal"
    EXTENDED = "extended"
    NONE = "none"


MODE = Field(
    "snapshot.mode",
    one_of(SnapshotMode),
    SnapshotMode.INITIAL,
    "initial: read all captured tables if there is no offset, then stream; initial_only: read them and stop; no_data: "
    "read definitions only, then stream; always: read at every start; when_needed: as initial, and again if the "
    "offset is no longer in the binlog; recovery: read definitions again, then stream from the offset.",
    importance="high",
)
LOCKING = Field(
    "snapshot.locking.mode",
    one_of(LockingMode),
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

FIELDS: tuple[Field[Any], ...] = (MODE, LOCKING, LOCK_TIMEOUT, THREADS, INCLUDE)


@dataclass(frozen=True, slots=True)
class SnapshotConfig:
    """How the snapshot is taken."""

    mode: SnapshotMode = SnapshotMode.INITIAL
    locking: LockingMode = LockingMode.MINIMAL
    lock_timeout_ms: int = 10_000
    threads: int = 1
    include: Patterns | None = None

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
        )
