"""Transactions of every kind through the whole engine: XA, compressed, huge, with images and values left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.connector import Connector, doubled
from tailrace.lab.server import await_condition
from tailrace.lab.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.lab import Server


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    mysql.execute("CREATE DATABASE kinds")
    mysql.execute("CREATE TABLE kinds.t (id INT PRIMARY KEY AUTO_INCREMENT, note TEXT, doc JSON)")
    mysql.execute("CREATE TABLE kinds.marker (id INT PRIMARY KEY)")
    yield "kinds"
    for _, xid, *_ in mysql.execute("XA RECOVER"):
        mysql.execute(f"XA ROLLBACK '{xid}'")
    mysql.execute("DROP DATABASE kinds")


@pytest.fixture
def connector(mysql: Server, database: str, tmp_path: Path) -> Connector:
    """Streaming."""
    made = Connector(tmp_path, mysql, database)
    made.start()
    made.catch_up(mysql, database, 1)
    return made


def _run(mysql: Server, *statements: str) -> None:
    with mysql.connect(database="kinds") as session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        session.commit()


def _prepare(mysql: Server, xid: str, *statements: str) -> None:
    """In a session that ends: the prepared transaction lives on without it."""
    with mysql.connect(database="kinds", autocommit=True) as session, session.cursor() as cursor:
        for statement in (f"XA START '{xid}'", *statements, f"XA END '{xid}'", f"XA PREPARE '{xid}'"):
            cursor.execute(statement)


def _notes(connector: Connector) -> list[str]:
    return [event["after"]["note"] for event in connector.events() if event["op"] == "c"]


def _equal(connector: Connector, mysql: Server) -> None:
    assert connector.stop() == 0
    assert doubled(connector.events()) == []
    with mysql.connect() as connection:
        assert all(verdict.equal for verdict in verify(connection, "kinds", connector.files))


def test_prepared_rows_come_at_their_commit_and_in_its_place(connector: Connector, mysql: Server) -> None:
    _prepare(mysql, "a", "INSERT INTO t (note) VALUES ('prepared'), ('prepared too')")
    _run(mysql, "INSERT INTO t (note) VALUES ('between')")
    connector.catch_up(mysql, "kinds", 2)
    assert _notes(connector) == ["between"]
    mysql.execute("XA COMMIT 'a'")
    connector.catch_up(mysql, "kinds", 3)
    assert _notes(connector) == ["between", "prepared", "prepared too"]
    _equal(connector, mysql)


def test_rows_that_were_rolled_back_after_prepare_never_come(connector: Connector, mysql: Server) -> None:
    _prepare(mysql, "a", "INSERT INTO t (note) VALUES ('phantom')")
    mysql.execute("XA ROLLBACK 'a'")
    connector.catch_up(mysql, "kinds", 2)
    assert _notes(connector) == []
    _equal(connector, mysql)


@pytest.mark.parametrize("kill", [True, False])
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_restart_between_prepare_and_its_end_loses_and_invents_nothing(
    kill: bool, end: str, connector: Connector, mysql: Server
) -> None:
    _prepare(mysql, "a", "INSERT INTO t (note) VALUES ('held')")
    _prepare(mysql, "b", f"INSERT INTO t (note) VALUES {', '.join(['(REPEAT(0x78, 2000))'] * 500)}")
    connector.catch_up(mysql, "kinds", 2)
    if kill:
        connector.kill9()
    else:
        assert connector.stop() == 0
    connector.start()
    mysql.execute(f"XA {end} 'a'")
    mysql.execute("XA COMMIT 'b'")
    connector.catch_up(mysql, "kinds", 3)
    assert _notes(connector).count("held") == (end == "COMMIT")
    assert len(_notes(connector)) == 500 + (end == "COMMIT")
    _equal(connector, mysql)


def test_a_snapshot_waits_for_a_prepared_transaction_whose_rows_neither_it_nor_the_stream_would_have(
    mysql: Server, database: str, tmp_path: Path
) -> None:
    _prepare(mysql, "early", "INSERT INTO t (note) VALUES ('early')")
    connector = Connector(tmp_path, mysql, database)
    connector.start()
    wanting = (
        "SELECT 1 FROM performance_schema.metadata_locks WHERE object_schema = 'kinds' AND lock_status = 'PENDING'"
    )
    assert await_condition(lambda: bool(mysql.execute(wanting)), 30)
    mysql.execute("XA COMMIT 'early'")
    connector.catch_up(mysql, database, 2)
    _equal(connector, mysql)


def test_one_phase_commit(connector: Connector, mysql: Server) -> None:
    _run(mysql, "XA START 'a'", "INSERT INTO t (note) VALUES ('one')", "XA END 'a'", "XA COMMIT 'a' ONE PHASE")
    connector.catch_up(mysql, "kinds", 2)
    assert _notes(connector) == ["one"]
    _equal(connector, mysql)


def test_compressed_transactions_are_read(connector: Connector, mysql: Server) -> None:
    rows = ", ".join(f"('row {n}')" for n in range(3000))
    _run(mysql, "SET SESSION binlog_transaction_compression = ON", f"INSERT INTO t (note) VALUES {rows}")
    connector.catch_up(mysql, "kinds", 2)
    assert len(_notes(connector)) == 3000
    _equal(connector, mysql)


def test_partial_json_updates_come_whole(connector: Connector, mysql: Server) -> None:
    document = json.dumps({"a": 1, "list": [1, 2, 3], "text": "x" * 500})
    _run(mysql, f"INSERT INTO t (note, doc) VALUES ('j', '{document}')")
    _run(
        mysql,
        "SET SESSION binlog_row_value_options = 'PARTIAL_JSON'",
        "UPDATE t SET doc = JSON_SET(doc, '$.a', 'changed', '$.list[1]', 5)",
        "UPDATE t SET doc = JSON_REMOVE(doc, '$.list[0]')",
    )
    connector.catch_up(mysql, "kinds", 2)
    after: list[Any] = [json.loads(event["after"]["doc"]) for event in connector.events() if event["op"] == "u"]
    assert [(doc["a"], doc["list"]) for doc in after] == [("changed", [1, 5, 3]), ("changed", [5, 3])]
    _equal(connector, mysql)


@pytest.mark.parametrize("image", ["MINIMAL", "NOBLOB"])
def test_an_update_with_columns_left_out_says_what_it_knows(image: str, connector: Connector, mysql: Server) -> None:
    _run(mysql, "INSERT INTO t (note) VALUES ('first')")
    _run(mysql, f"SET SESSION binlog_row_image = '{image}'", "UPDATE t SET note = 'second'", "DELETE FROM t")
    connector.catch_up(mysql, "kinds", 2)
    create, update, delete = connector.events()
    key = create["after"]["id"]
    assert (update["op"], update["after"]["note"]) == ("u", "second")
    assert update["after"]["id"] == key
    assert (delete["op"], delete["before"]["id"]) == ("d", key)
    assert connector.stop() == 0


def test_a_huge_transaction_is_streamed_in_bounded_memory(connector: Connector, mysql: Server) -> None:
    mysql.execute("SET GLOBAL max_allowed_packet = 1 << 30")
    _run(mysql, "INSERT INTO t (note) VALUES (REPEAT('x', 1000))")
    _run(mysql, *["INSERT INTO t (note) SELECT note FROM t"] * 16)
    connector.catch_up(mysql, "kinds", 2)
    status = Path(f"/proc/{connector.pid}/status").read_text(encoding="utf-8")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < 150_000, f"{peak} KiB"
    _equal(connector, mysql)


def test_savepoints_and_rollbacks_inside_a_transaction(connector: Connector, mysql: Server) -> None:
    _run(
        mysql,
        "BEGIN",
        "INSERT INTO t (note) VALUES ('kept')",
        "SAVEPOINT s",
        "INSERT INTO t (note) VALUES ('gone')",
        "ROLLBACK TO s",
        "INSERT INTO t (note) VALUES ('kept too')",
    )
    connector.catch_up(mysql, "kinds", 2)
    assert _notes(connector) == ["kept", "kept too"]
    _equal(connector, mysql)


@pytest.mark.parametrize("transforms", ["", "all"])
def test_rows_that_a_truncate_has_ended_are_told_to_be_gone(
    connector: Connector, mysql: Server, transforms: str
) -> None:
    connector.properties["skipped.operations"] = "none"
    if transforms:
        # One in Python, that sees each record.
        filtered = {"type": "io.debezium.transforms.Filter", "condition": "true"}
        connector.properties |= {f"transforms.{transforms}.{name}": value for name, value in filtered.items()}
        connector.properties["transforms"] = transforms
    assert connector.stop() == 0
    connector.start()
    _run(mysql, "CREATE TABLE w (a INT)", "INSERT INTO w VALUES (1)", "TRUNCATE w", "INSERT INTO w VALUES (2)")
    connector.catch_up(mysql, "kinds", 2)
    told = [event["op"] for event in connector.events() if event["source"]["table"] == "w"]
    assert told == ["c", "t", "c"]
    assert connector.stop() == 0


def test_tables_may_be_altered_renamed_truncated_and_dropped_under_way(connector: Connector, mysql: Server) -> None:
    _run(
        mysql,
        "CREATE TABLE u (a INT, b VARCHAR(10) CHARACTER SET latin1)",
        "INSERT INTO u VALUES (1, 'ä')",
        "ALTER TABLE u ADD c ENUM('x', 'y') FIRST, DROP a, MODIFY b VARCHAR(20) CHARACTER SET utf16",
        "INSERT INTO u VALUES ('y', 'ß')",
        "RENAME TABLE u TO v",
        "INSERT INTO v VALUES ('x', NULL)",
        "TRUNCATE v",
        "INSERT INTO v VALUES (NULL, '')",
        "DROP TABLE v",
    )
    connector.catch_up(mysql, "kinds", 2)
    rows = [(event["source"]["table"], event["op"], event["after"]) for event in connector.events()]
    assert [row for row in rows if row[1] == "c"] == [
        ("u", "c", {"a": 1, "b": "ä"}),
        ("u", "c", {"c": "y", "b": "ß"}),
        ("v", "c", {"c": "x", "b": None}),
        ("v", "c", {"c": None, "b": ""}),
    ]
    assert connector.stop() == 0
