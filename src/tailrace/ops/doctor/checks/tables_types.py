"""Columns of types that nobody here has heard of."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.listed import listed
from tailrace.ops.doctor.repair import setting

KNOWN = frozenset(
    [
        "tinyint",
        "smallint",
        "mediumint",
        "int",
        "bigint",
        "decimal",
        "float",
        "double",
        "bit",
        "year",
        "date",
        "time",
        "datetime",
        "timestamp",
        "char",
        "varchar",
        "binary",
        "varbinary",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "tinyblob",
        "blob",
        "mediumblob",
        "longblob",
        "enum",
        "set",
        "json",
        "geometry",
        "point",
        "linestring",
        "polygon",
        "multipoint",
        "multilinestring",
        "multipolygon",
        "geomcollection",
        "vector",
    ]
)


def look(facts: Facts) -> Iterator[Finding]:
    """Each column's type can be read."""
    strange = [
        (each.id, f"{column.name} {column.data_type}")
        for each in facts.captured_tables
        for column in each.table.columns
        if column.data_type not in KNOWN
    ]
    if strange:
        yield error(
            "columns of these types cannot be read from the binlog",
            listed([table for table, _ in strange], [column for _, column in strange]),
            setting("leave the tables out: table.exclude.list", note="or tell us: a type is a small addition"),
        )


CHECK = Check(
    id="tables.types",
    title="captured columns are of types that can be read",
    why="A row image has no names and no lengths of its own: a column of unknown type hides all that come after it.",
    look=look,
)
