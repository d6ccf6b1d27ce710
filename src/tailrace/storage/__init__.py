"""What a connector must remember: its offset, the sink's state, schema history and prepared XA transactions.

All of it moves in one step, `commit`: after a kill at any instant, what `load` returns is what one commit wrote.

XA transactions are held in pieces as they are read, ahead of the offset. A hold is *staged* until a commit lists it
as prepared, and is forgotten by the commit that lists it as forgotten, so that holds always agree with the offset:
opening the storage drops those that are still staged, for the source will send them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tailrace.kafka.transactions import Transactions
    from tailrace.model.offset import Offset

SinkState = Mapping[str, object]
"""JSON-able; opaque to all but the sink that made it."""


@dataclass(frozen=True, slots=True)
class Resume:
    """What the last commit left; both None on the first start."""

    offset: Offset | None = None
    sink_state: SinkState | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """One step forward. None leaves what is stored as it is."""

    offset: Offset | None = None
    sink_state: SinkState | None = None
    history: tuple[str, ...] = ()
    """Schema history records (opaque text) since the last commit, in order."""
    clear_history: bool = False
    """Drop all older records first: a new snapshot has read every definition again."""
    prepared: tuple[int, ...] = ()
    """Holds whose XA PREPARE lies at or before `offset`."""
    forgotten: tuple[int, ...] = ()
    """Holds whose XA COMMIT or ROLLBACK lies at or before `offset`."""


class Storage(Protocol):
    """Kept for one connector. Every method may be called from any thread, and raises StorageError.

    Opening one takes the connector's lock, which ends with `close` or with the process, however it ends.
    """

    @property
    def transactions(self) -> Transactions | None:
        """Where a sink may write so that `commit` holds its events too."""

    def load(self) -> Resume:
        """What the last commit left."""

    def forget_offset(self) -> None:
        """The next run begins as a first one does; what the sink has stays."""

    def commit(self, commit: Commit) -> None:
        """All of it, durably, or nothing."""

    def history(self) -> Iterator[str]:
        """Schema history records in the order they were committed."""

    def hold(self, xid: str, data: bytes, *, first: bool) -> int:
        """Keep the next piece of an XA transaction; `first` begins a new hold. Returns the hold's id."""

    def held(self, xid: str) -> int | None:
        """The youngest hold of `xid` that no commit has forgotten."""

    def pieces(self, hold: int) -> Iterator[bytes]:
        """The pieces of a hold, in order."""

    def close(self) -> None:
        """Give the lock back. Twice is once."""
