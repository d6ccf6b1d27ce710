"""Blocking snapshots: exact, whatever is written meanwhile, and taken again after a kill."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from support.running import MARKER, Running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace.lab import Server


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    mysql.execute("CREATE DATABASE blocking")
    mysql.execute(MARKER.format("blocking"))
    mysql.execute("CREATE TABLE blocking.t (id INT PRIMARY KEY, v INT)")
    mysql.execute("CREATE TABLE blocking.keyless (n INT)")
    mysql.execute("INSERT INTO blocking.t VALUES (1, 10), (2, 20), (3, 30)")
    mysql.execute("INSERT INTO blocking.keyless VALUES (1), (1), (2)")
    yield "blocking"
    mysql.execute("DROP DATABASE blocking")


@pytest.mark.parametrize("threads", [1, 2])
def test_tables_are_read_exactly_under_writes_keyless_ones_too(
    mysql: Server, database: str, tmp_path: Path, threads: int
) -> None:
    end = threading.Event()

    def write() -> None:
        number = 10
        while not end.is_set():
            number += 1
            mysql.execute(f"REPLACE INTO {database}.t VALUES ({number % 50}, {number})")
            mysql.execute(f"INSERT INTO {database}.keyless VALUES ({number % 5})")

    with Running(
        tmp_path, mysql, database, table__exclude__list=f"{database}.t2", snapshot__max__threads=threads
    ) as running:
        writer = threading.Thread(target=write)
        writer.start()
        try:
            running.until(lambda: len(running.events("t")) > 20, "no changes came")
            signal = running.ask(rf"{database}\.(t|keyless)", type="BLOCKING")
            running.notified("COMPLETED", signal)
            seen = len(running.events("t"))
            running.until(lambda: len(running.events("t")) > seen + 20, "the stream did not go on")
        finally:
            end.set()
            writer.join()
        running.catch_up()
        # What the stream brought before the snapshot is in it: from its first row on, events alone make the table.
        for table in ("t", "keyless"):
            events = running.events(table)
            first = next(index for index, event in enumerate(events) if event["op"] == "r")
            assert all(event["op"] != "r" for event in events[:first])
            rows: list[tuple[object, ...]] = []
            for event in events[first:]:
                if event["before"] is not None:
                    rows.remove(tuple(event["before"].values()))
                if event["after"] is not None:
                    rows.append(tuple(event["after"].values()))
            assert sorted(rows) == sorted(mysql.execute(f"SELECT * FROM {database}.{table}"))


def test_a_select_may_choose_the_rows(mysql: Server, database: str, tmp_path: Path) -> None:
    with Running(tmp_path, mysql, database) as running:
        conditions = [{"data-collection": f"{database}.t", "filter": f"SELECT * FROM {database}.t WHERE v > 15"}]
        signal = running.ask(f"{database}.t", type="BLOCKING", additional_conditions=conditions)
        running.notified("COMPLETED", signal)
        running.catch_up()
        assert [row["id"] for row in running.reads("t")] == [2, 3]


def test_a_select_that_the_server_refuses_leaves_nothing_and_the_stream_goes_on(
    mysql: Server, database: str, tmp_path: Path
) -> None:
    with Running(tmp_path, mysql, database) as running:
        conditions = [{"data-collection": f"{database}.t", "filter": "SELECT nonsense"}]
        signal = running.ask(rf"{database}\.(keyless|t)", type="BLOCKING", additional_conditions=conditions)
        assert "nonsense" in running.notified("ABORTED", signal).additional_data["reason"]
        running.catch_up()
        assert running.reads("keyless") == []


def test_a_blocking_snapshot_interrupts_an_incremental_one(mysql: Server, database: str, tmp_path: Path) -> None:
    mysql.execute(f"CREATE TABLE {database}.long_one (id INT PRIMARY KEY)")
    mysql.execute(
        f"INSERT INTO {database}.long_one SELECT a.n * 100 + b.n * 10 + c.n FROM"
        " (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) a,"
        " (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) b,"
        " (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) c"
    )
    with Running(tmp_path, mysql, database, incremental__snapshot__chunk__size=1) as running:
        slow = running.ask(f"{database}.long_one")
        running.notified("IN_PROGRESS", slow)
        running.notified("COMPLETED", running.ask(f"{database}.t", type="BLOCKING"))
        running.notified("COMPLETED", slow)
        assert len(running.reads("t")) == 3
        assert len(running.reads("long_one")) == len({row["id"] for row in running.reads("long_one")}) == 125
