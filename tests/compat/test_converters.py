"""Debezium's own converters, several sets of options beside each other over the same statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compat.both import JSON_PLAIN, run_all
from compat.compare import differences
from compat.coverage import exercised
from compat.differences import shown_by, unexplained

if TYPE_CHECKING:
    from pathlib import Path

    from compat.oracle import Oracle
    from tailrace import lab

DATABASE = "converted"
BEFORE = (
    """CREATE TABLE flags (id INT PRIMARY KEY, a TINYINT(1), b TINYINT(1) NOT NULL DEFAULT 1, c TINYINT(1) DEFAULT 0,
      d BOOLEAN, e TINYINT, f TINYINT UNSIGNED, g SMALLINT, h TINYINT(1) NOT NULL)""",
    "CREATE TABLE keyed (k TINYINT(1) NOT NULL, n INT NOT NULL, v INT, PRIMARY KEY (n, k))",
    """CREATE TABLE texts (id INT PRIMARY KEY, t VARCHAR(20) CHARACTER SET latin1, u TEXT, v CHAR(3) DEFAULT 'dft',
      r DOUBLE, s DOUBLE NOT NULL DEFAULT 1.5, q FLOAT)""",
    "INSERT INTO flags VALUES (1, 1, 0, NULL, TRUE, 1, 1, 1, -1), (2, NULL, 1, 1, FALSE, 0, 0, 0, 127)",
    "INSERT INTO keyed VALUES (1, 1, 1), (0, 2, 2), (5, 3, 3)",
    "INSERT INTO texts VALUES (1, 'é', 'text ж', 'abc', 1.1, 2.25, 0.5), (2, NULL, NULL, NULL, NULL, 0, NULL)",
)
AFTER = (
    "INSERT INTO flags VALUES (11, 0, 2, -128, TRUE, -5, 255, 300, 0), (12, NULL, 1, NULL, NULL, NULL, NULL, NULL, 1)",
    "UPDATE flags SET a = 7, e = 7 WHERE id = 2",
    "DELETE FROM flags WHERE id = 1",
    "UPDATE keyed SET v = 9 WHERE n = 1",
    "UPDATE keyed SET k = 0 WHERE n = 3",
    "DELETE FROM keyed WHERE n = 2",
    "INSERT INTO texts VALUES (11, 'ü', 'x', 'y', -0.25, 0.1, 1.25)",
    "UPDATE texts SET r = 3.5",
    "ALTER TABLE flags ADD COLUMN late TINYINT(1) DEFAULT 1",
    "INSERT INTO flags (id, h) VALUES (20, 1)",
)
PACKAGE = "io.debezium.connector.mysql.converters"
OTHER_PACKAGE = "io.debezium.connector.binlog.converters"
VARIANTS: tuple[dict[str, str], ...] = (
    {"converters": "b", "b.type": f"{PACKAGE}.TinyIntOneToBooleanConverter"},
    {
        **JSON_PLAIN,
        "converters": "b",
        "b.type": f"{OTHER_PACKAGE}.TinyIntOneToBooleanConverter",
        "b.selector": rf"{DATABASE}.flags\.(a|b|e|f|late), {DATABASE}.KEYED.*",
        "b.length.checker": "false",
        "column.propagate.source.type": ".*",
    },
    {
        "converters": "jdbc,b",
        "jdbc.type": f"{PACKAGE}.JdbcSinkDataTypesConverter",
        "jdbc.selector.boolean": rf"{DATABASE}.flags\.(a|c|e)",
        "jdbc.selector.real": rf"{DATABASE}.texts\.(r|s|q)",
        "jdbc.selector.string": rf"{DATABASE}.texts\.(t|u|v)",
        "b.type": f"{PACKAGE}.TinyIntOneToBooleanConverter",
    },
    {
        "converters": "jdbc",
        "jdbc.type": f"{OTHER_PACKAGE}.JdbcSinkDataTypesConverter",
        "jdbc.selector.real": rf"{DATABASE}.texts\.(r|s|q)",
        "jdbc.treat.real.as.double": "false",
        "transforms": "u",
        "transforms.u.type": "io.debezium.transforms.ExtractNewRecordState",
    },
)


@pytest.mark.timeout(240)
def test_debeziums_own_converters_write_what_they_write_there(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    variants = [{"include.schema.changes": "false"} | variant for variant in VARIANTS]
    found = run_all(oracle, mysql, DATABASE, tmp_path, before=BEFORE, after=AFTER, variants=variants)
    rest: list[str] = []
    met: set[str] = set()
    for number, (variant, outcome) in enumerate(zip(VARIANTS, found, strict=True)):
        exercised.update(variant)
        assert len(outcome.theirs) >= 15
        left = unexplained(differences(outcome.theirs, outcome.ours), met)
        rest += [f"variant {number}: {difference}" for difference in left]
    assert not rest, "\n".join(rest[:40])
    assert met >= shown_by("converters"), "a difference has gone: it goes from differences.py too"
