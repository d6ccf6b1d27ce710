"""The files of one stretch of the binlog, one for each table and each schema it has in the stretch."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from pathlib import Path


class _TableFile:
    """Rows of one table and schema: a row group in memory, the ones before it in a file."""

    def __init__(self, path: Path, folder: str, schema: pa.Schema, codec: str) -> None:
        self.path = path
        self.folder = folder
        self.pending: list[pa.RecordBatch] = []
        self.pending_bytes = 0
        self._schema = schema
        self._codec = codec
        self._writer: parquet.ParquetWriter | None = None

    def write_row_group(self) -> None:
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self.path, self._schema, compression=self._codec)
        if self.pending:
            self._writer.write_table(pa.Table.from_batches(self.pending, self._schema))
            self.pending, self.pending_bytes = [], 0

    def seal(self) -> None:
        self.write_row_group()
        self.abandon()
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class Stretch:
    """`bytes` counts Arrow memory taken in; `spilled` says that some of it is in files already."""

    def __init__(self, staging: Path, number: int, codec: str, buffer_bytes: int) -> None:
        self.bytes = 0
        self.began = 0.0
        """When the first rows came (monotonic seconds)."""
        self.spilled = False
        self._staging = staging
        self._number = number
        self._codec = codec
        self._buffer_bytes = buffer_bytes
        self._files: dict[tuple[str, pa.Schema], _TableFile] = {}
        self._sealed = False

    def add(self, folder: str, rows: pa.RecordBatch) -> None:
        """Take rows of the table whose files go to `folder`; write a row group when too many wait."""
        if not rows.num_rows:
            return
        file = self._files.get((folder, rows.schema))
        if file is None:
            path = self._staging / f"{self._number:010d}-{len(self._files):04d}.parquet"
            file = self._files[folder, rows.schema] = _TableFile(path, folder, rows.schema, self._codec)
        self.began = self.began or time.monotonic()
        size = rows.nbytes + 1
        file.pending.append(rows)
        file.pending_bytes += size
        self.bytes += size
        while sum(file.pending_bytes for file in self._files.values()) > self._buffer_bytes:
            max(self._files.values(), key=lambda file: file.pending_bytes).write_row_group()
            self.spilled = True

    def absorb(self, other: Stretch) -> None:
        """Take over rows that are all in memory."""
        for file in other._files.values():
            for rows in file.pending:
                self.add(file.folder, rows)

    def seal(self) -> list[tuple[str, str]]:
        """Finish the files, durably; (file name, folder) of each. Twice is once."""
        if not self._sealed:
            for file in self._files.values():
                file.seal()
            self._sealed = True
        return [(file.path.name, file.folder) for file in self._files.values()]

    def drop(self) -> None:
        """Delete the files."""
        self.abandon()
        for file in self._files.values():
            file.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Let go of the files as they are."""
        for file in self._files.values():
            file.abandon()
