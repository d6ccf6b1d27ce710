"""A definition that does not fit the rows must be noticed: wrong values that look right are the worst failure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from tailrace.history.ddl.effect import Context, apply
from tailrace.history.from_row_metadata import build_table, check
from tailrace.history.tables import Tables
from tailrace.model.table import Table, TableId


@dataclass(frozen=True)
class TableMap:
    """As the kernel gives it for TABLE below, with MINIMAL metadata."""

    column_types: tuple[int, ...] = (8, 15, 254, 246, 252, 254, 18, 16, 254, 255, 1, 245)
    column_meta: tuple[int, ...] = (0, 80, 0xCEFC, 0x0902, 2, 0xF701, 3, 0x0101, 0xFE0A, 4, 0, 4)
    nullable: tuple[bool, ...] = (False, *[True] * 11)
    unsigned: tuple[bool, ...] | None = (True, *[False] * 11)
    collations: tuple[int | None, ...] | None = (None, 255, 255, None, 63, 255, None, None, 63, None, None, None)
    geometry_types: tuple[int | None, ...] | None = (*[None] * 9, 1, None, None)
    names: tuple[str, ...] | None = None
    labels: tuple[tuple[str, ...] | None, ...] | None = None
    primary_key: tuple[int, ...] | None = None
    visible: tuple[bool, ...] | None = None
    dimensions: tuple[int | None, ...] | None = None
    database: str = "d"
    table: str = "t"
    file: str = "binlog.000001"
    position: int = 4
    table_id: int = 1


# char(255) of utf8mb4 takes 1020 bytes: 0x3fc, whose bits 8 and 9 are inverted in the type byte: 0xfe ^ 0x30 = 0xce.
COLUMNS = {
    "a": "bigint unsigned PRIMARY KEY",
    "b": "varchar(20)",
    "c": "char(255)",
    "d": "decimal(9,2)",
    "e": "blob",
    "f": "enum('x','y')",
    "g": "datetime(3)",
    "h": "bit(9)",
    "i": "binary(10)",
    "j": "point",
    "k": "tinyint",
    "l": "json",
}


def table(**changed: str) -> Table:
    text = ", ".join(f"{name} {definition}" for name, definition in {**COLUMNS, **changed}.items())
    tables, _ = apply(Tables(), Context("d"), f"CREATE TABLE t ({text})")
    found = tables.get(TableId("d", "t"))
    assert found is not None
    return found


def difference(known: Table, table_map: TableMap) -> str:
    error = check(known, cast("Any", table_map))
    return "" if error is None else str(error)


def test_the_right_definition_fits() -> None:
    assert difference(table(), TableMap()) == ""
    bare = TableMap(unsigned=None, collations=None, geometry_types=None)
    assert "d.t" not in difference(table(b="varbinary(80)", c="binary(1020)", f="enum('x','y')"), bare)


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("a", "bigint PRIMARY KEY"),
        ("a", "int unsigned PRIMARY KEY"),
        ("b", "varchar(21)"),
        ("b", "varchar(20) NOT NULL"),
        ("b", "varchar(80) CHARSET latin1"),
        ("c", "char(254)"),
        ("d", "decimal(9,3)"),
        ("e", "mediumblob"),
        ("e", "text"),
        ("f", "set('x','y')"),
        ("g", "datetime"),
        ("g", "timestamp(3)"),
        ("h", "bit(8)"),
        ("i", "binary(11)"),
        ("j", "polygon"),
        ("k", "tinyint unsigned"),
        ("l", "longblob"),
    ],
)
def test_a_definition_that_differs_in_one_property_is_noticed(name: str, definition: str) -> None:
    assert f"({name})" in difference(table(**{name: definition}), TableMap())


def test_a_missing_column_is_noticed() -> None:
    known = table()
    assert "11" in difference(replace(known, columns=known.columns[1:]), TableMap())


def test_names_and_labels_are_compared_where_the_map_has_them() -> None:
    full = TableMap(names=tuple("abcdefghijkl"), labels=(*[None] * 5, ("x", "y"), *[None] * 6))
    assert difference(table(), full) == ""
    assert "named" in difference(table(), replace(full, names=tuple("bacdefghijkl")))
    assert "labels" in difference(table(f="enum('y','x')"), full)


def test_full_metadata_makes_the_table_that_ddl_makes() -> None:
    full = TableMap(
        names=tuple("abcdefghijkl"),
        labels=(*[None] * 5, ("x", "y"), *[None] * 6),
        primary_key=(0,),
        visible=(True,) * 12,
    )
    built = build_table(cast("Any", full))
    assert built == replace(table(), charset=None, collation=None)
    assert build_table(cast("Any", TableMap())) is None
