"""Statements that change tables, while streaming: what the schema-change topic is told, and rows after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compat.both import run
from compat.compare import differences
from compat.coverage import exercised
from compat.differences import shown_by, unexplained

if TYPE_CHECKING:
    from pathlib import Path

    from compat.oracle import Oracle
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
