"""The kernel driven by hand: the bytes of a binlog file, or of a result set, to Debezium events."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tailrace._kernel import Batch, Decoder, Envelope, NeedTable, Plan, Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailrace.model.table import Table

MAGIC = b"\xfebin"
NOW_US = 1_800_000_000_123_456
ENVELOPE = Envelope(name="golden", version="test", output="records", tombstones=False)


class Line(NamedTuple):
    """One record as the kernel wrote it; no key where the table has none, no value in a tombstone."""

    key: bytes | None
    value: bytes | None


def batches(
    binlog: bytes,
    table: Callable[[NeedTable], Table | None],
    *,
    envelope: Envelope = ENVELOPE,
    file: str = "bin.000001",
    chunk: int = 1 << 20,
) -> Iterator[Batch]:
    """A binlog file, fed in pieces of `chunk` bytes; `table` gives the definition behind a table map."""
    assert binlog.startswith(MAGIC)
    decoder = Decoder(file=file, position=len(MAGIC), envelope=envelope, binlog_file=True)
    for start in range(len(MAGIC), len(binlog), chunk):
        decoder.feed(binlog[start : start + chunk])
        while (item := decoder.next(NOW_US)) is not None:
            if isinstance(item, Batch):
                yield item
            elif isinstance(item, NeedTable):
                definition = table(item)
                decoder.bind(item.table_id, Plan(definition) if definition is not None else None)
            else:
                assert isinstance(item, Query), f"not expected here: {item!r}"
                decoder.unbind_all()
    # A rotation at the end leads to the next file.
    assert decoder.position in {len(binlog), len(MAGIC)}


def lines(batch: Batch) -> list[Line]:
    return [Line(key, value) for _, key, value, _ in batch.records()]
