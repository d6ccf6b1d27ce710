"""What Debezium 3.6.1 gets wrong, shown beside the server's own word; Tailrace gets it right.

Each test fails when Debezium is mended, too: then its row in docs/explanation/coming-from-debezium.md goes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from compat.both import DONE, PREFIX, Outcome, Pair, await_streaming, create, execute, run
from support.proxy import Proxy
from tailrace import lab
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from compat.oracle import Oracle, Record
    from conftest import ServerFactory

PLAIN = {"key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false"}
pytestmark = pytest.mark.timeout(120)


def rows(records: Sequence[Record], table: str) -> dict[Any, Any]:
    """The table as its events tell it: row by id."""
    found: dict[Any, Any] = {}
    for record in records:
        if record.topic.endswith(f".{table}") and record.value is not None:
            before, after = record.value["before"], record.value["after"]
            if before is not None:
                found.pop(before["id"], None)
            if after is not None:
                found[after["id"]] = after
    return found


def both(found: Outcome, table: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    return rows(found.theirs, table), rows(found.ours, table)


def test_rows_of_an_xa_transaction_that_was_rolled_back_never_come(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    after = (
        "XA START 'gone'", "INSERT INTO t VALUES (2, 20)", "XA END 'gone'", "XA PREPARE 'gone'", "XA ROLLBACK 'gone'",
        "XA START 'kept'", "INSERT INTO t VALUES (3, 30)", "XA END 'kept'", "XA PREPARE 'kept'", "XA COMMIT 'kept'",
    )  # fmt: skip
    before = ("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 10)")
    found = run(oracle, mysql, "wrong", tmp_path, before=before, after=after, properties=PLAIN)
    theirs, ours = both(found, "t")
    truth = {number for (number,) in mysql.execute("SELECT id FROM wrong.t")}
    assert set(ours) == truth == {1, 3}
    assert set(theirs) == {1, 2, 3}, "Debezium emits the row that never was"


def test_partial_json_updates_do_not_vanish(oracle: Oracle, tmp_path: Path) -> None:
    with lab.server(options=("--binlog-row-value-options=PARTIAL_JSON",)) as server:
        before = (
            "CREATE TABLE t (id INT PRIMARY KEY, v INT, j JSON)",
            "INSERT INTO t VALUES (1, 1, JSON_OBJECT('a', 1, 'b', REPEAT('x', 100)))",
        )
        after = ("UPDATE t SET v = 2, j = JSON_SET(j, '$.a', 2)",)
        found = run(oracle, server, "wrong", tmp_path, before=before, after=after, properties=PLAIN)
    theirs, ours = both(found, "t")
    assert (ours[1]["v"], theirs[1]["v"]) == (2, 1), "Debezium says nothing of the update"


def test_year_zero_stays_what_the_server_says(oracle: Oracle, mysql: lab.Server, tmp_path: Path) -> None:
    before = ("CREATE TABLE t (id INT PRIMARY KEY, y YEAR)", "INSERT INTO t VALUES (1, 0)")
    after = ("INSERT INTO t VALUES (2, 0)",)
    found = run(oracle, mysql, "wrong", tmp_path, before=before, after=after, properties=PLAIN)
    theirs, ours = both(found, "t")
    assert mysql.execute("SELECT DISTINCT y + 0 FROM wrong.t") == ((0,),)
    assert [row["y"] for row in ours.values()] == [0, 0]
    assert [row["y"] for row in theirs.values()] == [2000, 1900]


def test_a_float_is_the_same_in_snapshot_and_stream(oracle: Oracle, mysql: lab.Server, tmp_path: Path) -> None:
    before = ("CREATE TABLE t (id INT PRIMARY KEY, f FLOAT)", "INSERT INTO t VALUES (1, 16777216)")
    after = ("INSERT INTO t VALUES (2, 16777216)",)
    found = run(oracle, mysql, "wrong", tmp_path, before=before, after=after, properties=PLAIN)
    theirs, ours = both(found, "t")
    assert [row["f"] for row in ours.values()] == [16777216.0, 16777216.0]
    assert [row["f"] for row in theirs.values()] == [16777200.0, 16777216.0]


def test_a_comma_in_an_enum_label_is_a_comma(oracle: Oracle, mysql: lab.Server, tmp_path: Path) -> None:
    before = ("CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a,b','c'))", "INSERT INTO t VALUES (1, 'a,b')")
    after = ("INSERT INTO t VALUES (2, 'a,b')",)
    found = run(oracle, mysql, "wrong", tmp_path, before=before, after=after, properties=PLAIN)
    theirs, ours = both(found, "t")
    assert [row["e"] for row in ours.values()] == ["a,b", "a,b"]
    assert [row["e"] for row in theirs.values()] == ["a,b", "a\\,b"]


def test_a_negative_time_inside_a_json_document_is_readable(oracle: Oracle, mysql: lab.Server, tmp_path: Path) -> None:
    before = ("CREATE TABLE t (id INT PRIMARY KEY, j JSON)",)
    after = ("INSERT INTO t VALUES (1, JSON_OBJECT('t', CAST('-12:34:56.789' AS TIME(3))))",)
    found = run(oracle, mysql, "wrong", tmp_path, before=before, after=after, properties=PLAIN)
    theirs, ours = both(found, "t")
    assert ours[1]["j"].replace(" ", "") == mysql.execute("SELECT j FROM wrong.t")[0][0].replace(" ", "")
    assert "13:0-35:0-57" in theirs[1]["j"]


def test_a_definition_in_the_clients_character_set_keeps_its_letters(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    after = (
        "SET NAMES latin1",
        "CREATE TABLE t (id INT PRIMARY KEY, e ENUM('\xe9','b') CHARACTER SET latin1)".encode("latin1"),
        "INSERT INTO t VALUES (1, '\xe9')".encode("latin1"),
    )
    found = run(oracle, mysql, "wrong", tmp_path, before=(), after=after, properties=PLAIN)
    theirs, ours = both(found, "t")
    assert ours[1]["e"] == mysql.execute("SELECT e FROM wrong.t")[0][0] == "\xe9"
    assert theirs[1]["e"] == "\ufffd", "Debezium reads every statement as UTF-8"


def test_a_collation_tells_the_character_set(oracle: Oracle, mysql: lab.Server, tmp_path: Path) -> None:
    after = (
        "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(5)) COLLATE latin1_swedish_ci",
        "INSERT INTO t VALUES (1, '\xe9')",
    )
    found = run(oracle, mysql, "wrong", tmp_path, before=(), after=after, properties=PLAIN)
    theirs, ours = both(found, "t")
    assert ours[1]["s"] == mysql.execute("SELECT s FROM wrong.t")[0][0] == "\xe9"
    assert theirs[1]["s"] == "\ufffd", "Debezium takes the bytes of latin1 for UTF-8"


def test_defaults_written_as_numbers_and_bytes_are_those_of_the_column(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    columns = "a VARBINARY(5) DEFAULT x'00ff', b VARCHAR(5) DEFAULT 0x41, c BIT(3) DEFAULT 5"
    after = (f"CREATE TABLE t (id INT PRIMARY KEY, {columns})", "INSERT INTO t (id) VALUES (1)")
    found = run(oracle, mysql, "wrong", tmp_path, before=(), after=after, properties={})

    def defaults(records: Sequence[Record]) -> list[Any]:
        value = next(record.value for record in records if record.topic.endswith(".t"))
        columns = next(field for field in value["schema"]["fields"] if field["field"] == "after")["fields"]
        assert value["payload"]["after"] == {"id": 1, "a": "AP8=", "b": "A", "c": "BQ=="}, "the server's own defaults"
        return [column.get("default") for column in columns[1:]]

    assert defaults(found.ours) == ["AP8=", "A", "BQ=="]
    assert defaults(found.theirs) == ["MDBmZg==", "4", None]


def test_a_column_is_the_same_by_whatever_name_its_type_was_given(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    """Debezium goes by the words of the DDL while streaming, and by those of SHOW CREATE TABLE in a snapshot."""
    columns = "id INT PRIMARY KEY, b BOOL, f FLOAT4, r REAL, c CHAR(2) BYTE"
    row = "VALUES (1, TRUE, 1.5, 0.1, 'ab')"
    before = (f"CREATE TABLE old ({columns})", f"INSERT INTO old {row}")
    after = (f"CREATE TABLE new ({columns})", f"INSERT INTO new {row}")
    found = run(oracle, mysql, "wrong", tmp_path, before=before, after=after, properties=PLAIN)
    truth = {"id": 1, "b": 1, "f": 1.5, "r": 0.1, "c": "YWI="}
    assert mysql.execute("SELECT * FROM wrong.new") == ((1, 1, 1.5, 0.1, b"ab"),)
    (old, ours_old), (new, ours_new) = both(found, "old"), both(found, "new")
    assert ours_old == ours_new == old == {1: truth}
    assert new == {1: {"id": 1, "b": True, "f": None, "r": 0.1, "c": "ab"}}, "FLOAT4 is lost"


def test_quoted_names_do_not_end_the_connector(oracle: Oracle, mysql: lab.Server, tmp_path: Path) -> None:
    create(mysql, "wrong", ())
    pair = Pair(oracle, mysql, "wrong", tmp_path, PLAIN)
    await_streaming(mysql, "wrong", [pair])
    quoted = ['CREATE TABLE "t" ("id" INT PRIMARY KEY)', 'INSERT INTO "t" VALUES (7)', f"INSERT INTO {DONE} VALUES (2)"]
    execute(mysql, ["USE wrong", "SET sql_mode = 'ANSI_QUOTES'", *quoted])
    kind, reason = pair.theirs.wait()
    assert await_condition(lambda: pair.ours_wrote("2"), 60, every=0.1)
    _, ours = both(pair.end(), "t")
    assert kind == "failed", "Debezium's parser knows ANSI_QUOTES now"
    assert "MySqlParser" in reason
    assert ours == {7: {"id": 7}}


def test_a_time_beyond_the_day_stops_debezium_in_connect_mode(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    """Both have no word for it in this mode; ours says so, names the column, and tells what to do."""
    mysql.execute("DROP DATABASE IF EXISTS wrong")
    mysql.execute("CREATE DATABASE wrong")
    mysql.execute("CREATE TABLE wrong.t (id INT PRIMARY KEY, t TIME NOT NULL)")
    mysql.execute("INSERT INTO wrong.t VALUES (1, '-01:00:00')")
    pair = Pair(oracle, mysql, "wrong", tmp_path, {**PLAIN, "time.precision.mode": "connect"})
    kind, reason = pair.theirs.wait()
    code, errors = pair.ours.wait()
    assert kind == "failed"
    assert "null used for required field" in reason
    assert code == 1
    assert "wrong.t" in errors
    assert "choose another time.precision.mode" in errors
    assert PREFIX not in errors


def test_a_table_that_is_made_when_the_first_snapshot_begins_is_not_lost(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    create(mysql, "wrong", ["CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"])

    def make(table: str) -> None:
        execute(mysql, ["USE wrong", f"CREATE TABLE {table} (id INT PRIMARY KEY)", f"INSERT INTO {table} VALUES (1)"])

    # Without TLS, Debezium logs in where the server remembers that somebody knew the password.
    mysql.connect(mysql.capture).close()
    with Proxy(mysql.port) as proxy:
        # Each has asked which tables there are, and now takes its lock; then it reads where the stream begins.
        proxy.before(b"FLUSH TABLES WITH READ LOCK", lambda: make("late"))
        proxy.before(b"LOCK TABLES `wrong`", lambda: make("late_too"))
        pair = Pair(
            oracle, mysql, "wrong", tmp_path, PLAIN | {"database.port": proxy.port, "database.ssl.mode": "disabled"}
        )
        await_streaming(mysql, "wrong", [pair])
        found = pair.end()
    assert mysql.execute("SELECT id FROM wrong.late") == mysql.execute("SELECT id FROM wrong.late_too") == ((1,),)
    assert [rows(found.ours, table) for table in ("t", "late_too")] == [{1: {"id": 1}}, {1: {"id": 1}}]
    assert [rows(found.theirs, table) for table in ("t", "late")] == [{1: {"id": 1}}, {}], "Debezium has it now"


def test_after_a_recovery_rows_from_before_an_alter_have_the_columns_of_then(
    oracle: Oracle, mysql_server_factory: ServerFactory, tmp_path: Path
) -> None:
    server = mysql_server_factory("--binlog-row-metadata=FULL")
    create(server, "wrong", ["CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)"])
    properties = PLAIN | {"name": "recovered"}
    pair = Pair(oracle, server, "wrong", tmp_path, properties)
    await_streaming(server, "wrong", [pair])
    pair.end()
    execute(
        server,
        [
            "USE wrong",
            "INSERT INTO t VALUES (2, 20, 200)",
            "ALTER TABLE t MODIFY COLUMN a INT AFTER b",
            f"INSERT INTO {DONE} VALUES (2)",
        ],
    )
    (tmp_path / "debezium" / "history").unlink()
    with closing(sqlite3.connect(tmp_path / "tailrace" / "state.db")) as state, state:
        state.execute("DELETE FROM schema_history")
    pair = Pair(oracle, server, "wrong", tmp_path, properties | {"snapshot.mode": "recovery"})
    assert await_condition(lambda: pair.wrote("2"), 60)
    theirs, ours = both(pair.end(), "t")
    assert ours == {2: {"id": 2, "a": 20, "b": 200}}
    assert theirs == {2: {"id": 2, "a": 200, "b": 20}}, "Debezium has the values the other way round"
