"""Blocking snapshots: tables read while the stream waits.

Views are opened first, at an exact place of the binlog and not behind the stream; the stream goes on up to that place,
waits until the rows are out, and goes on. So no row comes twice and none is behind the stream, keyless tables included.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tailrace._kernel import GtidSet
from tailrace.errors import ConnectionLost
from tailrace.snapshot.open import OpenSnapshot, open_snapshot
from tailrace.snapshot.watermarks import ByGtid, Place

if TYPE_CHECKING:
    from tailrace._kernel import Batch
    from tailrace.config import Config
    from tailrace.model.incremental import Requested
    from tailrace.model.offset import Offset
    from tailrace.model.table import TableId
    from tailrace.mysql.connection import Connection

log = logging.getLogger(__name__)
Definitions = TypeVar("Definitions")


@dataclass(frozen=True, slots=True)
class Opened(Generic[Definitions]):
    """Views that wait for the stream."""

    requested: tuple[Requested, ...]
    snapshot: OpenSnapshot[Definitions]
    place: Place
    """Where the stream must be for their rows."""


class BlockingSnapshots(Generic[Definitions]):
    """`open`, then `read` at the place that it named; one at a time."""

    def __init__(
        self,
        config: Config,
        connect: Callable[[], Connection],
        definitions: Callable[[Connection], Definitions],
        read: Callable[[OpenSnapshot[Definitions], Sequence[Requested], Offset], Iterator[Batch]],
    ) -> None:
        """`read` gives the rows, as rows of the place of an offset."""
        self._config = config
        self._connect = connect
        self._definitions = definitions
        self._read = read
        self._opened: Opened[Definitions] | None = None

    @property
    def place(self) -> Place | None:
        """What the stream must reach; None: no snapshot is open."""
        return self._opened.place if self._opened is not None else None

    def open(self, requested: Sequence[Requested], streamed: GtidSet, stopped: Callable[[], bool]) -> None:
        """`streamed`: what the stream has brought. Raises what `open_snapshot` raises."""
        config = self._config.snapshot
        tables: list[TableId] = [one.table for one in requested]
        with self._connect() as connection:
            gtids = connection.query("SELECT @@GLOBAL.gtid_mode = 'ON'")[0][0]
            if gtids:
                # The stream may be ahead of the engine by what lies between writing the binlog and committing.
                ByGtid(connection, streamed, stopped).before()
            snapshot = open_snapshot(
                self._connect,
                self._definitions,
                lambda _: tables,
                threads=config.threads,
                locking=config.locking,
                lock_timeout=config.lock_timeout_ms / 1000,
            )
            offset = snapshot.offset
            place: Place = (offset.file, offset.position)
            if gtids:
                purged = connection.query("SELECT @@GLOBAL.gtid_purged")[0][0]
                place = GtidSet(offset.gtids).subtract(GtidSet(purged.replace("\n", "")))
        self._opened = Opened(tuple(requested), snapshot, place)

    def read(self, offset: Offset) -> Iterator[Batch]:
        """The rows, at the place."""
        if self._opened is None:
            raise ConnectionLost("the blocking snapshot is not open")
        try:
            yield from self._read(self._opened.snapshot, self._opened.requested, offset)
        finally:
            self.close()

    def abort(self) -> None:
        """Ends what `read` waits for; callable from any thread."""
        if (opened := self._opened) is not None:
            for reader in opened.snapshot.readers:
                reader.abort()

    def close(self) -> None:
        """Views and locks end. Twice is once."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.snapshot.close()
