"""A source of made-up transactions, batches as the kernel makes them, and the engine's side of the sink contract."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tailrace.sinks import Acknowledge, Sink, SinkState


class Event(NamedTuple):
    """Enough to tell any two events apart."""

    transaction: int
    number: int

    @property
    def table(self) -> str:
        return f"t{(self.transaction + self.number) % 3}"


class End(NamedTuple):
    end: int
    rows: int


class FakeRows:
    """Rows of one table, handed over as the kernel hands them over."""

    def __init__(self, database: str, table: str, columns: dict[str, list[Any]]) -> None:
        import pyarrow as pa

        self.database = database
        self.table = table
        self._rows = pa.RecordBatch.from_pydict(columns)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        handed: tuple[object, object] = self._rows.__arrow_c_array__(requested_schema)
        return handed


class FakeBatch(bytes):
    """The buffer protocol comes from bytes."""

    events: tuple[Event, ...]
    commit: End | None

    @classmethod
    def of(cls, events: list[Event], whole: int) -> FakeBatch:
        """The first `whole` events end a transaction; 0: none ends here."""
        lines = [json.dumps({"tx": event.transaction, "n": event.number, "pad": "x" * 40}).encode() for event in events]
        batch = cls(b"".join(line + b"\n" for line in lines))
        batch.events = tuple(events)
        batch.commit = End(sum(len(line) + 1 for line in lines[:whole]), whole) if whole else None
        return batch

    @property
    def rows(self) -> int:
        return len(self.events)

    @property
    def memory(self) -> int:
        return len(self)

    def arrow(self, *, tail: bool = False) -> list[FakeRows]:
        whole = self.commit.rows if self.commit else 0
        events = self.events[whole:] if tail else self.events[:whole]
        found: list[FakeRows] = []
        for table in sorted({event.table for event in events}):
            rows = [event for event in events if event.table == table]
            columns = {"tx": [event.transaction for event in rows], "n": [event.number for event in rows]}
            found.append(FakeRows("shop", table, columns))
        return found


def events_of(transaction: int) -> list[Event]:
    """The same events each time it is read, as a binlog gives them: now and then a big transaction."""
    size = 400 if transaction % 13 == 12 else 1 + transaction * 7 % 5
    return [Event(transaction, number) for number in range(size)]


def all_events(transactions: int) -> list[Event]:
    return [event for transaction in range(transactions) for event in events_of(transaction)]


def batches(first: int, last: int, draw: random.Random) -> Iterator[tuple[FakeBatch, int]]:
    """From transaction `first` to before `last`, cut anywhere, with the number of transactions whole after each."""
    pending: list[Event] = []
    whole = 0
    limit = draw.randint(1, 60)
    for transaction in range(first, last):
        events = events_of(transaction)
        for event in events:
            pending.append(event)
            ended = event == events[-1]
            whole = len(pending) if ended else whole
            if len(pending) >= limit or (ended and draw.random() < 0.3):
                yield FakeBatch.of(pending, whole), transaction + ended
                pending, whole, limit = [], 0, draw.randint(1, 60)
    if pending:
        yield FakeBatch.of(pending, whole), last


@dataclass
class Stored:
    """What the storage holds: an offset (transactions delivered) and the sink's state, always written together."""

    offset: int = 0
    state: SinkState | None = None


class Died(Exception):
    """The process is gone, at a point the schedule chose."""


class Engine:
    """The engine's side of the contract, with late acknowledgements, lost connections and deaths drawn at random."""

    def __init__(self, sink: Sink, stored: Stored, draw: random.Random, *, deaths: float = 0.0) -> None:
        self._sink = sink
        self._stored = stored
        self._draw = draw
        self._deaths = deaths
        self._cut: tuple[Acknowledge, int] | None = None

    def run(self, last: int) -> None:
        """From the stored offset to the end of transaction `last - 1`. Raises Died."""
        self._stored.state = _through_json(self._sink.open(self._stored.state))
        position = self._stored.offset
        while position < last:
            for batch, whole in batches(position, last, self._draw):
                self._sink.write(batch)
                position = whole
                self._die_perhaps()
                if self._draw.random() < 0.3:
                    self._acknowledge()
                if self._draw.random() < 0.2:
                    self._flush(position, final=False)
                if self._draw.random() < 0.1:
                    assert self._sink.rollback()
                    break
        self._flush(position, final=True)
        self._acknowledge()

    def _flush(self, position: int, *, final: bool) -> None:
        self._acknowledge()
        acknowledge = self._sink.flush(final=final)
        assert acknowledge or not final
        self._cut = (acknowledge, position) if acknowledge else None
        self._die_perhaps()

    def _acknowledge(self) -> None:
        if self._cut is None:
            return
        (acknowledge, position), self._cut = self._cut, None
        state = _through_json(acknowledge())
        self._die_perhaps()
        self._stored.offset, self._stored.state = position, state
        self._die_perhaps()
        self._sink.stored(state)

    def _die_perhaps(self) -> None:
        if self._draw.random() < self._deaths:
            raise Died


def _through_json(state: SinkState) -> SinkState:
    parsed: SinkState = json.loads(json.dumps(state))
    return parsed
