"""Parquet: when files appear, and under which names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tailrace.config import Values
from tailrace.errors import SinkError
from tailrace.sinks.parquet import PARQUET, PATH, ROTATE_BYTES, ROTATE_MS

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.sinks import Sink, SinkState


class End:
    def __init__(self, rows: int) -> None:
        self.end = 0
        self.rows = rows


class Rows:
    """Rows of one table, handed over as the kernel hands them over."""

    def __init__(self, database: str, table: str, columns: dict[str, list[Any]]) -> None:
        self.database = database
        self.table = table
        self._rows = pa.RecordBatch.from_pydict(columns)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        handed: tuple[object, object] = self._rows.__arrow_c_array__(requested_schema)
        return handed


class Batch(bytes):
    """Arrow rows of one transaction, whole."""

    rows: int
    commit: End
    found: list[Rows]

    @classmethod
    def of(cls, *found: tuple[str, str, dict[str, list[Any]]]) -> Batch:
        batch = cls()
        batch.found = [Rows(*rows) for rows in found]
        batch.rows = sum(len(next(iter(columns.values()))) for _, _, columns in found)
        batch.commit = End(batch.rows)
        return batch

    @property
    def memory(self) -> int:
        raise NotImplementedError

    def arrow(self, *, tail: bool = False) -> list[Rows]:
        return [] if tail else self.found


def sink_at(path: Path, *, size: int = 1 << 20, age: int = 60_000) -> Sink:
    return PARQUET.create("shop", Values({PATH: str(path), ROTATE_BYTES: size, ROTATE_MS: age}))


def cut(sink: Sink) -> SinkState:
    acknowledge = sink.flush(final=True)
    assert acknowledge
    return acknowledge()


def visible(path: Path) -> list[Path]:
    return sorted(found for found in path.rglob("*.parquet") if not found.parent.name.startswith(".tailrace"))


def test_files_appear_only_when_their_state_is_stored(tmp_path: Path) -> None:
    sink = sink_at(tmp_path)
    sink.open(None)
    sink.write(Batch.of(("d", "t", {"id": [1, 2]})))
    state = cut(sink)
    assert visible(tmp_path) == []
    sink.stored(state)
    (file,) = visible(tmp_path)
    assert file.parent == tmp_path / "d" / "t"
    assert parquet.read_table(file).to_pylist() == [{"id": 1}, {"id": 2}]
    sink.close()


def test_a_crash_after_the_state_was_stored_publishes_at_the_next_start(tmp_path: Path) -> None:
    sink = sink_at(tmp_path)
    sink.open(None)
    sink.write(Batch.of(("d", "t", {"id": [1]}), ("d", "u", {"id": [2]})))
    state = cut(sink)
    sink.close()
    for _ in range(2):
        sink = sink_at(tmp_path)
        sink.open(state)
        sink.close()
        assert len(visible(tmp_path)) == 2


def test_a_file_that_a_reader_has_taken_away_does_not_stop_the_start(tmp_path: Path) -> None:
    sink = sink_at(tmp_path)
    sink.open(None)
    sink.write(Batch.of(("d", "t", {"id": [1]})))
    state = cut(sink)
    sink.stored(state)
    sink.close()
    visible(tmp_path)[0].unlink()
    sink_at(tmp_path).open(state)
    assert visible(tmp_path) == []


def test_young_small_stretches_are_kept_back_and_quiet_ones_are_not(tmp_path: Path) -> None:
    sink = sink_at(tmp_path, size=1000)
    sink.open(None)
    assert sink.flush()  # nothing is kept back, so the offset may move
    sink.write(Batch.of(("d", "t", {"id": [1]})))
    assert sink.flush() is None
    sink.write(Batch.of(("d", "t", {"id": list(range(200))})))
    assert sink.flush()
    sink.close()
    sink = sink_at(tmp_path / "old", age=0)
    sink.open(None)
    sink.write(Batch.of(("d", "t", {"id": [1]})))
    assert sink.flush()
    sink.close()


def test_a_table_that_changes_gets_a_file_for_each_schema(tmp_path: Path) -> None:
    sink = sink_at(tmp_path)
    sink.open(None)
    sink.write(Batch.of(("d", "t", {"id": [1]})))
    sink.write(Batch.of(("d", "t", {"id": [2], "note": ["x"]})))
    sink.stored(cut(sink))
    sink.close()
    assert [parquet.read_table(file).to_pylist() for file in visible(tmp_path)] == [
        [{"id": 1}],
        [{"id": 2, "note": "x"}],
    ]


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    sink = sink_at(tmp_path / "in")
    sink.open(None)
    sink.write(Batch.of(("..", "../x/y", {"id": [1]})))
    sink.stored(cut(sink))
    sink.close()
    (file,) = visible(tmp_path)
    assert file.parent == tmp_path / "in" / "%2E." / "%2E.%2Fx%2Fy"


def test_a_place_that_another_run_continued_is_not_cleaned(tmp_path: Path) -> None:
    sink = sink_at(tmp_path)
    state = sink.open(None)
    sink.close()
    other = sink_at(tmp_path)
    other.open(None)
    with pytest.raises(SinkError, match="another connector writes"):
        sink_at(tmp_path).open(state)
    other.close()
    with pytest.raises(SinkError, match="continued by another run"):
        sink_at(tmp_path).open(state)
