"""Rows of XA transactions that are prepared: they are held until it is known whether they count."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from tailrace._kernel import XaEnd, XaHold
from tailrace.engine.queue import Delivery
from tailrace.storage import Storage

log = logging.getLogger(__name__)


class HeldTransactions:
    """In the storage, by their XID."""

    def __init__(self, storage: Storage, hand_over: Callable[[Delivery], None]) -> None:
        self._storage = storage
        self._hand_over = hand_over

    def keep(self, piece: XaHold) -> None:
        """The next piece of one."""
        self._storage.hold(piece.xid, piece.data, first=piece.first)

    def pieces(self, xid: str) -> Iterator[bytes]:
        """All of one, in order; none if it is not held."""
        hold = self._storage.held(xid)
        return self._storage.pieces(hold) if hold is not None else iter(())

    def end(self, end: XaEnd) -> None:
        """A PREPARE, COMMIT or ROLLBACK, to be stored with the offset behind it."""
        hold = self._storage.held(end.xid)
        if hold is None:
            log.warning("XA transaction %s was prepared before the capture began: its rows are not known", end.xid)
        elif end.outcome == "prepared":
            self._hand_over(Delivery(prepared=(hold,)))
        else:
            self._hand_over(Delivery(forgotten=(hold,)))
