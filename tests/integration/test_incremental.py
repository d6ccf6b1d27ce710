"""Incremental snapshots: every row once, by any key, whatever happens to the table meanwhile."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from support.running import MARKER, SIGNALS, Running
from tailrace.model.progress import SnapshotPhase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ServerFactory
    from tailrace.lab import Server

KEYS = {
    "number": "id INT UNSIGNED PRIMARY KEY, v INT",
    "pair": "a SMALLINT, b VARCHAR(10), v INT, PRIMARY KEY (a, b)",
    "three": "a DATE, b DECIMAL(6,2), c TINYINT, v INT, PRIMARY KEY (b, a, c)",
    "word": "w VARCHAR(20) CHARACTER SET latin1 PRIMARY KEY, v INT",
    "binary_word": "b BINARY(6) PRIMARY KEY, v INT",
    "moment": "at DATETIME(6) PRIMARY KEY, v INT",
    "stamp": "at TIMESTAMP(3) PRIMARY KEY, v INT",
    "chosen": "e ENUM('z','y','a','b'), n INT, v INT, PRIMARY KEY (e, n)",
    "several": "s SET('z','y','a'), n INT, v INT, PRIMARY KEY (n, s)",
    "bits": "b BIT(12) PRIMARY KEY, v INT",
    "float_key": "f FLOAT PRIMARY KEY, v INT",
    "double_key": "d DOUBLE PRIMARY KEY, v INT",
    "year_key": "y YEAR, n INT, v INT, PRIMARY KEY (y, n)",
    "unique_key": "a INT NOT NULL, b INT NOT NULL, v INT, UNIQUE (a, b)",
}
ROWS = {
    "number": lambda n: (n * 40_000_000, n),
    "pair": lambda n: (n % 7 - 3, f"{n}'\\ä", n),
    "three": lambda n: (f"2024-02-{n % 28 + 1:02}", n % 5 - 2.5, n, n),
    "word": lambda n: (f"{'äÖzA'[n % 4]}{n}", n),
    "binary_word": lambda n: (bytes([n % 3, 255 - n, 0, n]), n),
    "moment": lambda n: (f"2024-01-01 00:00:{n % 60:02}.{n:06}", n),
    "stamp": lambda n: (f"2024-01-01 00:{n % 60:02}:00.{n:03}", n),
    "chosen": lambda n: (n % 4 + 1, n, n),
    "several": lambda n: (n % 8, n // 4, n),
    "bits": lambda n: (n * 37, n),
    "float_key": lambda n: (n / 7 - 5, n),
    "double_key": lambda n: (n / 7 - 5, n),
    "year_key": lambda n: (1990 + n % 9, n, n),
    "unique_key": lambda n: (n % 5, n, n),
}
COUNT = 97


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    mysql.execute("CREATE DATABASE pieces")
    mysql.execute(MARKER.format("pieces"))
    mysql.execute(SIGNALS.format("pieces.asked"))
    yield "pieces"
    mysql.execute("DROP DATABASE pieces")


def fill(server: Server, database: str, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    server.execute(f"CREATE TABLE {database}.{table} ({columns})")
    with server.connect(database=database) as connection, connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)
        connection.commit()


def numbered(server: Server, database: str, count: int = 500) -> None:
    fill(server, database, "t", "id INT PRIMARY KEY, v INT", [(n, n) for n in range(count)])


def test_rows_come_once_in_the_order_of_any_key(mysql: Server, database: str, tmp_path: Path) -> None:
    for table, columns in KEYS.items():
        fill(mysql, database, table, columns, [ROWS[table](n) for n in range(COUNT)])
    with Running(tmp_path, mysql, database, incremental__snapshot__chunk__size=10) as running:
        running.read(*(f"{database}.{table}" for table in KEYS))
        for table in KEYS:
            assert sorted(row["v"] for row in running.reads(table)) == list(range(COUNT)), table
        ordered = [row["id"] for row in running.reads("number")]
        assert ordered == sorted(ordered)
        assert running.wrong() == []


def test_a_row_of_the_signalling_table_starts_a_snapshot(mysql: Server, database: str, tmp_path: Path) -> None:
    numbered(mysql, database)
    with Running(tmp_path, mysql, database, signal__data__collection=f"{database}.asked") as running:
        data = json.dumps({"data-collections": [f"{database}.t"], "type": "incremental"})
        mysql.execute(f"INSERT INTO {database}.asked VALUES ('one', 'execute-snapshot', %s)", (data,))
        running.notified("COMPLETED", "one")
        assert len(running.reads("t")) == 500
        source = running.events("t")[0]["source"]
        assert source["snapshot"] == "incremental"


def test_conditions_and_surrogate_keys_choose_and_order_rows(mysql: Server, database: str, tmp_path: Path) -> None:
    rows = [(n, None if n % 10 == 0 else n // 10, n % 2) for n in range(100)]
    fill(mysql, database, "t", "id INT PRIMARY KEY, part INT, odd INT", rows)
    with Running(tmp_path, mysql, database, incremental__snapshot__chunk__size=7) as running:
        conditions = [{"data-collection": f"{database}.t", "filter": "odd = 1 OR part IS NULL"}]
        running.read(f"{database}.t", additional_conditions=conditions, surrogate_key="part")
        wanted = sorted((r for r in rows if r[2] == 1 or r[1] is None), key=lambda r: (-1 if r[1] is None else r[1], r))
        assert [(row["id"], row["part"], row["odd"]) for row in running.reads("t")] == wanted


def test_a_table_without_a_key_is_refused_and_told_of(mysql: Server, database: str, tmp_path: Path) -> None:
    fill(mysql, database, "keyless", "n INT, m INT", [(1, 2)])
    with Running(tmp_path, mysql, database) as running:
        since = time.time()
        done = running.read(f"{database}.keyless")
        told = running.notified("TABLE_SCAN_COMPLETED", done.id).additional_data
        assert told["status"] == "NO_PRIMARY_KEY"
        assert "add a primary key" in told["reason"]

        def is_over() -> bool:
            report = running.engine.progress.snapshot
            return report.began >= since and report.phase is SnapshotPhase.COMPLETED

        running.until(is_over, "nothing else happens on the server, and so it is never over")
        running.catch_up()


def test_tables_that_are_empty_or_unknown_do_not_stop_the_others(mysql: Server, database: str, tmp_path: Path) -> None:
    numbered(mysql, database)
    mysql.execute(f"CREATE TABLE {database}.bare (id INT PRIMARY KEY)")
    with Running(tmp_path, mysql, database) as running:
        signal = running.read(f"{database}.bare", f"{database}.nowhere", f"{database}.t").id
        assert "nowhere" in running.notified("REFUSED", signal).additional_data["reason"]
        assert running.notified("TABLE_SCAN_COMPLETED", signal).additional_data["status"] == "EMPTY"
        assert len(running.reads("t")) == 500


def test_ddl_in_the_middle_reads_the_piece_again_under_the_new_definition(
    mysql: Server, database: str, tmp_path: Path
) -> None:
    numbered(mysql, database, 5000)
    with Running(tmp_path, mysql, database, incremental__snapshot__chunk__size=50) as running:
        signal = running.ask(f"{database}.t")
        running.notified("IN_PROGRESS", signal)
        mysql.execute(f"ALTER TABLE {database}.t ADD COLUMN w INT DEFAULT 7 FIRST")
        mysql.execute(f"UPDATE {database}.t SET w = id WHERE id >= 4900")
        running.notified("COMPLETED", signal)
        running.catch_up()
        assert sorted(row["id"] for row in running.reads("t") if row["id"] < 4900) == list(range(4900))
        assert running.wrong() == []


def test_a_table_dropped_in_the_middle_ends_its_snapshot_alone(mysql: Server, database: str, tmp_path: Path) -> None:
    numbered(mysql, database, 5000)
    fill(mysql, database, "u", "id INT PRIMARY KEY, v INT", [(1, 1)])
    with Running(tmp_path, mysql, database, incremental__snapshot__chunk__size=1) as running:
        signal = running.ask(f"{database}.t", f"{database}.u")
        running.notified("IN_PROGRESS", signal)
        mysql.execute(f"DROP TABLE {database}.t")
        running.notified("COMPLETED", signal)
        assert running.notified("TABLE_SCAN_COMPLETED", signal).additional_data["status"] == "UNKNOWN_SCHEMA"
        assert running.reads("u") == [{"id": 1, "v": 1}]


def test_pause_resume_and_stop(mysql: Server, database: str, tmp_path: Path) -> None:
    numbered(mysql, database, 20_000)
    fill(mysql, database, "u", "id INT PRIMARY KEY, v INT", [(1, 1)])
    with Running(tmp_path, mysql, database, incremental__snapshot__chunk__size=1) as running:
        signal = running.ask(f"{database}.t", f"{database}.u")
        running.notified("IN_PROGRESS", signal)
        running.notified("PAUSED", running.signal("pause-snapshot"))
        running.catch_up()
        before = len(running.reads("t"))
        running.catch_up()
        assert 0 < before == len(running.reads("t")) < 20_000
        running.notified("RESUMED", running.signal("resume-snapshot"))
        running.until(lambda: len(running.events("t")) > before, "it did not go on")
        aborted = running.notified("ABORTED", running.signal("stop-snapshot", {"data-collections": [f"{database}.t"]}))
        assert aborted.additional_data["data_collections"] == f"{database}.t"
        running.notified("COMPLETED", signal)
        keys = [row["id"] for row in running.reads("t")]
        assert keys == list(range(len(keys)))
        assert len(keys) < 20_000
        assert running.reads("u") == [{"id": 1, "v": 1}]
        running.notified("SKIPPED", running.signal("stop-snapshot"))


@pytest.mark.parametrize("strategy", ["insert_insert", "insert_delete"])
def test_without_gtids_watermarks_are_written(
    mysql_server_factory: ServerFactory, tmp_path: Path, strategy: str
) -> None:
    server = mysql_server_factory("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF")
    server.execute("CREATE DATABASE plain")
    server.execute(MARKER.format("plain"))
    server.execute(SIGNALS.format("plain.asked"))
    server.execute(f"GRANT INSERT, DELETE ON plain.asked TO '{server.user}'@'%'")
    numbered(server, "plain")
    options = {
        "signal__data__collection": "plain.asked",
        "incremental__snapshot__chunk__size": 100,
        "incremental__snapshot__watermarking__strategy": strategy,
    }
    with Running(tmp_path, server, "plain", **options) as running:
        running.read("plain.t")
        assert sorted(row["id"] for row in running.reads("t")) == list(range(500))
        left = {kind for (kind,) in server.execute("SELECT type FROM plain.asked")}
    expected = {"snapshot-window-open", "snapshot-window-close"} if strategy == "insert_insert" else set()
    assert left == expected


def test_a_server_that_cannot_do_it_is_explained(mysql_server_factory: ServerFactory, tmp_path: Path) -> None:
    server = mysql_server_factory("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF")
    server.execute("CREATE DATABASE plain")
    server.execute(MARKER.format("plain"))
    numbered(server, "plain")
    with Running(tmp_path, server, "plain") as running:
        signal = running.ask("plain.t")
        assert "gtid_mode is OFF" in running.notified("ABORTED", signal).additional_data["reason"]
        server.execute("SET GLOBAL binlog_row_image = MINIMAL")
        signal = running.ask("plain.t")
        assert "binlog_row_image" in running.notified("ABORTED", signal).additional_data["reason"]
        running.catch_up()
