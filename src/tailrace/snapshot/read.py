"""The rows of an open snapshot as batches of `r` events, read by one thread or several.

One thread marks the first and last row of each table, and of all (`source.snapshot`), as Debezium does; side by side
there is no such order, and every row is marked "true".
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter, deque
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailrace.errors import SourceError
from tailrace.mysql.failure import from_kernel
from tailrace.snapshot.select import select

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from tailrace._kernel import Batch, ResultSet
    from tailrace.model.table import Table, TableId
    from tailrace.mysql.connection import Connection
    from tailrace.snapshot.chunks import Chunk

Markers = tuple[str, str]
"""`source.snapshot` of a table's first and last row."""

_CHUNK_BYTES: Final = 256 * 1024
"""Bytes asked of the socket at once."""
_WAITING_BATCHES: Final = 2
"""Batches that each parallel reader may be ahead of the consumer: memory stays bounded."""


@dataclass(frozen=True, slots=True)
class SnapshotProgress:
    """How far the reading is."""

    tables: int
    tables_done: int
    rows: int
    estimated_rows: int
    finished: TableId | None = None
    """The table that is whole by this step."""
    finished_rows: int = 0
    """Its rows."""


@dataclass(frozen=True, slots=True)
class ChunkDone:
    """All rows of a chunk have been handed over."""

    chunk: Chunk
    rows: int


def read_chunk(connection: Connection, table: Table, chunk: Chunk, results: ResultSet) -> Iterator[Batch]:
    """One SELECT, its packets straight from the socket to the kernel. Raises SnapshotConflict, ConnectionLost."""
    connection.send_query(select(table, chunk))
    view = memoryview(bytearray(_CHUNK_BYTES))
    try:
        while True:
            batch = results.next(time.time_ns() // 1000)
            if batch is not None:
                yield batch
            elif results.finished:
                return
            else:
                results.feed(view[: connection.recv_into(view)])
    except SourceError as error:
        raise from_kernel(error, f"{connection.where}, table {table.id}") from error


def read_chunks(
    readers: Sequence[Connection],
    tables: Mapping[TableId, Table],
    chunks: Sequence[Chunk],
    results: Callable[[Table, Markers | None], ResultSet],
    report: Callable[[SnapshotProgress], None] = lambda _: None,
) -> Iterator[Batch]:
    """All chunks, each by whichever reader is free. The first error ends all readers; so does closing the iterator."""
    left = {chunk.table: 0 for chunk in chunks}
    for chunk in chunks:
        left[chunk.table] += 1
    estimated = sum(chunk.estimated_rows for chunk in chunks)
    rows = done = 0
    by_table: Counter[TableId] = Counter()
    items = (
        _one_reader(readers[0], tables, chunks, results, table_markers)
        if len(readers) == 1
        else _Parallel(readers, tables, chunks, results).items()
    )
    # Closed at once when the caller stops early: the readers end before this returns.
    with closing(items):
        for item in items:
            finished = None
            if isinstance(item, ChunkDone):
                by_table[item.chunk.table] += item.rows
                left[item.chunk.table] -= 1
                if left[item.chunk.table] == 0:
                    finished = item.chunk.table
                    done += 1
            else:
                rows += item.rows
                yield item
            count = by_table[finished] if finished is not None else 0
            report(SnapshotProgress(len(left), done, rows, estimated, finished, count))


def _one_reader(
    reader: Connection,
    tables: Mapping[TableId, Table],
    chunks: Sequence[Chunk],
    results: Callable[[Table, Markers | None], ResultSet],
    mark: Callable[[int, int], Markers] | None = None,
) -> Generator[Batch | ChunkDone, None, None]:
    for index, chunk in enumerate(chunks):
        table = tables[chunk.table]
        markers = mark(index, len(chunks)) if mark is not None else None
        rows = 0
        for batch in read_chunk(reader, table, chunk, results(table, markers)):
            rows += batch.rows
            yield batch
        yield ChunkDone(chunk, rows)


def table_markers(index: int, tables: int) -> Markers:
    """What the first and the last row of a table are called, of so many tables in a row."""
    first = "first" if index == 0 else "first_in_data_collection"
    return first, "last" if index == tables - 1 else "last_in_data_collection"


class _Parallel:
    """Reader threads before one bounded queue."""

    def __init__(
        self,
        readers: Sequence[Connection],
        tables: Mapping[TableId, Table],
        chunks: Sequence[Chunk],
        results: Callable[[Table, Markers | None], ResultSet],
    ) -> None:
        self._readers = readers
        self._tables = tables
        self._todo = deque(chunks)
        self._results = results
        self._items: queue.Queue[Batch | ChunkDone | BaseException | None] = queue.Queue(
            _WAITING_BATCHES * len(readers)
        )
        self._stopped = threading.Event()

    def items(self) -> Generator[Batch | ChunkDone, None, None]:
        threads = [
            threading.Thread(target=self._run, args=(reader,), name=f"snapshot-{number}", daemon=True)
            for number, reader in enumerate(self._readers)
        ]
        for thread in threads:
            thread.start()
        running = len(threads)
        try:
            while running:
                item = self._items.get()
                if item is None:
                    running -= 1
                elif isinstance(item, BaseException):
                    raise item
                else:
                    yield item
        finally:
            self._stop(threads, unfinished=running > 0)

    def _stop(self, threads: Sequence[threading.Thread], *, unfinished: bool) -> None:
        self._stopped.set()
        if unfinished:
            for reader in self._readers:
                reader.abort()
        for thread in threads:
            while thread.is_alive():
                # A thread may wait for room in the queue.
                try:
                    self._items.get(timeout=0.05)
                except queue.Empty:
                    thread.join(0.05)

    def _run(self, reader: Connection) -> None:
        try:
            while not self._stopped.is_set():
                try:
                    chunk = self._todo.popleft()
                except IndexError:
                    break
                for item in _one_reader(reader, self._tables, (chunk,), self._results):
                    self._items.put(item)
                    if self._stopped.is_set():
                        break
        except BaseException as error:  # noqa: BLE001 -- it is raised again by the consumer's thread
            self._items.put(error)
        else:
            self._items.put(None)
