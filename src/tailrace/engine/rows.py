"""The rows of an open snapshot, initial or blocking, as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tailrace._kernel import Batch, Envelope, ResultSet
from tailrace.config import Config
from tailrace.config.snapshot import TableOrder
from tailrace.engine.definitions import Definitions
from tailrace.engine.notify import Notifications
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.schema import Schema
from tailrace.model.incremental import Requested
from tailrace.model.notification import INITIAL
from tailrace.model.offset import Offset
from tailrace.model.table import Table, TableId
from tailrace.snapshot.chunks import plan as plan_chunks
from tailrace.snapshot.extents import read_extents
from tailrace.snapshot.open import OpenSnapshot
from tailrace.snapshot.read import Markers, SnapshotProgress, read_chunks


class SnapshotRows:
    """Read by the schema's plans; board and notifications are told how far."""

    def __init__(
        self, config: Config, envelope: Envelope, schema: Schema, board: ProgressBoard, notifications: Notifications
    ) -> None:
        self._config = config
        self._envelope = envelope
        self._schema = schema
        self._board = board
        self._notifications = notifications

    def read(
        self,
        opened: OpenSnapshot[Definitions],
        wanted: list[Table],
        select: Callable[[TableId], str | None],
        offset: Offset,
    ) -> Iterator[Batch]:
        """As rows of the place of `offset`; `select` gives the SELECT of a table that has one of its own."""
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

    def read_requested(
        self, opened: OpenSnapshot[Definitions], requested: Sequence[Requested], offset: Offset
    ) -> Iterator[Batch]:
        """Those that a blocking snapshot was asked for."""
        selects = {one.table: one.condition for one in requested}
        found = (opened.definitions.tables.get(name) for name in selects)
        wanted = [table for table in found if table is not None]
        return self.read(opened, wanted, selects.get, offset)

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

    def _report(self, read: SnapshotProgress) -> None:
        self._board.snapshot(tables=read.tables, tables_done=read.tables_done, estimated_rows=read.estimated_rows)
        if read.finished is not None:
            self._board.scanned(read.finished)
            told = {"scanned_collection": str(read.finished), "total_rows_scanned": str(read.finished_rows)}
            status = "SUCCEEDED" if read.finished_rows else "EMPTY"
            self._notifications.tell(INITIAL, "TABLE_SCAN_COMPLETED", status=status, **told)
