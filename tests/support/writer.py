"""A client that writes on while a connector is tried."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tailrace.lab.server import Server


class Writer:
    """Transactions of three rows each, ids counting up, until it is stopped."""

    def __init__(self, server: Server, table: str) -> None:
        self.last = 1
        self._server = server
        self._table = table
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        with self._server.connect() as connection, connection.cursor() as cursor:
            while not self._end.wait(0.002):
                rows = ", ".join(f"({self.last + n}, 'x')" for n in (1, 2, 3))
                cursor.execute(f"INSERT INTO {self._table} VALUES {rows}")
                connection.commit()
                self.last += 3
