"""A connector changes hands while writes go on: Debezium, Tailrace, Debezium; each change comes once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from support.connector import Connector
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from compat.oracle import Oracle
    from tailrace import lab

DATABASE = "handover"
PREFIX = "hand"
NAME = "handed"


class Writer:
    """Transactions of several rows, and now and then a new column, until stopped."""

    def __init__(self, server: lab.Server) -> None:
        self._server = server
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.transactions = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def await_more(self, transactions: int) -> None:
        wanted = self.transactions + transactions
        assert await_condition(lambda: self.transactions >= wanted, 60)

    def _write(self) -> None:
        with self._server.connect() as connection, connection.cursor() as cursor:
            while not self._stopping.wait(0.01):
                number = self.transactions
                cursor.execute("BEGIN")
                rows = ", ".join(f"({number * 10 + index}, {number})" for index in range(5))
                cursor.execute(f"INSERT INTO {DATABASE}.t (id, v) VALUES {rows}")
                cursor.execute(f"UPDATE {DATABASE}.t SET v = v + 1 WHERE id >= {number * 10}")
                cursor.execute("COMMIT")
                if number % 40 == 39:
                    cursor.execute(f"ALTER TABLE {DATABASE}.t ADD COLUMN c{number} INT DEFAULT {number}")
                self.transactions += 1


def changes(values: Iterable[Any]) -> Counter[tuple[Any, ...]]:
    """Each streamed change of the table by what names it."""
    found: Counter[tuple[Any, ...]] = Counter()
    for value in values:
        if value is not None and value.get("source", {}).get("table") == "t" and value.get("op") in {"c", "u", "d"}:
            source = value["source"]
            found[source["gtid"], source["pos"], source["row"], value["op"], json.dumps(value["after"])] += 1
    return found


def migrate(direction: str, config: Path, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tailrace.cli", "migrate", direction, str(config), "--json", "--force"]
    files = ["--offsets", str(folder / "offsets"), "--history", str(folder / "history")]
    done = subprocess.run([*command, *files], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.timeout(180)
def test_a_connector_changes_hands_twice_and_each_change_comes_once(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    for statement in (
        f"DROP DATABASE IF EXISTS {DATABASE}",
        f"CREATE DATABASE {DATABASE}",
        f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY, v INT, e ENUM('a','b') DEFAULT 'b')",
    ):
        mysql.execute(statement)
    start = mysql.execute("SELECT @@gtid_executed")[0][0]
    common = {
        "topic.prefix": PREFIX,
        "database.hostname": mysql.host,
        "database.port": mysql.port,
        "database.user": mysql.user,
        "database.password": mysql.password,
        "database.include.list": DATABASE,
        "snapshot.mode": "no_data",
    }
    plain = common | {"converter.schemas.enable": "false", "database.server.id": 4711}
    debezium = tmp_path / "debezium"
    writer = Writer(mysql)
    first = oracle.start(NAME, plain, debezium)
    # What was written before the first connector reads is none of its business.
    assert await_condition((debezium / "history").exists, 60)
    first.until(lambda records: any(record.topic == PREFIX for record in records))
    writer.start()
    try:
        first.until(lambda records: len(records) > 300)
        theirs = first.stop()
        properties = {name.replace(".", "__"): value for name, value in common.items()}
        ours = Connector(tmp_path / "tailrace", mysql, DATABASE, **properties | {"name": NAME})
        ours.write_config()
        moved = migrate("from-debezium", ours.config, debezium)
        assert moved["tables"] >= 1
        ours.start()
        writer.await_more(60)
        assert await_condition(lambda: len(ours.events()) > 300, 60)
        assert ours.stop() == 0
        migrate("to-debezium", ours.config, debezium)
        second = oracle.start(NAME, plain, debezium)
        writer.await_more(30)
    finally:
        writer.stop()
    last = mysql.execute(f"SELECT max(id) FROM {DATABASE}.t")[0][0]
    second.until(lambda records: any((record.value or {}).get("after", {}).get("id") == last for record in records))
    mysql.execute(f"INSERT INTO {DATABASE}.t (id, v) VALUES (-1, -1)")
    second.until(lambda records: any(((record.value or {}).get("after") or {}).get("id") == -1 for record in records))
    rest = second.stop()
    parts = [
        changes(record.value for record in theirs),
        changes(ours.events()),
        changes(record.value for record in rest),
    ]
    together = sum(parts, Counter())
    assert all(parts), "one of the three saw nothing"
    assert [change for change, times in together.items() if times > 1] == [], "doubled"
    inserted = sum(1 for change in together if change[3] == "c")
    updated = sum(1 for change in together if change[3] == "u")
    assert inserted == mysql.execute(f"SELECT count(*) FROM {DATABASE}.t")[0][0], f"lost since {start}"
    assert updated == writer.transactions * 5
