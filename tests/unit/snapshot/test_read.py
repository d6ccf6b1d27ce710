"""The reading loop with sessions and result sets made here; the kernel's own are tested with the engine."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from tailrace.errors import ConnectionLost, SnapshotConflict, SourceError
from tailrace.model.table import Column, Table, TableId
from tailrace.snapshot.chunks import Chunk
from tailrace.snapshot.read import SnapshotProgress, read_chunks

TABLE = Table(TableId("d", "t"), (Column("id", "int"),), primary_key=("id",))
CHUNKS = tuple(Chunk(TABLE.id, "id", low, low + 10, 10) for low in range(0, 200, 10))


class Session:
    where = "host:1"

    def __init__(self, fails: BaseException | None = None) -> None:
        self.fails = fails
        self.aborted = threading.Event()

    def send_query(self, _sql: str) -> None:
        if self.fails:
            raise self.fails

    def recv_into(self, buffer: memoryview) -> int:
        if self.aborted.is_set():
            raise ConnectionLost("aborted")
        buffer[0] = 1
        return 1

    def abort(self) -> None:
        self.aborted.set()


class Results:
    """One batch of ten rows for each byte fed, then the end."""

    def __init__(self) -> None:
        self.fed = False
        self.finished = False

    def feed(self, _data: Any) -> None:
        self.fed = True

    def next(self, _now: int) -> Any:
        if self.fed and not self.finished:
            self.finished = True
            return SimpleNamespace(rows=10)
        return None


def _read(sessions: list[Session], report: Any = lambda _: None, results: Any = lambda *_: Results()) -> list[Any]:
    readers: Any = sessions
    return list(read_chunks(readers, {TABLE.id: TABLE}, CHUNKS, results, report))


@pytest.mark.parametrize("count", [1, 3])
def test_every_chunk_is_read_once_and_reported(count: int) -> None:
    seen: list[SnapshotProgress] = []
    batches = _read([Session() for _ in range(count)], seen.append)
    assert len(batches) == len(CHUNKS)
    assert seen[-1] == SnapshotProgress(
        tables=1, tables_done=1, rows=200, estimated_rows=200, finished=TABLE.id, finished_rows=200
    )
    assert all(progress.tables_done == 0 for progress in seen[:-1])


@pytest.mark.parametrize("count", [1, 3])
def test_a_lost_reader_ends_the_snapshot_instead_of_leaving_a_gap(count: int) -> None:
    before = threading.active_count()
    with pytest.raises(ConnectionLost, match="gone"):
        _read([Session(ConnectionLost("gone")), *(Session() for _ in range(count - 1))])
    assert threading.active_count() == before


def test_closing_early_ends_all_readers() -> None:
    before = threading.active_count()
    readers: Any = [Session(), Session()]
    batches: Any = read_chunks(readers, {TABLE.id: TABLE}, CHUNKS, lambda *_: Results())  # type: ignore[arg-type,return-value]
    next(batches)
    batches.close()
    assert threading.active_count() == before


def test_changed_table_is_a_conflict_that_names_the_table() -> None:
    class Refused(Results):
        def next(self, _now: int) -> Any:
            error = SourceError("Table definition has changed")
            error.server_code = 1412
            raise error

    with pytest.raises(SnapshotConflict, match="1412") as caught:
        _read([Session()], results=lambda *_: Refused())
    assert caught.value.where == "host:1, table d.t"
