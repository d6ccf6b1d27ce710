"""DDL text to tables: the spellings, inheritance and clause orders that a naive reader gets wrong."""

from __future__ import annotations

import pytest

from tailrace.errors import SchemaError
from tailrace.history.ddl.effect import Change, Context, alters_rows, apply, named
from tailrace.history.ddl.lexer import ANSI_QUOTES, NO_BACKSLASH_ESCAPES, REAL_AS_FLOAT
from tailrace.history.ddl.parser import Ddl, Dml, Other, classify, qualified_tables
from tailrace.history.tables import Tables
from tailrace.model.table import Column, Table, TableId

T = TableId("d", "t")


def after(*statements: str, sql_mode: int = 0) -> Tables:
    """Tables after statements in database d."""
    tables = Tables()
    for statement in statements:
        tables, _ = apply(tables, Context("d", sql_mode), statement)
    return tables


def table(*statements: str, sql_mode: int = 0) -> Table:
    """Table d.t after statements."""
    found = after(*statements, sql_mode=sql_mode).get(T)
    assert found is not None
    return found


def column(definition: str, sql_mode: int = 0) -> Column:
    """The only column of a table."""
    return table(f"CREATE TABLE t ({definition})", sql_mode=sql_mode).columns[0]


@pytest.mark.parametrize(
    ("written", "data_type", "length", "scale"),
    [
        ("integer", "int", None, None),
        ("int(11)", "int", None, None),
        ("bool", "tinyint", 1, None),
        ("tinyint(1) unsigned", "tinyint", None, None),
        ("int zerofill", "int", 10, None),
        ("dec", "decimal", 10, 0),
        ("numeric(7)", "decimal", 7, 0),
        ("double precision", "double", None, None),
        ("float(25)", "double", None, None),
        ("float(7,3)", "float", 7, 3),
        ("bit", "bit", 1, None),
        ("character varying(9)", "varchar", 9, None),
        ("national character varying(9)", "varchar", 9, None),
        ("nchar varchar(9)", "varchar", 9, None),
        ("char byte", "binary", 1, None),
        ("long varchar", "mediumtext", None, None),
        ("long varbinary", "mediumblob", None, None),
        ("text(60)", "tinytext", None, None),
        ("text(64)", "text", None, None),
        ("text(64) charset latin1", "tinytext", None, None),
        ("blob(70000)", "mediumblob", None, None),
        ("varchar(9) charset binary", "varbinary", 9, None),
        ("geometrycollection", "geomcollection", None, None),
        ("vector", "vector", 2048, None),
        ("year(4)", "year", None, None),
        ("timestamp(0)", "timestamp", None, None),
    ],
)
def test_type_is_spelled_as_information_schema_spells_it(
    written: str, data_type: str, length: int | None, scale: int | None
) -> None:
    got = column(f"a {written}")
    assert (got.data_type, got.length, got.scale) == (data_type, length, scale)


def test_real_is_float_only_in_its_sql_mode() -> None:
    assert column("a real").data_type == "double"
    assert column("a real", REAL_AS_FLOAT).data_type == "float"


def test_sql_mode_changes_what_quotes_mean() -> None:
    assert column('"a""b" int', ANSI_QUOTES).name == 'a"b'
    assert column(r"a varchar(9) default 'x\'", NO_BACKSLASH_ESCAPES).default == "x\\"
    assert column(r"a varchar(9) default 'x\'y'").default == "x'y"


def test_versioned_comments_are_code_up_to_the_server_version() -> None:
    got = table(
        "CREATE /*!40000 TABLE */ t (a int /*!80023 INVISIBLE */ /*!99999 , b /* nested */ int */, /*+ hint */ c int)"
    )
    assert [(c.name, c.invisible) for c in got.columns] == [("a", True), ("c", False)]


def test_charset_comes_down_from_server_to_column() -> None:
    tables = after(
        "CREATE DATABASE d CHARACTER SET latin1",
        "CREATE TABLE t (a char, b char binary, c char charset utf8, d char collate utf8mb4_bin)",
        "ALTER TABLE t COLLATE latin1_german1_ci, ADD e text",
    )
    got = tables.get(T)
    assert got is not None
    assert [c.collation for c in got.columns] == [
        "latin1_swedish_ci",
        "latin1_bin",
        "utf8mb3_general_ci",
        "utf8mb4_bin",
        "latin1_german1_ci",
    ]


def test_convert_to_charset_grows_a_text_that_would_not_fit() -> None:
    got = table(
        "CREATE TABLE t (a text, b varchar(9), c blob, e enum('x')) CHARSET latin1",
        "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
    )
    assert [(c.data_type, c.charset) for c in got.columns] == [
        ("mediumtext", "utf8mb4"),
        ("varchar", "utf8mb4"),
        ("blob", None),
        ("enum", "utf8mb4"),
    ]


@pytest.mark.parametrize(
    ("clauses", "names"),
    [
        ("ADD x int FIRST, ADD y int AFTER a", "xaybc"),
        ("DROP a, ADD a int", "bca"),
        ("MODIFY c int FIRST", "cab"),
        ("CHANGE a z int AFTER c", "bcz"),
        ("RENAME COLUMN a TO b, RENAME COLUMN b TO a", "bac"),
        ("CHANGE a b int, CHANGE b a int", "bac"),
        ("ADD (x int, y int), ORDER BY a, b", "abcxy"),
        ("ADD x int, ALGORITHM=INSTANT, LOCK=DEFAULT", "abcx"),
        ("ENGINE=InnoDB ROW_FORMAT=COMPACT, DROP b", "ac"),
        ("ADD COLUMN x int CHECK (x > (1)) NOT ENFORCED AFTER a, DROP CHECK k", "axbc"),
    ],
)
def test_alter_leaves_columns_in_the_servers_order(clauses: str, names: str) -> None:
    got = table("CREATE TABLE t (a int, b int, c int)", f"ALTER TABLE t {clauses}")
    assert "".join(c.name for c in got.columns) == names


def test_alter_of_partitions_leaves_the_table_alone() -> None:
    created = "CREATE TABLE t (a int) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (5))"
    for clause in (
        "ADD PARTITION (PARTITION p2 VALUES LESS THAN MAXVALUE)",
        "DROP PARTITION p0, p1",
        "TRUNCATE PARTITION ALL",
        "EXCHANGE PARTITION p0 WITH TABLE u WITHOUT VALIDATION",
        "REORGANIZE PARTITION p0 INTO (PARTITION a VALUES LESS THAN (1), PARTITION b VALUES LESS THAN (5))",
        "REMOVE PARTITIONING",
    ):
        assert table(created, f"ALTER TABLE t {clause}") == table("CREATE TABLE t (a int)")


def test_unnamed_indexes_get_the_servers_names() -> None:
    got = table("CREATE TABLE t (a int, b int, KEY (a), UNIQUE (a, b), UNIQUE ((a + 1)), c serial, PRIMARY KEY (b))")
    assert got.primary_key == ("b",)
    assert got.unique_keys == (("a_2", ("a", "b")), ("c", ("c",)))
    assert got.other_keys == (("a", ("a",)), ("functional_index", ("",)))
    assert [c.nullable for c in got.columns] == [True, False, False]


def test_dropping_a_column_takes_it_out_of_its_keys() -> None:
    got = table("CREATE TABLE t (a int, b int, UNIQUE k (a, b), UNIQUE l (a))", "ALTER TABLE t DROP a")
    assert got.unique_keys == (("k", ("b",)),)


def test_tables_swap_in_one_rename() -> None:
    tables = after("CREATE TABLE t (a int)", "CREATE TABLE u (b int)", "RENAME TABLE t TO x, u TO t, x TO u")
    assert {t.id.table: t.columns[0].name for t in tables} == {"t": "b", "u": "a"}


def test_what_is_not_known_can_be_altered_renamed_and_dropped() -> None:
    tables = Tables()
    for statement in (
        "ALTER TABLE t ADD a int",
        "RENAME TABLE t TO u",
        "DROP TABLE IF EXISTS `t`,x.y /* generated by server */",
    ):
        tables, changes = apply(tables, Context("d"), statement)
        assert all(change.table is None for change in changes)
    assert changes == (Change("drop", T), Change("drop", TableId("x", "y")))
    assert len(tables) == 0


def test_create_select_as_the_row_format_logs_it() -> None:
    got = table("CREATE TABLE `t` (\n  `a` int DEFAULT NULL\n) START TRANSACTION")
    assert [c.name for c in got.columns] == ["a"]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("create table t (a int)", Ddl("CREATE TABLE")),
        ("/* x */ CREATE UNIQUE INDEX i ON t (a)", Ddl("CREATE INDEX")),
        ("truncate t", Ddl("TRUNCATE")),
        ("ALTER SCHEMA d COLLATE utf8mb4_bin", Ddl("ALTER SCHEMA")),
        ("create temporary table t (a int)", Other("CREATE TEMPORARY")),
        ("CREATE DEFINER=`a`@`b` TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = 1", Other("CREATE DEFINER")),
        ("GRANT ALL ON *.* TO a", Other("GRANT")),
        ("drop view v", Other("DROP VIEW")),
        ("insert into t values (1)", Dml("INSERT")),
        ("LOAD DATA INFILE 'x' INTO TABLE t", Dml("LOAD")),
        ("", Other("")),
    ],
)
def test_statements_are_told_apart_by_their_first_words(statement: str, kind: object) -> None:
    assert classify(statement) == kind


def test_a_statement_names_tables_with_their_database() -> None:
    found = qualified_tables("UPDATE `a b`.t, c . d SET x = 1.5, note = 'e.f', d.g = h WHERE i.j.k = 2")
    assert {str(table) for table in found} == {"a b.t", "c.d", "d.g", "i.j", "j.k"}


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE t (a foo)", "CREATE TABLE t (a int", "CREATE TABLE t (a char default 'x)"]
)
def test_what_cannot_be_followed_is_an_error_with_its_place(statement: str) -> None:
    with pytest.raises(SchemaError) as caught:
        after(statement)
    assert "character" in str(caught.value)
    assert statement in str(caught.value)


@pytest.mark.parametrize(
    ("statement", "alters"),
    [
        ("ALTER TABLE t RENAME COLUMN a TO b, ALGORITHM=INSTANT", True),
        ("ALTER TABLE t CONVERT TO CHARACTER SET latin1", True),
        ("ALTER TABLE t DROP PRIMARY KEY", True),
        ("ALTER TABLE t RENAME INDEX k TO l", False),
        ("CREATE INDEX k ON t (a)", False),
        ("ALTER TABLE t ALTER COLUMN a SET DEFAULT 5, COMMENT = 'x'", False),
        ("ALTER TABLE t ENGINE = InnoDB", False),
        ("RENAME TABLE t TO u", True),
        ("TRUNCATE t", False),
        ("CREATE TABLE t LIKE u", False),
    ],
)
def test_rows_from_before_a_statement_need_another_definition_or_do_not(statement: str, alters: bool) -> None:
    assert alters_rows(statement) is alters


def test_a_statement_names_what_it_changed_without_being_carried_out() -> None:
    of = Context("d")
    t, u, elsewhere = TableId("d", "t"), TableId("d", "u"), TableId("e", "t")
    assert named([], of, "ALTER TABLE t DROP COLUMN gone, RENAME TO u") == (Change("rename", u, t),)
    assert named([], of, "CREATE TABLE u LIKE nothing") == (Change("create", u),)
    assert named([t, elsewhere], of, "DROP DATABASE d") == (Change("drop", t),)
