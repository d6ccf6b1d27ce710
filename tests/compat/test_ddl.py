"""Statements that change tables, while streaming: what the schema-change topic is told, and rows after them."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import pytest

from compat.both import Pair, await_row, await_streaming, create, run
from compat.compare import differences
from compat.coverage import exercised
from compat.differences import shown_by, unexplained
from tailrace.errors import LabError

if TYPE_CHECKING:
    from types import ModuleType

    from compat.oracle import Oracle
    from conftest import ServerFactory
    from tailrace import lab

BEFORE = (
    "CREATE TABLE a (id INT PRIMARY KEY, s VARCHAR(10) DEFAULT 'x' COMMENT 'why') COMMENT 'tab'",
    "CREATE VIEW v AS SELECT * FROM a",
    "CREATE TABLE skipme (id INT PRIMARY KEY)",
)
AFTER = (
    "ALTER TABLE a ADD COLUMN n INT NOT NULL DEFAULT 5, ADD COLUMN e ENUM('p','q') DEFAULT 'q'",
    "INSERT INTO a (id) VALUES (1)",
    "CREATE INDEX i ON a (n)",
    "DROP INDEX i ON a",
    "CREATE TABLE b LIKE a",
    "INSERT INTO b (id, s) VALUES (1, 'b')",
    "RENAME TABLE b TO b2",
    "INSERT INTO b2 (id, s) VALUES (2, 'b')",
    "ALTER TABLE b2 RENAME TO b3",
    "ALTER TABLE b3 DROP COLUMN e, MODIFY s TEXT, CHANGE n m BIGINT UNSIGNED NULL DEFAULT 7, ADD k DATE FIRST",
    "INSERT INTO b3 (id, s, k) VALUES (3, 'text', '2020-01-01')",
    "ALTER TABLE b3 DROP PRIMARY KEY, ADD PRIMARY KEY (m, id)",
    "UPDATE b3 SET s = 'again'",
    "CREATE TABLE x1 (id INT)",
    "INSERT INTO x1 VALUES (5)",
    "CREATE TABLE x2 (id INT NOT NULL, u TINYINT(1), g INT AS (id) STORED, s SET('a','bb'), UNIQUE (id))",
    "CREATE TABLE x3 (d DECIMAL(5,2) DEFAULT 1.5, t DATETIME DEFAULT '2020-01-01 01:02:03', b BIT(3) DEFAULT b'101')",
    "INSERT INTO x2 (id, u, s) VALUES (1, 1, 'a,bb')",
    "INSERT INTO x3 VALUES ()",
    "TRUNCATE TABLE a",
    "CREATE DATABASE other_ddl",
    "CREATE TABLE other_ddl.t (id INT PRIMARY KEY)",
    "DROP DATABASE other_ddl",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM a",
    "CREATE PROCEDURE p() SELECT 1",
    "CREATE TABLE skipme2 (id INT)",
    "ALTER DATABASE ddl CHARACTER SET latin1",
    "CREATE TABLE inherits (s VARCHAR(5))",
    "INSERT INTO inherits VALUES ('é')",
    "DROP TABLE IF EXISTS nothere",
    "ANALYZE TABLE a",
    "CREATE TABLE `we``ird` (`c``x` INT)",
    "INSERT INTO `we``ird` VALUES (1)",
    "DROP TABLE x1",
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("comments", ["true", "false"])
def test_ddl_is_told_as_debezium_tells_it(comments: str, oracle: Oracle, mysql: lab.Server, tmp_path: Path) -> None:
    properties = {"include.schema.comments": comments, "table.exclude.list": r"ddl\.skip.*"}
    exercised.update(properties)
    found = run(oracle, mysql, "ddl", tmp_path, before=BEFORE, after=AFTER, properties=properties)
    met: set[str] = set()
    rest = unexplained(differences(found.theirs, found.ours), met)
    assert not rest, "\n".join(map(str, rest[:20]))
    assert met >= shown_by("ddl" if comments == "true" else ""), (
        "a difference has gone: it goes from differences.py too"
    )


CORPUS = Path(__file__).parents[2] / "tools" / "ddl_corpus.py"
FILES = 40
"""How many of the corpus's files run: the same each time."""
LONGEST = 25
"""Statements of a file: beyond that files repeat themselves."""
OTHERS = """SELECT schema_name FROM information_schema.schemata
  WHERE schema_name NOT IN ('keep', 'mysql', 'sys', 'performance_schema', 'information_schema')"""


def corpus_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ddl_corpus", CORPUS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def play(server: lab.Server, statements: list[str]) -> int:
    """Those that the server takes, in a database of their own; how many there were."""
    taken = 0
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute(OTHERS)
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP DATABASE `{name}`")
        cursor.execute("CREATE DATABASE test")
        cursor.execute("SET foreign_key_checks = 1")
        cursor.execute("USE test")
        for statement in statements:
            try:
                cursor.execute(statement)
            except (pymysql.Error, UnicodeError):
                continue
            taken += 1
    return taken


@pytest.mark.timeout(240)
def test_the_servers_own_test_suite_is_told_as_debezium_tells_it(
    oracle: Oracle, mysql_server_factory: ServerFactory, tmp_path: Path
) -> None:
    tool = corpus_tool()
    try:
        files = [file for file in tool.distinct(tool.load()) if len(file[1]) <= LONGEST]
    except LabError as error:
        pytest.skip(f"the corpus cannot be had: {error}")
    server = mysql_server_factory()
    create(server, "keep", ())
    properties = {"database.include.list": None, "table.exclude.list": "keep.none"}
    pair = Pair(oracle, server, "keep", tmp_path, properties)
    await_streaming(server, "keep", [pair])
    taken = sum(play(server, statements) for _, statements in random.Random(2).sample(files, FILES))
    await_row(server, "keep", [pair], 2)
    found = pair.end()
    assert taken > 100
    met: set[str] = set()
    rest = unexplained(differences(found.theirs, found.ours), met)
    assert not rest, "\n".join(map(str, rest[:20]))
    assert met >= shown_by("corpus"), f"{shown_by('corpus') - met} has gone: it goes from differences.py too"
