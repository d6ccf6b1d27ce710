"""JSON lines: names, rotation, and what is refused rather than overwritten."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tailrace.config import Values
from tailrace.errors import ConfigError, SinkError
from tailrace.sinks.jsonl import COMPRESSION, JSONL, PATH, ROTATE

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.sinks import Sink, SinkState


class End(NamedTuple):
    end: int
    rows: int = 1


class Batch(bytes):
    rows = 1
    commit: End | None = None


def whole(text: bytes) -> Batch:
    batch = Batch(text)
    batch.commit = End(len(text))
    return batch


def sink_at(path: Path, *, name: str = "shop", compression: str = "none", rotate: int = 0) -> Sink:
    values = Values({PATH: str(path), COMPRESSION: COMPRESSION.read(compression), ROTATE: rotate})
    return JSONL.create(name, values)


def deliver(sink: Sink, state: SinkState | None, *texts: bytes) -> SinkState:
    sink.open(state)
    for text in texts:
        sink.write(whole(text))
    acknowledge = sink.flush(final=True)
    assert acknowledge
    after = acknowledge()
    sink.close()
    return after


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_folder_gets_files_with_the_connectors_name(tmp_path: Path) -> None:
    deliver(sink_at(tmp_path / "a/b", name="x/y", rotate=1024), None, b"x" * 1024, b"y" * 1025, b"z")
    assert names(tmp_path / "a/b") == ["x%2Fy-000001.jsonl", "x%2Fy-000002.jsonl", "x%2Fy-000003.jsonl"]


def test_a_file_name_is_used_as_it_is(tmp_path: Path) -> None:
    deliver(sink_at(tmp_path / "out.jsonl", rotate=1024), None, b"x" * 1024, b"y")
    assert names(tmp_path) == ["out-000002.jsonl", "out.jsonl"]


def test_a_file_name_that_belies_the_compression_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"end with \.jsonl\.gz"):
        sink_at(tmp_path / "out.jsonl", compression="gzip")


def test_files_are_cut_at_transaction_ends_only(tmp_path: Path) -> None:
    sink = sink_at(tmp_path, rotate=1024)
    sink.open(None)
    sink.write(Batch(b"a" * 5000))
    batch = Batch(b"b" * 10 + b"c" * 20)
    batch.commit = End(10)
    sink.write(batch)
    sink.close()
    assert [(tmp_path / name).stat().st_size for name in names(tmp_path)] == [5010, 20]


def test_files_of_an_earlier_life_are_never_touched(tmp_path: Path) -> None:
    deliver(sink_at(tmp_path), None, b"old\n")
    deliver(sink_at(tmp_path), None, b"new\n")
    assert (tmp_path / "shop-000001.jsonl").read_bytes() == b"old\n"
    assert (tmp_path / "shop-000002.jsonl").read_bytes() == b"new\n"


def test_a_run_that_lost_the_race_does_not_cut_what_another_wrote(tmp_path: Path) -> None:
    state = deliver(sink_at(tmp_path), None, b"one\n")
    deliver(sink_at(tmp_path), None, b"two\n")
    with pytest.raises(SinkError, match="continued by another run"):
        sink_at(tmp_path).open(state)
    assert names(tmp_path) == ["shop-000001.jsonl", "shop-000002.jsonl"]


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    first = sink_at(tmp_path)
    first.open(None)
    with pytest.raises(SinkError, match="another connector writes"):
        sink_at(tmp_path).open(None)
    first.close()
    sink_at(tmp_path).open(None)


@pytest.mark.parametrize("damage", ["shorter", "gone"])
def test_a_file_changed_from_outside_is_told_and_not_papered_over(tmp_path: Path, damage: str) -> None:
    state = deliver(sink_at(tmp_path), None, b"0123456789\n")
    path = tmp_path / "shop-000001.jsonl"
    if damage == "gone":
        path.unlink()
    else:
        os.truncate(path, 4)
    with pytest.raises(SinkError, match="11 bytes of it were delivered") as caught:
        sink_at(tmp_path).open(state)
    assert caught.value.hint


def test_older_files_may_be_taken_away(tmp_path: Path) -> None:
    state = deliver(sink_at(tmp_path, rotate=1024), None, b"x" * 1024, b"y\n")
    (tmp_path / "shop-000001.jsonl").unlink()
    deliver(sink_at(tmp_path, rotate=1024), state, b"z\n")
    assert (tmp_path / "shop-000002.jsonl").read_bytes() == b"y\nz\n"


def test_another_compression_begins_another_file(tmp_path: Path) -> None:
    state = deliver(sink_at(tmp_path), None, b"a\n")
    with (tmp_path / "shop-000001.jsonl").open("ab") as file:
        file.write(b"not acknowledged\n")
    deliver(sink_at(tmp_path, compression="gzip"), state, b"b\n")
    assert names(tmp_path) == ["shop-000001.jsonl", "shop-000002.jsonl.gz"]
    assert (tmp_path / "shop-000001.jsonl").read_bytes() == b"a\n"


def test_a_state_of_another_sink_is_a_new_beginning(tmp_path: Path) -> None:
    state = deliver(sink_at(tmp_path), {"type": "parquet", "sequence": 7}, b"a\n")
    assert state["file"] == "shop-000001.jsonl"


def test_a_write_that_takes_only_part_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:7]))
    deliver(sink_at(tmp_path), None, b"0123456789" * 10)
    assert (tmp_path / "shop-000001.jsonl").read_bytes() == b"0123456789" * 10


def test_a_full_disk_is_told_and_the_committed_part_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = deliver(sink_at(tmp_path), None, b"kept\n")
    real, room = os.write, [3]

    def write(fd: int, data: memoryview) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(fd, data[: room[0]])
        room[0] -= written
        return written

    sink = sink_at(tmp_path)
    sink.open(state)
    monkeypatch.setattr(os, "write", write)
    with pytest.raises(SinkError, match="No space left") as caught:
        sink.write(whole(b"lost\n"))
    assert "last stored offset" in str(caught.value)
    assert "shop-000001.jsonl" in str(caught.value)
    sink.close()
    monkeypatch.undo()
    deliver(sink_at(tmp_path), state, b"again\n")
    assert (tmp_path / "shop-000001.jsonl").read_bytes() == b"kept\nagain\n"


def test_a_path_that_cannot_be_made_is_a_sink_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SinkError):
        sink_at(tmp_path / "file" / "below").open(None)
