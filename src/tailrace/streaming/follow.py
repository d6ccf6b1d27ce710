"""The loop between a stream of bytes and the kernel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from tailrace._kernel import (
    Batch,
    Decoder,
    NeedTable,
    PassedOver,
    Plan,
    Query,
    Reached,
    Rollback,
    Source,
    Told,
    XaEnd,
    XaHold,
)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A statement that may have changed tables: every batch after it follows the changed definitions."""

    history: tuple[str, ...]
    """Records of the schema history."""
    announcement: Batch | None = None
    """What the schema-change topic is told."""


class Policy(Protocol):
    """What the kernel must be told."""

    def plan(self, need: NeedTable) -> Plan | None:
        """The plan for a table map; None: not captured."""

    def told(self, need: NeedTable) -> Plan | None:
        """The plan for rows that are wanted as `Told`; None: they are not."""

    def statement(self, query: Query) -> SchemaChange | None:
        """What a statement did to the tables; None: it changes no table."""

    def wants(self, source: str) -> bool:
        """Whether rows of transactions that began on this server become events."""

    def held(self, xid: str) -> Iterator[bytes]:
        """The pieces of an XA transaction that has committed."""


@dataclass(frozen=True, slots=True)
class Woken:
    """`take` gave nothing: someone wants the stream's thread."""


StreamItem = Batch | Rollback | XaHold | XaEnd | SchemaChange | Reached | Told | PassedOver | Woken


def follow(take: Callable[[], memoryview], decoder: Decoder, policy: Policy) -> Iterator[StreamItem]:
    """Everything the binlog says, in order, until `take`, which gives the next bytes, raises."""
    replay: Iterator[bytes] | None = None
    while True:
        item = decoder.next(time.time_ns() // 1000)
        if item is None and replay is not None:
            replay = replay if _replay_next(decoder, replay) else None
        elif item is None:
            if data := take():
                decoder.feed(data)
            else:
                yield Woken()
        elif isinstance(item, NeedTable):
            decoder.bind(item.table_id, policy.plan(item), told=policy.told(item))
        elif isinstance(item, Source):
            decoder.accept(item.uuid, policy.wants(item.uuid))
        elif isinstance(item, Query):
            change = policy.statement(item)
            if change is not None:
                decoder.unbind_all()
                yield change
        else:
            yield item
            if isinstance(item, XaEnd) and item.outcome == "committed":
                # At once: what the decoder has read ahead comes after these rows.
                held = policy.held(item.xid)
                replay = held if _replay_next(decoder, held) else None


def _replay_next(decoder: Decoder, pieces: Iterator[bytes]) -> bool:
    """Whether there may be another piece."""
    piece = next(pieces, None)
    decoder.replay(piece or b"", last=piece is None)
    return piece is not None
