from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailrace.cli.events import following
from tailrace.errors import ConfigError
from tailrace.ops.events import files
from tailrace.ops.events.files import Files

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.ops.events.event import Record

LINES = st.lists(st.binary(min_size=1, max_size=40).filter(lambda line: b"\n" not in line), max_size=30)


@given(LINES, st.binary(max_size=10).filter(lambda line: b"\n" not in line), st.integers(1, 20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_last_lines_are_those_of_the_whole_and_a_torn_one_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[bytes], torn: bytes, count: int
) -> None:
    monkeypatch.setattr(files, "_BLOCK", 7)
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in lines) + torn)
    reader = Files(file)
    assert [record.line for record in reader.last(count, lambda _: True)] == lines[-count:]
    assert [record.line for record in reader.whole()] == lines
    assert files._whole_length(file) == sum(len(line) + 1 for line in lines)


def test_files_of_a_series_are_read_in_order_and_those_of_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "a-000001.jsonl.gz").write_bytes(gzip.compress(b"1\n2\n"))
    (tmp_path / "a-000002.jsonl").write_bytes(b"3\n")
    (tmp_path / "b-000001.jsonl").write_bytes(b"9\n")
    mine = Files(tmp_path, "a")
    assert [record.line for record in mine.whole()] == [b"1", b"2", b"3"]
    assert [record.line for record in mine.last(2, lambda _: True)] == [b"2", b"3"]
    with pytest.raises(ConfigError, match="no file of events"):
        Files(tmp_path, "c")
    with pytest.raises(ConfigError, match="no file of events"):
        Files(tmp_path / "none.jsonl")


def test_what_is_written_comes_once_it_is_whole_in_new_files_too(tmp_path: Path) -> None:
    file = tmp_path / "a-000001.jsonl"
    file.write_bytes(b"1\n2")
    seen: list[bytes | None] = []

    def write() -> None:
        with file.open("ab") as out:
            out.write(b"2\n3")
        (tmp_path / "a-000002.jsonl").write_bytes(b"4\n")

    for record in Files(tmp_path, "a").follow(from_beginning=False, began=write):
        seen.append(record.line)
        if record.line == b"4":
            break
    assert seen == [b"22", b"4"]


def test_what_comes_while_the_last_ones_are_looked_for_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "a-000001.jsonl"
    file.write_bytes(b"1\n2\n")
    seen: list[bytes | None] = []

    def last() -> list[Record]:
        with file.open("ab") as out:
            out.write(b"3\n")
        found = Files(tmp_path).last(2, lambda _: True)
        with file.open("ab") as out:
            out.write(b"4\n")
        return found

    def put(records: list[Record]) -> None:
        seen.extend(record.line for record in records)

    for record in following(Files(tmp_path), last, put):
        put([record])
        if record.line == b"4":
            break
    assert seen == [b"2", b"3", b"4"]


def test_a_compressed_file_cannot_be_followed_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "a-000001.jsonl.gz").write_bytes(gzip.compress(b"1\n"))
    with pytest.raises(ConfigError, match="cannot be followed"):
        next(Files(tmp_path).follow(from_beginning=True))
