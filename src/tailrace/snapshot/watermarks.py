"""What a SELECT is sure to see, and how far the stream must be before its rows may come out.

`begun` is where the stream was when it began to remember keys. A row of the SELECT is stale only if a transaction
changed it that the SELECT does not see; `before` makes sure that all up to `begun` are seen, so each such transaction
comes after `begun` in the stream, and its keys are remembered. `after` names a place that every transaction lies
before which the SELECT saw: rows come out there, so that none is ahead of the stream.

With GTIDs nothing is written: `gtid_executed` takes a transaction up when the engine has committed it (sql/binlog.cc,
process_commit_stage_queue), and the server waits for a set by itself. Without them a row is written to the signalling
table, as Debezium does: commits become visible in the order of the binlog (binlog_order_commits), so what is before
that row in the binlog is visible when its INSERT returns.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tailrace._kernel import GtidSet
from tailrace.errors import UnsupportedSource
from tailrace.mysql.server import read_binlog_end
from tailrace.snapshot.select import qualified

if TYPE_CHECKING:
    from tailrace.model.table import TableId
    from tailrace.mysql.connection import Connection

Place = GtidSet | tuple[str, int]
"""A moment of the server: what was executed, or file and position."""
_WAIT_SECONDS = 1


class Watermarks(Protocol):
    """Of one connection and one table."""

    def before(self) -> Place:
        """Before a SELECT: it will see all of this, and all that the stream had when the watch began."""

    def after(self) -> Place:
        """Behind a SELECT: what it saw lies before this."""

    def now(self) -> Place:
        """Whatever has happened lies before this."""


class ByGtid:
    """Writes nothing."""

    def __init__(self, connection: Connection, begun: GtidSet, stopped: Callable[[], bool]) -> None:
        self._connection = connection
        self._begun = begun
        self._stopped = stopped
        self._seen: GtidSet | None = None

    def before(self) -> GtidSet:
        """The set of the last SELECT's end will do: sets only grow."""
        if self._seen is None:
            # The stream may be ahead of the engine by what lies between writing the binlog and committing.
            wait = "SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)"
            while self._connection.query(wait, (str(self._begun), _WAIT_SECONDS))[0][0] and not self._stopped():
                pass
            self._seen = self._read()[0]
        return self._seen

    def after(self) -> GtidSet:
        """What was purged never comes in the stream."""
        self._seen, purged = self._read()
        return self._seen.subtract(purged)

    now = after

    def _read(self) -> tuple[GtidSet, GtidSet]:
        executed, purged = self._connection.query("SELECT @@GLOBAL.gtid_executed, @@GLOBAL.gtid_purged")[0]
        return GtidSet(executed.replace("\n", "")), GtidSet(purged.replace("\n", ""))


class ByTable:
    """A row in the signalling table before each SELECT."""

    def __init__(self, connection: Connection, table: TableId, *, delete: bool) -> None:
        self._connection = connection
        self._table = qualified(table)
        self._delete = delete
        self._id = ""
        self._opened = 0

    def before(self) -> tuple[str, int]:
        """Everything up to here is before the row in the binlog."""
        place = self.now()
        self._id, self._opened = str(uuid.uuid4()), time.time_ns() // 1_000_000
        self._insert("open", {"openWindowTimestamp": str(self._opened)})
        return place

    def after(self) -> tuple[str, int]:
        """What the SELECT saw was in the binlog by then."""
        if self._delete:
            self._connection.query(f"DELETE FROM {self._table} WHERE id = %s", (f"{self._id}-open",))  # noqa: S608 -- quoted
        else:
            closed = {
                "openWindowTimestamp": str(self._opened),
                "closeWindowTimestamp": str(time.time_ns() // 1_000_000),
            }
            self._insert("close", closed)
        return self.now()

    def now(self) -> tuple[str, int]:
        """The end of the binlog."""
        end = read_binlog_end(self._connection)
        return end.file, end.position

    def _insert(self, word: str, data: dict[str, str]) -> None:
        row = (f"{self._id}-{word}", f"snapshot-window-{word}", json.dumps(data))
        self._connection.query(f"INSERT INTO {self._table} VALUES (%s, %s, %s)", row)  # noqa: S608 -- quoted


def watermarks(
    connection: Connection,
    begun: GtidSet,
    signal_table: TableId | None,
    *,
    delete: bool,
    stopped: Callable[[], bool],
) -> Watermarks:
    """The way that this server offers. Raises UnsupportedSource where there is none, or it would not be right."""
    names = "gtid_mode", "binlog_row_image", "replica_preserve_commit_order", "replica_parallel_workers"
    marks = ", ".join(f"'{name}'" for name in names)
    found = {
        str(name): str(value)
        for name, value in connection.query(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({marks})")
    }
    if found["binlog_row_image"] != "FULL":
        raise UnsupportedSource(
            f"binlog_row_image is {found['binlog_row_image']}: a streamed change does not stand for the whole row",
            where=connection.where,
            hint="SET PERSIST binlog_row_image = 'FULL', and let open sessions reconnect; or take a blocking snapshot",
        )
    _check_replica(connection, found)
    if found["gtid_mode"] == "ON":
        return ByGtid(connection, begun, stopped)
    if signal_table is None:
        raise UnsupportedSource(
            f"gtid_mode is {found['gtid_mode']}, and there is no signal.data.collection to write watermarks to",
            where=connection.where,
            hint="turn GTIDs on (then nothing is written), or set signal.data.collection and read.only=false",
        )
    return ByTable(connection, signal_table, delete=delete)


def _check_replica(connection: Connection, found: dict[str, str]) -> None:
    """A replica that commits in another order than its source shows states that the source never had."""
    parallel = found.get("replica_parallel_workers", "0") not in {"0", "1"}
    if not parallel or found.get("replica_preserve_commit_order", "ON") == "ON":
        return
    if connection.query("SHOW REPLICA STATUS"):
        raise UnsupportedSource(
            "this replica applies in parallel without replica_preserve_commit_order",
            where=connection.where,
            hint="STOP REPLICA; SET PERSIST replica_preserve_commit_order = ON; START REPLICA",
        )
