"""The sinks that promise exactly once, and how to read back what each has delivered."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import zstandard
from pyarrow import parquet

from source import Event
from tailrace.config import Values
from tailrace.sinks import Sink, sink_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Destination:
    """`delivered` gives the events in order: in all, or of each table where tables are apart."""

    name: str
    type: str
    properties: dict[str, str]
    delivered: Callable[[Path], list[list[Event]]]
    tune: Callable[[Any], None] = lambda _: None
    """Limits too small for production, set on the open sink's object."""

    def sink(self, path: Path) -> Sink:
        found = sink_type(self.type)
        given = self.properties | {"sink.path": str(path)}
        values = {field: field.read(given[field.name]) for field in found.fields if field.name in given}
        sink = found.create("conn", Values(values))
        self.tune(sink)
        return sink


def _plain(data: bytes) -> bytes:
    return data


def _zstd(data: bytes) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True) as reader:
        return reader.read()


def _lines(decompress: Callable[[bytes], bytes]) -> Callable[[Path], list[list[Event]]]:
    def delivered(path: Path) -> list[list[Event]]:
        files = sorted(path.glob("conn-*.jsonl*"))
        texts = [decompress(file.read_bytes()) for file in files]
        for text in texts:
            _check_whole_transactions(text)
        rows = [json.loads(line) for line in b"".join(texts).splitlines()]
        return [[Event(row["tx"], row["n"]) for row in rows]]

    return delivered


def _check_whole_transactions(text: bytes) -> None:
    assert text == b"" or text.endswith(b"\n")
    if text:
        assert json.loads(text.splitlines()[0])["n"] == 0, "a file begins inside a transaction"


def _parquet(path: Path) -> list[list[Event]]:
    found = []
    for table in sorted(path.glob("shop/*")):
        rows = [row for file in sorted(table.glob("*.parquet")) for row in parquet.read_table(file).to_pylist()]
        found.append([Event(row["tx"], row["n"]) for row in rows])
    return found


def _small_buffers(sink: Any) -> None:
    sink._buffer_bytes = 300


DESTINATIONS = (
    Destination("jsonl", "jsonl", {}, _lines(_plain)),
    Destination("jsonl-rotated", "jsonl", {"sink.rotate.bytes": "4096"}, _lines(_plain)),
    Destination(
        "jsonl-gzip", "jsonl", {"sink.compression": "gzip", "sink.rotate.bytes": "1024"}, _lines(gzip.decompress)
    ),
    Destination("jsonl-zstd", "jsonl", {"sink.compression": "zstd", "sink.rotate.bytes": "1024"}, _lines(_zstd)),
    Destination("parquet", "parquet", {"sink.rotate.bytes": "2000"}, _parquet),
    Destination("parquet-spilling", "parquet", {"sink.rotate.ms": "0"}, _parquet, _small_buffers),
)
