"""What both tests of handing over share: a writer that never rests, the account of changes, the command."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tailrace import lab


class Writer:
    """Transactions of several rows, and now and then a new column, until stopped."""

    def __init__(self, server: lab.Server, table: str, pause: float = 0.01, alter_every: int = 40) -> None:
        self._pause = pause
        self._alter_every = alter_every
        self._server = server
        self._table = table
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.transactions = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Twice is once."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def await_more(self, transactions: int) -> None:
        wanted = self.transactions + transactions
        assert await_condition(lambda: self.transactions >= wanted, 60)

    def _write(self) -> None:
        with self._server.connect() as connection, connection.cursor() as cursor:
            while not self._stopping.wait(self._pause):
                number = self.transactions
                cursor.execute("BEGIN")
                rows = ", ".join(f"({number * 10 + index}, {number})" for index in range(5))
                cursor.execute(f"INSERT INTO {self._table} (id, v) VALUES {rows}")
                cursor.execute(f"UPDATE {self._table} SET v = v + 1 WHERE id >= {number * 10}")
                cursor.execute("COMMIT")
                if number % self._alter_every == self._alter_every - 1:
                    cursor.execute(f"ALTER TABLE {self._table} ADD COLUMN c{number} INT DEFAULT {number}")
                self.transactions += 1


def changes(values: Iterable[Any]) -> Counter[tuple[Any, ...]]:
    """Each streamed change of the table by what names it."""
    found: Counter[tuple[Any, ...]] = Counter()
    for value in values:
        if value is not None and value.get("source", {}).get("table") == "t" and value.get("op") in {"c", "u", "d"}:
            source = value["source"]
            found[source["gtid"], source["pos"], source["row"], value["op"], json.dumps(value["after"])] += 1
    return found


def migrate(direction: str, config: Path, *options: object) -> dict[str, Any]:
    """What the command answers. Raises AssertionError with its words where it fails."""
    done = attempt(direction, config, *options)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def attempt(direction: str, config: Path, *options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tailrace.cli", "migrate", direction, str(config), "--json", *map(str, options)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def assert_once(parts: Iterable[Counter[tuple[Any, ...]]], server: lab.Server, table: str, updates: int) -> None:
    """Each change of the table is in one of the parts, once."""
    together = sum(parts, Counter())
    assert [change for change, times in together.items() if times > 1] == [], "doubled"
    inserted = sum(1 for change in together if change[3] == "c")
    updated = sum(1 for change in together if change[3] == "u")
    assert inserted == server.execute(f"SELECT count(*) FROM {table}")[0][0], "lost"
    assert updated == updates, "lost"
