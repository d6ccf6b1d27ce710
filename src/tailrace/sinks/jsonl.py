"""JSON lines in a series of files, exactly once: the committed length of the last file is part of the offset's commit.

A file holds whole transactions up to its committed length. Compressed files are a run of gzip members or zstd frames;
one ends at every cut, so that the committed length is always a valid file by itself.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tailrace.config import Field, Values
from tailrace.config.field import LONG, STRING, one_of
from tailrace.errors import ConfigError
from tailrace.sinks import LINE_FORMAT, Acknowledge, Batch, Sink, SinkState, SinkType, line_output, refused
from tailrace.sinks.series import Series, sync_data

if TYPE_CHECKING:
    from collections.abc import Callable


class Compression(StrEnum):
    """How the files are written."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


SUFFIXES = {Compression.NONE: ".jsonl", Compression.GZIP: ".jsonl.gz", Compression.ZSTD: ".jsonl.zst"}

PATH = Field(
    "sink.path",
    STRING,
    "events",
    "A folder, for files `<name>-000001.jsonl` and so on; or a file name that ends with .jsonl (.jsonl.gz, "
    ".jsonl.zst), for that file and its successors `-000002`. Files that exist are never overwritten.",
    importance="high",
)
ROTATE = Field(
    "sink.rotate.bytes",
    LONG,
    1 << 30,
    "Size at which the next file is begun, at the next transaction end; 0: never.",
    lambda value: None if value == 0 or value >= 1 << 10 else "must be 0 or at least 1024",
)
COMPRESSION = Field(
    "sink.compression", one_of(Compression), Compression.NONE, "none, gzip, or zstd (needs the package zstandard)."
)


class Compressor(Protocol):
    """One member or frame: feed it, then finish it."""

    def compress(self, data: memoryview, /) -> bytes:
        """What comes out now."""

    def flush(self) -> bytes:
        """The rest."""


class JsonlSink:
    """Lengths are in bytes of the file, after compression."""

    def __init__(self, series: Series, rotate: int, compressor: Callable[[], Compressor] | None) -> None:
        self._series = series
        self._rotate = rotate or None
        self._new_frame = compressor
        self._frame: Compressor | None = None
        self._frame_whole = True
        """Whether the open frame holds whole transactions only. No frame holds both: cuts are between frames."""
        self._fd = -1
        self._length = 0
        self._whole = 0
        """Length of the file up to the last transaction end. Bytes inside an open frame do not count."""
        self._full: list[int] = []
        """Descriptors of files left behind since the last cut; the cut makes them durable and closes them."""

    def open(self, state: SinkState | None) -> SinkState:
        """Cut the series back to `state`, or reserve a number no file has."""
        try:
            state = self._series.resume(state) if state else self._series.begin()
            self._fd, self._length = self._series.open_last(state)
        except OSError as error:
            raise refused(error, error.filename or self._series.folder) from error
        self._whole = self._length
        return state

    def write(self, batch: Batch) -> None:
        """A constant number of calls, whatever the batch holds."""
        view = memoryview(batch)
        try:
            if batch.commit is not None:
                self._put(view[: batch.commit.end], whole=True)
                view = view[batch.commit.end :]
            if view:
                self._put(view, whole=False)
        except OSError as error:
            raise refused(error, self._series.current) from error

    def _put(self, view: memoryview, *, whole: bool) -> None:
        if self._new_frame is None:
            self._write_all(view)
        else:
            self._compress(self._new_frame, view, whole=whole)
        if whole:
            self._end()

    def _compress(self, new_frame: Callable[[], Compressor], view: memoryview, *, whole: bool) -> None:
        if self._frame is None and not view:
            return
        if self._frame_whole and not whole:
            self._finish_frame()
        self._frame = self._frame or new_frame()
        self._frame_whole = whole
        self._write_all(memoryview(self._frame.compress(view)))

    def end_transaction(self) -> None:
        """All that was written is whole."""
        self._frame_whole = True
        try:
            self._end()
        except OSError as error:
            raise refused(error, self._series.current) from error

    def _end(self) -> None:
        """A transaction ends here; begin the next file if this one is full."""
        full = self._rotate is not None and self._length >= self._rotate
        if full:
            self._finish_frame()
        if self._frame is None:
            self._whole = self._length
        if full:
            self._full.append(self._fd)
            self._fd = self._series.create_next()
            self._length = self._whole = 0

    def _finish_frame(self) -> None:
        """Ends the open frame, which holds whole transactions only."""
        if self._frame is not None:
            self._write_all(memoryview(self._frame.flush()))
            self._frame = None
            self._whole = self._length

    def _write_all(self, view: memoryview) -> None:
        while view:
            written = os.write(self._fd, view)
            self._length += written
            view = view[written:]

    def rollback(self) -> bool:
        """Cut the file back to the last transaction end."""
        if self._frame is not None and self._frame_whole:
            return True  # whatever was written is whole
        self._frame, self._frame_whole = None, True
        try:
            os.ftruncate(self._fd, self._whole)
            os.lseek(self._fd, self._whole, os.SEEK_SET)
        except OSError as error:
            raise refused(error, self._series.current) from error
        self._length = self._whole
        return True

    def flush(self, *, final: bool = False) -> Acknowledge | None:  # noqa: ARG002 - every cut is possible here
        """Writes go on in the same file while the other thread waits for the disk."""
        try:
            if self._frame_whole:
                self._finish_frame()
            left, self._full = self._full, []
            descriptors = (*left, os.dup(self._fd))
        except OSError as error:
            raise refused(error, self._series.current) from error
        state = self._series.state(self._whole)
        where = self._series.current

        def acknowledge() -> SinkState:
            try:
                for descriptor in descriptors:
                    sync_data(descriptor)
                self._series.sync_names()
            except OSError as error:
                raise refused(error, where) from error
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            return state

        return acknowledge

    def stored(self, state: SinkState) -> None:
        """Nothing waits for it."""

    def interrupt(self) -> None:
        """Nothing waits here for long."""

    def close(self) -> None:
        """What lies behind the last stored length is cut off by the next open."""
        descriptors, self._full, self._fd = [*self._full, self._fd], [], -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)
        self._series.release()


def _gzip() -> Compressor:
    import zlib  # noqa: PLC0415 - start-up time

    return zlib.compressobj(level=3, wbits=31)


def _zstd_frames() -> Callable[[], Compressor]:
    try:
        import zstandard  # noqa: PLC0415 - optional, and start-up time
    except ImportError:
        message = "sink.compression=zstd needs the package zstandard"
        raise ConfigError(message, hint="pip install zstandard, or use sink.compression=gzip") from None
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compressobj


def _create(connector: str, values: Values) -> Sink:
    compression = values[COMPRESSION]
    compressors = {Compression.NONE: lambda: None, Compression.GZIP: lambda: _gzip, Compression.ZSTD: _zstd_frames}
    series = Series.at(Path(values[PATH]).expanduser(), SUFFIXES[compression], connector)
    return JsonlSink(series, values[ROTATE], compressors[compression]())


JSONL = SinkType(
    "jsonl",
    "JSON lines in files, exactly once, with rotation and compression.",
    (PATH, ROTATE, COMPRESSION, LINE_FORMAT),
    _create,
    output=line_output,
    exactly_once=True,
)
