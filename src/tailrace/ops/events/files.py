"""Events of a JSONL sink's files: the last ones, and those that come."""

from __future__ import annotations

import gzip
import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tailrace.errors import ConfigError, SinkError
from tailrace.ops.events.event import Record, of_line

_LOOK_SECONDS = 0.2
_BLOCK = 1 << 18
SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")

Wanted = Callable[[Record], bool]


class Files:
    """Of a folder, or a file and its successors. Raises SinkError where one cannot be read."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        """`name`: of the connector, in a folder that others may write to as well. Raises ConfigError where there is
        nothing.
        """
        self._path = path
        self._name = name
        if not self.found():
            raise ConfigError("there is no file of events", where=str(path), hint="has the connector written anything?")

    def found(self) -> list[Path]:
        """Oldest first."""
        if self._path.is_dir():
            begin = f"{self._name}-" if self._name else ""
            return sorted(
                file for file in self._path.iterdir() if file.name.startswith(begin) and file.name.endswith(SUFFIXES)
            )
        suffix = next((suffix for suffix in SUFFIXES if self._path.name.endswith(suffix)), "")
        stem = self._path.name.removesuffix(suffix)
        later = sorted(self._path.parent.glob(f"{stem}-[0-9]*{suffix}"))
        return ([self._path] if self._path.exists() else []) + later

    def last(self, count: int, wanted: Wanted) -> list[Record]:
        """The last `count` that are wanted, oldest first."""
        found: list[Record] = []
        for file in reversed(self.found()):
            for line in _backwards(file):
                record = of_line(line)
                if len(found) < count and wanted(record):
                    found.append(record)
                if len(found) >= count:
                    return found[::-1]
        return found[::-1]

    def whole(self) -> Iterator[Record]:
        """All there is."""
        for file in self.found():
            with _opened(file) as data:
                yield from (of_line(line.rstrip(b"\n")) for line in data if line.endswith(b"\n"))

    def follow(self, *, from_beginning: bool, began: Callable[[], None] = lambda: None) -> Iterator[Record]:
        """What comes from now on, or all there is and then that; for ever. `began`: from here on nothing is missed."""
        files = self.found()
        if files[-1].suffix != ".jsonl":
            message = "a compressed file cannot be followed: its end is written when it is whole"
            raise ConfigError(message, where=str(files[-1]), hint="leave --follow out")
        places = {file: 0 if from_beginning else _whole_length(file) for file in files}
        began()
        while True:
            for file in self.found():
                # A file that is new is read from its beginning.
                place, lines = _grown(file, places.get(file, 0))
                places[file] = place
                yield from map(of_line, lines)
            time.sleep(_LOOK_SECONDS)


def _whole_length(file: Path) -> int:
    """Up to the end of the last whole line."""
    with file.open("rb") as data:
        place = data.seek(0, io.SEEK_END)
        while place:
            begin = max(0, place - _BLOCK)
            data.seek(begin)
            if (found := data.read(place - begin).rfind(b"\n")) >= 0:
                return begin + found + 1
            place = begin
    return 0


def _grown(file: Path, place: int) -> tuple[int, list[bytes]]:
    """Whole lines behind a place, and the place behind them. A file that was cut goes on at its end."""
    try:
        with file.open("rb") as data:
            size = os.fstat(data.fileno()).st_size
            if size <= place:
                return size, []
            data.seek(place)
            whole = data.read().rpartition(b"\n")[0]
    except FileNotFoundError:
        return place, []
    except OSError as error:
        raise _refused(error, file) from None
    return (place + len(whole) + 1, whole.split(b"\n")) if whole else (place, [])


def _backwards(file: Path) -> Iterator[bytes]:
    """Lines from the last whole one to the first."""
    if not file.name.endswith(".jsonl"):
        with _opened(file) as data:
            yield from reversed([line.rstrip(b"\n") for line in data if line.endswith(b"\n")])
        return
    try:
        with file.open("rb") as data:
            place, rest, unfinished = data.seek(0, io.SEEK_END), b"", True
            while place:
                step = min(_BLOCK, place)
                place -= step
                data.seek(place)
                rest, *lines = (data.read(step) + rest).split(b"\n")
                for line in reversed(lines):
                    # What follows the last line break is still being written.
                    if not unfinished and line:
                        yield line
                    unfinished = False
            if rest and not unfinished:
                yield rest
    except OSError as error:
        raise _refused(error, file) from None


def _opened(file: Path) -> IO[bytes]:
    try:
        if file.name.endswith(".gz"):
            return io.BufferedReader(gzip.GzipFile(file, "rb"))
        if file.name.endswith(".zst"):
            import zstandard  # noqa: PLC0415 - start-up time

            reader = zstandard.ZstdDecompressor().stream_reader(file.open("rb"), read_across_frames=True)
            return io.BufferedReader(reader)
        return file.open("rb")
    except OSError as error:
        raise _refused(error, file) from None


def _refused(error: OSError, file: Path) -> SinkError:
    return SinkError(f"cannot read events: {error.strerror or error}", where=str(file), hint="may you read the file?")
