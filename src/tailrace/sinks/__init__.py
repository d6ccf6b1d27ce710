"""Where events go: the contract of a sink, and how one is found by its `sink.type`.

**Who holds which position.** The engine knows offsets; a sink knows only its own state (a file and a length, say).
They meet in three places, always in this order:

1. ``open(state)`` gets the state that was stored with the offset the engine resumes from, or None the first time. The
   sink throws away whatever it had written after that state, so that offset and sink agree, and returns its state. The
   engine stores that state *before the first write*: from then on a kill at any instant is a resume.
2. ``flush()`` is a cut: the sink notes how far the last *transaction end* it was given lies, the engine notes the
   offset of that same end. Calling what `flush` returned makes everything before the cut durable and gives the state
   of the cut. The engine stores {offset, state} in one commit, then calls ``stored(state)``.
3. After a crash, what was written behind the last stored state is thrown away by ``open``, and read from the source
   again.

So a sink that can throw away (``exactly_once``) delivers each event once; another delivers it at least once.

**Transaction ends.** A batch may end inside a transaction: ``batch.commit.end`` bytes (``commit.rows`` events) of it,
together with all that was written before, are whole; the rest is the beginning of a transaction, and ``commit`` None
says that all of it belongs to the one that is open. ``end_transaction()`` says that all that was written is whole:
the engine calls it where no commit event does (the end of a snapshot). ``rollback()`` drops what was written after the
last transaction end: the connection was lost in mid-transaction, or the server rolled back.

**Threads.** open, write, end_transaction, rollback, flush and close are called by one thread. What `flush` returned,
and `stored`, are called by one other, while writes go on; `flush` is not called again before the state of the last one
is stored. `close` comes last, when no flush is under way, or to abandon one.

**Errors.** SinkError with a hint: the destination refused; nothing that was not acknowledged counts as delivered.
SinkFinished: the reader is gone and wants no more (``| head``), which ends the run without an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from tailrace.config import plugged
from tailrace.config.field import Field, one_of
from tailrace.errors import ConfigError, SinkError
from tailrace.model.encoding import Output

if TYPE_CHECKING:
    from tailrace.config import SinkConfig, Values
    from tailrace.kafka.transactions import Transactions

SinkState = Mapping[str, object]
"""JSON-able, and opaque to all but the sink that made it."""

Acknowledge = Callable[[], SinkState]
"""Blocks until everything before the cut is durable; raises SinkError."""


class TransactionEnd(Protocol):
    """The end of the last whole transaction in a batch (`tailrace._kernel.Commit`)."""

    @property
    def end(self) -> int:
        """Bytes of the batch that belong to whole transactions."""

    @property
    def rows(self) -> int:
        """Events of the batch that belong to whole transactions."""

    @property
    def records(self) -> int:
        """Records of the batch that belong to whole transactions."""


class ArrowRows(Protocol):
    """Rows of one table (`tailrace._kernel.ArrowRows`), for `pyarrow.record_batch`."""

    @property
    def database(self) -> str:
        """Its database."""

    @property
    def table(self) -> str:
        """Its table."""

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Arrow's PyCapsule interface."""


class Batch(Protocol):
    """What a sink may know of `tailrace._kernel.Batch`; its bytes are valid while the batch is referenced."""

    @property
    def rows(self) -> int:
        """Events in the batch."""

    @property
    def commit(self) -> TransactionEnd | None:
        """None: no transaction ends in this batch."""

    def __len__(self) -> int:
        """Bytes of the JSON lines."""

    def __buffer__(self, flags: int, /) -> memoryview:
        """The JSON lines."""

    @property
    def memory(self) -> int:
        """Bytes the batch holds, whatever its format."""

    @property
    def record_count(self) -> int:
        """How many records there are."""

    def topics(self) -> Sequence[str]:
        """Topics of the records, each once."""

    def split(self) -> list[bytes]:
        """One bytes object per event, without newline."""

    def arrow(self, *, tail: bool = False) -> Sequence[ArrowRows]:
        """One entry per table: the rows of whole transactions in binlog order; `tail`: those after `commit`."""


class Sink(Protocol):
    """The contract is in the docstring of this module."""

    def open(self, state: SinkState | None) -> SinkState:
        """Agree with `state`, throwing away what came after it; the state to store before the first write."""

    def write(self, batch: Batch) -> None:
        """Take the batch; its memory lives as long as something refers to it."""

    def end_transaction(self) -> None:
        """All that was written is whole."""

    def rollback(self) -> bool:
        """Drop what came after the last transaction end; False: it is out, the engine must not send it again."""

    def flush(self, *, final: bool = False) -> Acknowledge | None:
        """The cut; None: not now, ask again later, or where the run ends (`final`): what is written is taken back."""

    def stored(self, state: SinkState) -> None:
        """`state` is stored, and is what `open` will be given."""

    def interrupt(self) -> None:
        """The run is to end: do not wait long for a destination that is away. Called by any thread."""

    def close(self) -> None:
        """Let go of files and threads. What is not stored may be lost, and counts for nothing. Twice is once."""


class SinkFinished(Exception):
    """The destination wants no more events; stop without an error."""


@dataclass(frozen=True, slots=True)
class SinkType:
    """A `sink.type`: what the entry point in the group `tailrace.sinks` names."""

    name: str
    doc: str
    fields: tuple[Field[Any], ...]
    create: Callable[[str, Values], Sink]
    """(connector name, values of all properties) → a sink that is not open yet; raises ConfigError."""
    format: Literal["json", "arrow"] = "json"
    """What the kernel must encode."""
    output: Callable[[Values], Output] = lambda _: "values"
    """What a batch of JSON must be made of."""
    exactly_once: bool = False
    join: Callable[[Transactions, Values], Sink] | None = None
    """A sink whose events are written in the transactions of the storage."""


BUILTIN = {
    "stdout": "tailrace.sinks.stdout:STDOUT",
    "jsonl": "tailrace.sinks.jsonl:JSONL",
    "parquet": "tailrace.sinks.parquet:PARQUET",
    "kafka": "tailrace.sinks.kafka:KAFKA",
}
_GROUP = "tailrace.sinks"


def sink_type(name: str) -> SinkType:
    """Raises ConfigError where no such sink is installed, or what it needs is missing."""
    found: SinkType | None = plugged.find(_GROUP, name, BUILTIN)
    if found is None:
        known = ", ".join(plugged.names(_GROUP, BUILTIN))
        raise ConfigError(f"sink.type: there is no sink {name!r}", hint=f"choose one of {known}")
    return found


def sink_fields(name: str) -> tuple[Field[Any], ...]:
    """The config table of a sink, for `tailrace.config.parse`."""
    return sink_type(name).fields


class LineFormat(StrEnum):
    """What a line of text is."""

    VALUE = "value"
    RECORD = "record"


LINE_FORMAT = Field(
    "sink.format",
    one_of(LineFormat),
    LineFormat.VALUE,
    'value: each line is the value of a row event; record: each line is `{"topic","key","value","headers"}`, and '
    "tombstones, schema changes, heartbeats and transaction records are written too.",
)


def line_output(values: Values) -> Output:
    """What the kernel must write for `sink.format`."""
    return "lines" if values[LINE_FORMAT] is LineFormat.RECORD else "values"


def create_sink(connector: str, config: SinkConfig, transactions: Transactions | None = None) -> Sink:
    """The sink a config asks for, not open yet; `transactions`: the storage's, where it has such."""
    kind = sink_type(config.type)
    if transactions is not None and kind.join is not None:
        return kind.join(transactions, config.values)
    return kind.create(connector, config.values)


def refused(error: OSError, path: object) -> SinkError:
    """An error of the file system as people need it."""
    import errno  # noqa: PLC0415 - only when it fails

    hints = {
        errno.ENOSPC: "free some space and start again: events go on from the last stored offset",
        errno.EDQUOT: "raise the quota and start again: events go on from the last stored offset",
        errno.EACCES: "make sink.path writable for this user",
        errno.EROFS: "the file system is read-only: set sink.path elsewhere",
    }
    return SinkError(
        f"cannot write events: {error.strerror or error}", where=str(path), hint=hints.get(error.errno or 0)
    )
