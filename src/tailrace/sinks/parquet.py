"""Parquet files, one per table and stretch of the binlog, exactly once.

A *stretch* is a run of whole transactions; its files are written in a hidden folder and appear in
`<path>/<database>/<table>/` by rename after the stretch's state is stored: a reader never meets a file that later
vanishes. The state lists the files to be renamed, so that `open` can finish what a crash interrupted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tailrace.config import Field, Values
from tailrace.config.field import LONG, STRING, at_least, one_of
from tailrace.errors import ConfigError
from tailrace.model.names import file_name
from tailrace.sinks import Acknowledge, Batch, Sink, SinkState, SinkType, refused
from tailrace.sinks.owner import Owner, sync_folder

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.sinks.stretch import Stretch

Rows = tuple[str, str, "pa.RecordBatch"]


class Compression(StrEnum):
    """Codecs of the column chunks."""

    NONE = "none"
    SNAPPY = "snappy"
    GZIP = "gzip"
    ZSTD = "zstd"


PATH = Field(
    "sink.path",
    STRING,
    "events",
    "Folder for `<database>/<table>/….parquet`; made if it is not there.",
    importance="high",
)
ROTATE_BYTES = Field(
    "sink.rotate.bytes", LONG, 128 << 20, "Size in memory at which a stretch ends and becomes visible.", at_least(1)
)
ROTATE_MS = Field(
    "sink.rotate.ms", LONG, 60_000, "Age, in ms, at which a stretch ends and becomes visible.", at_least(0)
)
COMPRESSION = Field("sink.compression", one_of(Compression), Compression.ZSTD, "Codec of the column chunks.")

BUFFER_BYTES = 32 << 20
"""Rows of all tables together that wait in memory for a row group, for whole transactions and for the open one."""


class ParquetSink:
    """Rows of the open transaction are a stretch of their own until it ends, so that they can be dropped."""

    def __init__(self, path: Path, connector: str, values: Values, *, buffer_bytes: int = BUFFER_BYTES) -> None:
        self._path = path
        self._staging = path / f".tailrace-{file_name(connector)}"
        self._owner = Owner(self._staging / "owner")
        self._codec = values[COMPRESSION].value
        self._rotate_bytes = values[ROTATE_BYTES]
        self._rotate_seconds = values[ROTATE_MS] / 1000
        self._buffer_bytes = buffer_bytes
        self._next = 1
        self._whole = self._stretch()
        self._tail: Stretch | None = None
        self._full: list[Stretch] = []
        """Stretches of whole transactions that had to end before the next cut."""

    def _stretch(self) -> Stretch:
        from tailrace.sinks.stretch import Stretch  # noqa: PLC0415 - pyarrow takes long to import

        self._next += 1
        return Stretch(self._staging, self._next - 1, self._codec, self._buffer_bytes)

    def open(self, state: SinkState | None) -> SinkState:
        """Publish what `state` lists, and throw away what it does not know of."""
        try:
            if state is None or state.get("type") != "parquet":
                self._owner.begin()
                state = self._state({})
            else:
                self._owner.resume(str(state["series"]))
                self._next = int(str(state["next"]))
                self._publish(_names(state))
            for leftover in self._staging.glob("*.parquet"):
                leftover.unlink()
        except OSError as error:
            raise refused(error, error.filename or self._path) from error
        self._whole = self._stretch()
        return state

    def write(self, batch: Batch) -> None:
        """Rows are kept as the Arrow memory they came in until there is a row group of them."""
        try:
            for rows, whole in _split(batch):
                self._add(rows, whole=whole)
                if whole:
                    self._end()
        except OSError as error:
            raise refused(error, self._path) from error

    def _add(self, rows: list[Rows], *, whole: bool) -> None:
        if self._tail is None and whole:
            stretch = self._whole
        else:
            stretch = self._tail = self._tail or self._stretch()
        for database, table, record_batch in rows:
            stretch.add(self._final_folder(database, table), record_batch)

    def end_transaction(self) -> None:
        """All that was written is whole."""
        try:
            self._end()
        except OSError as error:
            raise refused(error, self._path) from error

    def _end(self) -> None:
        """The open transaction joins the whole ones: in memory if it is there, else as the next stretch."""
        tail, self._tail = self._tail, None
        if tail is None:
            return
        if not tail.spilled:
            self._whole.absorb(tail)
            return
        if self._whole.bytes:
            self._whole.seal()
            self._full.append(self._whole)
        self._whole = tail

    def rollback(self) -> bool:
        """Drop the stretch of the open transaction."""
        if self._tail is not None:
            self._tail.drop()
            self._tail = None
        return True

    def flush(self, *, final: bool = False) -> Acknowledge | None:
        """None while the stretch is neither big nor old enough to make a file of it."""
        whole = self._whole
        due = final or bool(self._full) or not whole.bytes or whole.bytes >= self._rotate_bytes
        if not due and time.monotonic() - whole.began < self._rotate_seconds:
            return None
        stretches, self._full = [*self._full, whole], []
        self._whole = self._stretch()
        following, series = self._next, self._owner.id

        def acknowledge() -> SinkState:
            try:
                staged = [one for stretch in stretches for one in stretch.seal()]
                if staged:
                    sync_folder(self._staging)
            except OSError as error:
                raise refused(error, self._path) from error
            names = {name: f"{folder}/{series}-{name}" for name, folder in staged}
            return {"type": "parquet", "series": series, "next": following, "publish": names}

        return acknowledge

    def _state(self, names: Mapping[str, str]) -> SinkState:
        return {"type": "parquet", "series": self._owner.id, "next": self._next, "publish": names}

    def stored(self, state: SinkState) -> None:
        """Now the files may be seen."""
        try:
            self._publish(_names(state))
        except OSError as error:
            raise refused(error, error.filename or self._path) from error

    def _publish(self, names: Mapping[str, str]) -> None:
        folders = set()
        for staged, final in names.items():
            source, target = self._staging / staged, self._path / final
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.exists():  # else it was renamed before a crash, and a reader may even have taken it away
                source.rename(target)
            folders |= {target.parent, target.parent.parent}
        for folder in folders:
            sync_folder(folder)

    def _final_folder(self, database: str, table: str) -> str:
        return f"{file_name(database)}/{file_name(table)}"

    def interrupt(self) -> None:
        """Nothing waits here for long."""

    def close(self) -> None:
        """What is in the hidden folder is thrown away, or published, by the next open."""
        for stretch in (self._whole, self._tail, *self._full):
            if stretch is not None:
                stretch.abandon()
        self._owner.release()


def _split(batch: Batch) -> Iterator[tuple[list[Rows], bool]]:
    """The part of a batch that belongs to whole transactions, where there is one, then the rest."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes long to import

    if batch.commit is not None:
        yield [(rows.database, rows.table, pa.record_batch(rows)) for rows in batch.arrow()], True
    tail = [(rows.database, rows.table, pa.record_batch(rows)) for rows in batch.arrow(tail=True)]
    if tail:
        yield tail, False


def _names(state: SinkState) -> dict[str, str]:
    names = state["publish"]
    return {str(staged): str(final) for staged, final in names.items()} if isinstance(names, Mapping) else {}


def _create(connector: str, values: Values) -> Sink:
    try:
        import pyarrow as pa  # noqa: F401, PLC0415 - optional, and start-up time
    except ImportError:
        message = "sink.type=parquet needs the package pyarrow"
        raise ConfigError(message, hint="pip install 'tailrace[parquet]'") from None
    return ParquetSink(Path(values[PATH]).expanduser(), connector, values)


PARQUET = SinkType(
    "parquet",
    "Parquet files per table, exactly once.",
    (PATH, ROTATE_BYTES, ROTATE_MS, COMPRESSION),
    _create,
    format="arrow",
    exactly_once=True,
)
