"""Every column type with values at its edges: nullable, NOT NULL, and with a default."""

from __future__ import annotations

from typing import NamedTuple


class Type(NamedTuple):
    sql: str
    values: tuple[str, ...]
    default: str | None = None
    """None: the type has none, or none of interest."""


def _integers() -> list[Type]:
    found = []
    for name, bits in (("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32), ("BIGINT", 64)):
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        found.append(Type(name, (str(low), str(high), "0", "-1"), "5"))
        found.append(Type(f"{name} UNSIGNED", (str(2**bits - 1), str(high + 1), "0", "1"), "7"))
    return [*found, Type("TINYINT(1)", ("1", "0", "-128", "127"), "1"), Type("BOOLEAN", ("TRUE", "FALSE"), "TRUE")]


def _decimals() -> list[Type]:
    return [
        Type("DECIMAL(10,0)", ("9999999999", "-9999999999", "0"), "3"),
        Type("DECIMAL(12,2)", ("1.23", "-0.01", "9999999999.99", "128.00"), "1.50"),
        Type(
            "DECIMAL(65,30)", ("12345678901234567890123456789012345.123456789012345678901234567890", "0", "-1e-30"), "0"
        ),
        Type("DECIMAL(9,3) UNSIGNED", ("0.001", "999999.999"), "1.000"),
        Type("DECIMAL(30,30)", ("0.5", "-0.000000000000000000000000000001")),
    ]


def _floats() -> list[Type]:
    return [
        Type("FLOAT", ("1.5", "-0.25", "1024", "0"), "2.5"),
        Type("DOUBLE", ("1.1", "-1e100", "1.5e-7", "1e21", "0"), "0.5"),
        Type("DOUBLE(12,4)", ("12345.6789", "-0.5"), "1"),
    ]


def _bits() -> list[Type]:
    return [
        Type("BIT(1)", ("b'1'", "b'0'"), "b'1'"),
        Type("BIT(7)", ("b'1010101'", "b'0'"), "b'101'"),
        Type("BIT(9)", ("b'100000001'", "b'0'")),
        Type("BIT(64)", ("b'1'", "0xFFFFFFFFFFFFFFFF")),
    ]


TEXT = ("'plain'", "''", "'ж€ \\\\ \\\" \\n'", "REPEAT('x', 10)")
BYTES = ("x'00ff10'", "x''", "'abc'", "x'fbff'")


def _texts() -> list[Type]:
    return [
        Type("CHAR(20)", TEXT, "'c d'"),
        Type("VARCHAR(200)", (*TEXT, "'😀 \\u2028'"), "'it''s'"),
        *(Type(name, TEXT) for name in ("TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT")),
        Type("VARCHAR(20) CHARACTER SET latin1", ("'é'", "'a'"), "'é'"),
        Type("VARCHAR(20) CHARACTER SET gbk", ("'中文'",)),
        Type("VARCHAR(20) CHARACTER SET utf16", ("'😀ж'",)),
        Type("VARCHAR(20) COLLATE utf8mb4_bin", ("'ж'",)),
        Type("ENUM('a','b c','ж')", ("'a'", "'b c'", "'ж'"), "'b c'"),
        Type("SET('x','y','z')", ("'x'", "'x,z'", "''", "'x,y,z'"), "'x,y'"),
    ]


def _binaries() -> list[Type]:
    return [
        Type("BINARY(5)", BYTES, "'ab'"),
        Type("VARBINARY(20)", BYTES, "'ab'"),
        *(Type(name, BYTES) for name in ("TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB")),
    ]


MOMENTS = ("'2024-02-29 12:34:56.789012'", "'1969-12-31 23:59:59.5'", "'2000-01-01'")


def _temporals() -> list[Type]:
    times = ("'12:34:56.789012'", "'00:00:00'", "'23:59:59'")
    return [
        Type("DATE", ("'2024-02-29'", "'1000-01-01'", "'9999-12-31'"), "'2020-02-02'"),
        *(Type(f"TIME({digits})", times, "'01:02:03'") for digits in (0, 1, 3, 6)),
        *(Type(f"DATETIME({digits})", MOMENTS, "'2020-02-02 01:02:03'") for digits in (0, 1, 3, 4, 6)),
        *(
            Type(
                f"TIMESTAMP({digits})",
                ("'2024-02-29 12:34:56.789012'", "'2001-09-09 01:46:40'"),
                "'2020-02-02 01:02:03'",
            )
            for digits in (0, 1, 3, 6)
        ),
        Type("YEAR", ("2024", "1901", "2155"), "1999"),
    ]


def _others() -> list[Type]:
    return [
        Type("JSON", ('\'{"a": [1, 2.5, null, "ж"]}\'', "'[]'", "'\"s\"'", "'17'", "'true'")),
        Type("POINT", ("POINT(1.5, -2)",)),
        Type("GEOMETRY", ("ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('LINESTRING(0 0,1 1)', 4326)")),
        Type("LINESTRING", ("ST_GeomFromText('LINESTRING(0 0,1 1)')",)),
        Type("POLYGON", ("ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')",)),
        Type("MULTIPOINT", ("ST_GeomFromText('MULTIPOINT(0 0,1 1)')",)),
        Type("GEOMETRYCOLLECTION", ("ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')",)),
        Type("VECTOR(3)", ("STRING_TO_VECTOR('[1,-2.5,0]')", "STRING_TO_VECTOR('[0.5]')")),
    ]


TYPES = (
    *_integers(), *_decimals(), *_floats(), *_bits(), *_texts(), *_binaries(), *_temporals(), *_others(),
)  # fmt: skip


def create() -> list[str]:
    """A table a type: nullable, NOT NULL, and with a default where it has one."""
    statements = []
    for number, kind in enumerate(TYPES):
        columns = [f"a {kind.sql} NULL", f"b {kind.sql} NOT NULL"]
        if kind.default is not None:
            columns += [f"c {kind.sql} NULL DEFAULT {kind.default}", f"d {kind.sql} NOT NULL DEFAULT {kind.default}"]
        statements.append(f"CREATE TABLE t{number} (id INT PRIMARY KEY, {', '.join(columns)}) COMMENT '{number}'")
    return statements


def insert(first: int) -> list[str]:
    """A row for each value, and one that is all default and NULL; ids go on from `first`."""
    statements = []
    for number, kind in enumerate(TYPES):
        rows = []
        for index, value in enumerate(kind.values):
            rest = f", {value}, {value}" if kind.default is not None else ""
            rows.append(f"({first + index}, {value}, {value}{rest})")
        statements.append(f"INSERT INTO t{number} VALUES {', '.join(rows)}")
        rest = ", NULL, DEFAULT" if kind.default is not None else ""
        statements.append(f"INSERT INTO t{number} VALUES ({first + len(kind.values)}, NULL, {kind.values[0]}{rest})")
    return statements
