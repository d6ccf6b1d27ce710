"""Random sequences of DDL on a live server: our tables stay those of information_schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pymysql
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tailrace.history.ddl.effect import Context, apply
from tailrace.history.from_server import read_tables
from tailrace.history.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailrace.lab import Server

DATABASE = "ddl_random"

tables = st.sampled_from(["t", "u", "`T 2`"])
columns = st.sampled_from(["a", "b", "C", "`d d`", "e"])
charsets = st.sampled_from(
    [
        "CHARSET latin1",
        "CHARACTER SET utf8mb4",
        "COLLATE utf8mb4_bin",
        "CHARSET utf8mb3 COLLATE utf8mb3_bin",
        "CHARSET binary",
    ]
)
lengths = st.integers(1, 40)
types = st.one_of(
    st.sampled_from(
        ["int", "bigint unsigned", "tinyint(1)", "smallint zerofill", "decimal(9,3)", "double", "float(5)", "bit(9)",
         "date", "year", "json", "geometry", "point srid 4326", "blob", "bool", "real", "mediumblob", "vector(3)"]
    ),
    st.builds("{}({})".format, st.sampled_from(["time", "datetime", "timestamp"]), st.integers(0, 6)),
    st.builds("{}({})".format, st.sampled_from(["binary", "varbinary", "nchar", "blob"]), lengths),
    st.builds(
        "{}({}) {}".format,
        st.sampled_from(["char", "varchar", "text"]),
        lengths,
        st.one_of(st.just(""), st.just("binary"), charsets),
    ),
    st.builds("{}('x','y ','''z') {}".format, st.sampled_from(["enum", "set"]), st.one_of(st.just(""), charsets)),
)  # fmt: skip
attributes = st.sampled_from(
    ["", "", "NULL", "NOT NULL", "DEFAULT NULL", "DEFAULT '1'", "NOT NULL DEFAULT '7'", "INVISIBLE", "UNIQUE",
     "PRIMARY KEY", "COMMENT 'c''c'", "DEFAULT (1)", "DEFAULT 'x'", "DEFAULT CURRENT_TIMESTAMP",
     "NOT NULL AUTO_INCREMENT UNIQUE"]
)  # fmt: skip
definitions = st.builds("{} {}".format, types, attributes)
keys = st.builds(
    "{} ({})".format,
    st.sampled_from(["KEY", "UNIQUE", "UNIQUE KEY k", "INDEX i", "PRIMARY KEY", "CONSTRAINT s UNIQUE"]),
    st.lists(columns, min_size=1, max_size=2, unique=True).map(", ".join),
)
named = st.builds("{} {}".format, columns, definitions)
clauses = st.one_of(
    st.builds(
        "ADD COLUMN {} {}".format, named, st.one_of(st.just(""), st.just("FIRST"), columns.map("AFTER {}".format))
    ),
    st.builds("ADD ({}, {})".format, named, named),
    st.builds("DROP COLUMN {}".format, columns),
    st.builds("MODIFY {} {}".format, named, st.one_of(st.just(""), st.just("FIRST"), columns.map("AFTER {}".format))),
    st.builds("CHANGE {} {}".format, columns, named),
    st.builds("RENAME COLUMN {} TO {}".format, columns, columns),
    st.builds("ALTER {} SET DEFAULT 3".format, columns),
    st.builds("ALTER {} DROP DEFAULT".format, columns),
    st.builds("ALTER {} SET INVISIBLE".format, columns),
    st.builds("ADD {}".format, keys),
    st.just("DROP PRIMARY KEY"),
    st.builds("DROP INDEX {}".format, st.sampled_from(["k", "i", "s", "a", "b", "a_2"])),
    st.just("RENAME INDEX k TO kk"),
    charsets,
    st.builds("CONVERT TO {}".format, st.sampled_from(["CHARSET latin1", "CHARSET utf8mb4", "CHARACTER SET utf8mb3"])),
    st.builds("RENAME TO {}".format, tables),
    st.just("COMMENT='x'"),
    st.just("ALGORITHM=COPY"),
)
statements = st.one_of(
    st.builds(
        "CREATE TABLE IF NOT EXISTS {} ({}) {}".format,
        tables,
        st.lists(st.one_of(named, named, keys), min_size=1, max_size=5).map(", ".join),
        st.one_of(st.just(""), charsets),
    ),
    st.builds("ALTER TABLE {} {}".format, tables, st.lists(clauses, min_size=1, max_size=3).map(", ".join)),
    st.builds("ALTER TABLE {} {}".format, tables, clauses),
    st.builds("CREATE UNIQUE INDEX i ON {} ({})".format, tables, columns),
    st.builds("RENAME TABLE {} TO {}".format, tables, tables),
    st.builds("CREATE TABLE {} LIKE {}".format, tables, tables),
    st.builds("DROP TABLE IF EXISTS {}".format, tables),
    st.builds("ALTER DATABASE {}".format, charsets),
)


@pytest.mark.timeout(300)
def test_any_sequence_of_ddl_leaves_the_tables_of_information_schema(mysql: Server) -> None:
    with mysql.connect() as connection, connection.cursor() as cursor:

        def query(text: str, arguments: Sequence[str]) -> Iterable[Sequence[Any]]:
            cursor.execute(text, arguments)
            return cursor.fetchall()

        # The same sequences each run, and no shrinking: each step costs the server a DDL statement.
        @settings(
            max_examples=150,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(
            start=st.lists(named, min_size=2, max_size=5).map(", ".join),
            steps=st.lists(statements, min_size=4, max_size=14),
        )
        def follow(start: str, steps: list[str]) -> None:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
            cursor.execute(f"CREATE DATABASE {DATABASE}")
            cursor.execute(f"USE {DATABASE}")
            nonlocal accepted
            ours = Tables(databases=read_tables(query, [DATABASE]).databases)
            for step in (f"CREATE TABLE t ({start})", *steps):
                try:
                    cursor.execute(step)
                except pymysql.Error:
                    continue
                accepted += 1
                ours, _ = apply(ours, Context(DATABASE), step)
                server = read_tables(query, [DATABASE])
                assert dict(ours.by_id) == dict(server.by_id), step
                assert ours.databases[DATABASE] == server.databases[DATABASE], step

        accepted = 0
        try:
            follow()
        finally:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
    assert accepted > 150
