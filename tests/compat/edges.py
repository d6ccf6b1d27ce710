"""Every column type with values at its edges, as a column that may be NULL or not, with a DEFAULT and without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Case:
    """A type; `values` are SQL expressions, `default` what stands behind DEFAULT (None: the type has none)."""

    sql: str
    values: tuple[str, ...]
    default: str | None = None
    required: tuple[str, ...] = ()
    """What NOT NULL columns take in place of `values`."""


def _integers() -> Iterator[Case]:
    for name, bits in (("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32), ("BIGINT", 64)):
        half = 2 ** (bits - 1)
        yield Case(name, (str(-half), str(half - 1), "0", "-1"), "-7")
        yield Case(f"{name} UNSIGNED", ("0", str(2 * half - 1), str(half)), "7")
    yield Case("INT(5) UNSIGNED ZEROFILL", ("42", "4294967295", "0"), "9")
    yield Case("BIGINT UNSIGNED ZEROFILL", ("42", "18446744073709551615"), "18446744073709551615")
    yield Case("TINYINT(1)", ("-128", "0", "1", "127"), "1")
    yield Case("BOOLEAN", ("TRUE", "FALSE", "3"), "TRUE")


def _fractions() -> Iterator[Case]:
    yield Case("DECIMAL", ("0", "9999999999", "-1"), "5")
    yield Case("DECIMAL(12,2)", ("-1234567890.12", "0.01", "1.28", "-0.00", "100"), "1.50")
    yield Case("DECIMAL(65,30)", ("99999999999999999999999999999999999.999999999999999999999999999999", "-1.5"), "1")
    yield Case("DECIMAL(30,30)", ("-0.000000000000000000000000000001", "0.5"), "0.25")
    yield Case("DECIMAL(9,3) UNSIGNED", ("123456.789", "0.128"), "3")
    yield Case("DECIMAL(12,3) UNSIGNED ZEROFILL", ("123456.789", "1"), "3.125")
    yield Case(
        "NUMERIC(40,0)", ("9999999999999999999999999999999999999999", "-170141183460469231731687303715884105728")
    )
    yield Case("FLOAT", ("1.5", "-0.25", "16777216", "3.25e10", "0"), "2.5")
    yield Case("FLOAT(24)", ("1.5", "-0.125"), "0.5")
    yield Case("FLOAT(53)", ("0.1", "1e300", "-0.0"), "0.1")
    yield Case("FLOAT(8,3)", ("1234.5", "-0.125"), "1.25")
    yield Case("FLOAT UNSIGNED", ("1.5", "0"), "1.5")
    yield Case("DOUBLE", ("1.7976931348623157e308", "4.9e-324", "0.1", "1e20", "-1.5e-7", "123456789012345680"), "0.1")
    yield Case("DOUBLE(12,4)", ("12345.6789", "-1"), "1.5")
    yield Case("REAL", ("0.1", "-2"), "1e10")


def _bits() -> Iterator[Case]:
    yield Case("BIT(1)", ("b'1'", "b'0'"), "b'1'")
    yield Case("BIT(9)", ("b'100000001'", "b'10'", "b'0'"), "b'101'")
    yield Case("BIT(33)", ("4294967296", "1"), "b'1'")
    yield Case("BIT(64)", ("18446744073709551614", "0"), "b'1000000000000000000000000000000000000000'")


DATES = ("'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'1969-12-31'", "'0000-00-00'", "'2024-00-00'")
CLOCKS = ("'12:34:56.789012'", "'23:59:59'", "'00:00:00'", "'-00:00:01'", "'838:59:59'", "'-838:59:58.5'")
CLOCKS_OF_A_DAY = CLOCKS[:3]
"""Others end Debezium where the column is NOT NULL and the mode is connect."""
MOMENTS = (
    "'2024-02-29 12:34:56.789012'", "'1000-01-01 00:00:00'", "'1969-12-31 23:59:59.5'", "'0000-00-00 00:00:00'",
    "'2024-00-01 01:02:03'", "'9999-12-31 23:59:59'",
)  # fmt: skip
MOMENTS_OF_OUR_TIME = (MOMENTS[0], MOMENTS[2], MOMENTS[3], MOMENTS[4])
"""Others, with years that 64 bits of nanoseconds do not reach, end Debezium in NOT NULL columns in that mode."""
STAMPS = ("'2024-02-29 12:34:56.789012'", "'1970-01-01 00:00:01.5'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'")


def _temporals() -> Iterator[Case]:
    yield Case("DATE", DATES, "'2001-02-03'")
    yield Case("YEAR", ("2024", "1901", "2155", "1970", "0"), "1999")
    for digits in range(7):
        default = "'01:02:03.5'" if digits else "'01:02:03'"
        yield Case(f"TIME({digits})", CLOCKS, default, required=CLOCKS_OF_A_DAY)
        default = "'2001-02-03 04:05:06.5'" if digits else "'2001-02-03 04:05:06'"
        yield Case(f"DATETIME({digits})", MOMENTS, default, required=MOMENTS_OF_OUR_TIME)
        yield Case(f"TIMESTAMP({digits})", STAMPS, default)
    yield Case("DATETIME", MOMENTS, "'0000-00-00 00:00:00'", required=MOMENTS_OF_OUR_TIME)
    yield Case("TIMESTAMP", STAMPS, "CURRENT_TIMESTAMP")
    yield Case("TIMESTAMP(6)", STAMPS, "CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)")
    yield Case("DATETIME", MOMENTS, "CURRENT_TIMESTAMP", required=MOMENTS_OF_OUR_TIME)
    yield Case("DATETIME(6)", MOMENTS, "CURRENT_TIMESTAMP(6)", required=MOMENTS_OF_OUR_TIME)


def _texts() -> Iterator[Case]:
    yield Case("CHAR(10)", ("'ab  '", "''", "'日本'"), "'c d'")
    yield Case("CHAR(0)", ("''",), "''")
    yield Case("VARCHAR(300)", ("CONCAT('quote \" nl\n tab\t nul\0 ', CHAR(1))", "''", "REPEAT('x', 300)"), "'it''s'")
    yield Case("NVARCHAR(20)", ("'ж'", "'a'"), "'ж'")
    for charset, text in (
        ("latin1", "é€ÿ"), ("gbk", "中文"), ("utf16", "😀ж"), ("utf32", "😀"), ("sjis", "日本"), ("koi8r", "жЯ"),
        ("cp1251", "ж€"), ("big5", "中文"), ("euckr", "한국"), ("ucs2", "ж啊"), ("gb18030", "中😀"), ("hebrew", "אב"),
        ("latin2", "šč"), ("ascii", "abc"), ("utf8mb3", "ж"), ("cp850", "éñ"),
    ):  # fmt: skip
        yield Case(f"VARCHAR(20) CHARACTER SET {charset}", (f"'{text}'", "''"), "'d'")
    yield Case("CHAR(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", ("'a'", "'ж'"), "'b'")
    yield Case("VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin", ("'a'", "'ж '"), "'b'")
    for name in ("TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"):
        yield Case(name, ("'text ж'", "''", "REPEAT('y', 100)"))
    yield Case("ENUM('a','b','ж')", ("'a'", "'ж'", "1"), "'b'")
    yield Case("ENUM('x','y') CHARACTER SET latin1", ("'x'", "'y'"), "'y'")
    yield Case("ENUM('a,b','c')", ("'a,b'", "'c'"), "'c'")
    yield Case("SET('x','y','z')", ("'x,z'", "''", "'y'"), "'x,y'")


def _binaries() -> Iterator[Case]:
    yield Case("BINARY(5)", ("'ab'", "x'00ff10'", "''"), "'q'")
    yield Case("BINARY(1)", ("x'fb'", "x'00'"), "'z'")
    yield Case("VARBINARY(20)", ("x'01'", "''", "x'fbff00'"), "'vb'")
    for name in ("TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"):
        yield Case(name, ("x'00fffb3e3f'", "''", "REPEAT('z', 100)"))


def _documents() -> Iterator[Case]:
    yield Case(
        "JSON", ('\'{"b": 1, "a": [1, -2, 3.5, true, null, "q\\\\"ж😀"], "e": []}\'', "'\"s\"'", "'null'", "'[]'")
    )
    yield Case("JSON", ("JSON_OBJECT('t', CAST('-12:34:56.789' AS TIME(3)), 'b', CAST(x'00ff' AS BINARY), 'n', 1.5)",))
    yield Case("VECTOR(3)", ("STRING_TO_VECTOR('[1,-2.5,1e20]')", "STRING_TO_VECTOR('[0.1]')"))
    for kind, text in (
        ("GEOMETRY", "POINT(1 2)"), ("POINT", "POINT(-1.5 1e20)"), ("LINESTRING", "LINESTRING(0 0,1 1)"),
        ("POLYGON", "POLYGON((0 0,1 0,1 1,0 0))"), ("MULTIPOINT", "MULTIPOINT(0 0,1 1)"),
        ("MULTILINESTRING", "MULTILINESTRING((0 0,1 1))"), ("MULTIPOLYGON", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"),
        ("GEOMETRYCOLLECTION", "GEOMETRYCOLLECTION(POINT(1 1))"),
    ):  # fmt: skip
        yield Case(kind, (f"ST_GeomFromText('{text}')", f"ST_GeomFromText('{text}', 3857)"))
    yield Case("POINT SRID 4326", ("ST_GeomFromText('POINT(10 20)', 4326)",))


GROUPS = {
    "integers": tuple(_integers()),
    "fractions": tuple(_fractions()),
    "bits": tuple(_bits()),
    "temporals": tuple(_temporals()),
    "texts": tuple(_texts()),
    "binaries": tuple(_binaries()),
    "documents": tuple(_documents()),
}
KEYS = (
    Case("DECIMAL(12,2)", ("1.50", "-2")),
    Case("BIGINT UNSIGNED", ("18446744073709551615", "1")),
    Case("DATE", ("'2024-02-29'", "'1969-12-31'")),
    Case("TIME(3)", ("'01:02:03.004'", "'23:00:00'")),
    Case("DATETIME(6)", ("'2024-02-29 12:34:56.789012'", "'2001-01-01'")),
    Case("TIMESTAMP", ("'2024-02-29 12:34:56'", "'2001-01-01'")),
    Case("YEAR", ("2024", "1999")),
    Case("BINARY(3)", ("x'010203'", "'a'")),
    Case("VARCHAR(20)", ("'ж'", "''")),
    Case("ENUM('a','b')", ("'a'", "'b'")),
    Case("BIT(9)", ("b'100000001'", "b'1'")),
    Case("DOUBLE", ("0.5", "-2")),
)


def create(name: str, cases: Sequence[Case]) -> str:
    """`c<n>` may be NULL, `n<n>` may not, `d<n>` and `m<n>` are the same with a DEFAULT."""
    lines = ["id INT PRIMARY KEY"]
    for number, case in enumerate(cases):
        # Without NULL the first TIMESTAMP would be NOT NULL on old servers.
        lines += [f"c{number} {case.sql} NULL", f"n{number} {case.sql} NOT NULL"]
        if case.default is not None:
            lines += [f"d{number} {case.sql} NULL DEFAULT {case.default}"]
            lines += [f"m{number} {case.sql} NOT NULL DEFAULT {case.default}"]
    return f"CREATE TABLE {name} ({', '.join(lines)}) CHARACTER SET utf8mb4"


def insert(name: str, cases: Sequence[Case], first: int) -> str:
    """As many rows as the longest list of values, then one with NULL and the defaults' places empty."""
    rows = []
    names = ["id"]
    for number, case in enumerate(cases):
        names += [f"c{number}", f"n{number}"]
        if case.default is not None:
            names += [f"d{number}", f"m{number}"]
    longest = max(len(case.values) for case in cases)
    for at in range(longest + 2):
        row = [str(first + at)]
        for case in cases:
            value = case.values[at % len(case.values)]
            required = (case.required or case.values)[at % len(case.required or case.values)]
            nullable = value if at < longest else "NULL"
            row += [nullable, required]
            if case.default is not None:
                with_default = nullable if at <= longest else "DEFAULT"
                row += [with_default, required if at <= longest else "DEFAULT"]
        rows.append(f"({', '.join(row)})")
    return f"INSERT INTO {name} ({', '.join(names)}) VALUES {', '.join(rows)}"
