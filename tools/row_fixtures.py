"""Writes crates/kernel/testdata/row_images.tsv and json_diffs.tsv: values as a real server stores and as it prints them.

Run: python tools/row_fixtures.py --port PORT --datadir DIR   (a throw-away server, its data folder readable here)

Images: column type, MYSQL_TYPE_* code, metadata (first byte low), image in hex, SELECT's bytes in hex.
Diffs: document before in hex, Json_diff_vector in hex, SELECT's text after in hex.
"""

# SQL from this file's own constants; rows of the value tables.
# ruff: noqa: E501, S608

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "crates/kernel/testdata"
TABLE_MAP, WRITE_ROWS, PARTIAL_UPDATE = 19, 30, 39
TIMES = [
    "'-838:59:59'",
    "'838:59:59'",
    "'0:0:0'",
    "'-00:00:01.5'",
    "'-00:00:00.000001'",
    "'-12:34:56.999999'",
    "'1:2:3.04'",
]
DATETIMES = ["'0000-00-00'", "'1000-01-01'", "'9999-12-31 23:59:59'", "'2020-02-29 12:34:56.789012'", "'2020-00-00'"]
STAMPS = ["'0000-00-00'", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'2020-02-29 12:34:56.789012'"]
WORDS = ["''", "'a'", "repeat('z', 10)"]
JSON = [
    "'null'", "'true'", "'[]'", "'{}'", "'[1,-1,32767,-32768,65535,65536,-2147483648,4294967295]'", "'1.0'", "'1e20'", "'0.1'",
    "'[9223372036854775807,-9223372036854775808,18446744073709551615]'", "'1.5e-7'", "'-0.0'", "'1e300'", "'123456789012345680000.0'",
    r"""'{"a":[1,{"b":"x\\ny\\"\\\\"}],"long key":null,"ключ":"значение"}'""", "json_array(repeat('x', 70000), 1, 70000, -70000)",
    "json_object('k', repeat('y', 130))", "json_array(cast(-1.50 as decimal(10,2)), cast(0 as decimal(65,30)))",
    "json_array(date'2020-01-02', time'-12:34:56.5', timestamp'2020-01-02 03:04:05.678')", "json_array(x'00ff', b'101')",
    r"""'"\\u0001\\u001f\\u007f\\t\\b\\f"'""",
]  # fmt: skip
COLUMNS: list[tuple[str, list[str]]] = [
    *[(t, [str(-(1 << b - 1)), "-1", "0", str((1 << b - 1) - 1)]) for t, b in
      (("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64))],
    *[(f"{t} unsigned", ["0", str((1 << b) - 1)]) for t, b in
      (("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64))],
    ("double", ["0", "-1.5", "1.7976931348623157e308", "2.2250738585072014e-308", "0.1"]),
    *[(f"decimal({p},{s})", ["0", f"{'9' * (p - s) or 0}.{'9' * s}".rstrip("."), f"-{'9' * (p - s) or 0}.{'9' * s}".rstrip("."),
       "0.1" if s else "1", "-0.1" if s else "-1", f"-{'1' * (p - s) or 0}"]) for p, s in
      ((1, 0), (1, 1), (9, 0), (10, 2), (18, 9), (19, 0), (20, 10), (38, 10), (39, 30), (65, 0), (65, 30), (30, 30))],
    *[(f"time({f})", TIMES) for f in range(7)],
    *[(f"datetime({f})", DATETIMES) for f in range(7)],
    *[(f"timestamp({f})", STAMPS) for f in range(7)],
    ("date", ["'0000-00-00'", "'1000-01-01'", "'9999-12-31'", "'2020-00-00'"]), ("year", ["0", "1901", "2155"]),
    *[(f"bit({n})", ["0", "1", f"{(1 << n) - 1}"]) for n in (1, 7, 8, 9, 17, 63, 64)],
    *[(f"{t} character set utf8mb4", WORDS) for t in ("char(10)", "char(255)", "varchar(63)", "varchar(64)", "text", "longtext")],
    *[(f"varchar(20) character set {c}", ["'Привет'", "'日本'", "'é€'", "'a~\\\\'"]) for c in
      ("latin1", "cp1251", "koi8r", "sjis", "cp932", "ujis", "eucjpms", "gbk", "gb2312", "gb18030", "big5", "euckr", "ucs2", "utf16",
       "utf16le", "utf32", "utf8mb3")],
    ("varbinary(300)", ["x'00ff'", "''"]), ("blob", ["x'00ff'"]), ("json", JSON),
    ("point", ["ST_GeomFromText('POINT(1 2)', 4326)"]), ("vector(3)", ["string_to_vector('[1,2.5,-3]')"]),
]  # fmt: skip
DIFFS = [
    "json_set(c, '$.a', 7)", "json_remove(c, '$.b[1]')", "json_replace(c, '$.b[0].\"x y\"', 'new')", "json_set(c, '$.n', json_array(1))",
    "json_set(c, '$.b[9]', 1)", "json_set(c, '$.\"q\\\\\"k\"', 1, '$.a', null)", "json_remove(c, '$.a', '$.b')",
]  # fmt: skip


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--datadir", type=Path, required=True)
    arguments = parser.parse_args()
    with pymysql.connect(host="127.0.0.1", port=arguments.port, user="root", autocommit=True) as connection:
        cursor = connection.cursor()
        for statement in (
            "SET sql_mode='', time_zone='+00:00'", "CREATE DATABASE IF NOT EXISTS fixtures", "USE fixtures",
            "SET binlog_row_value_options=PARTIAL_JSON",
        ):  # fmt: skip
            cursor.execute(statement)
        images = [line for column, values in COLUMNS for line in _images(cursor, arguments.datadir, column, values)]
        diffs = [_diff(cursor, arguments.datadir, change) for change in DIFFS]
    (FOLDER / "row_images.tsv").write_text("".join(f"{line}\n" for line in images))
    (FOLDER / "json_diffs.tsv").write_text("".join(f"{line}\n" for line in diffs))


def _images(cursor: pymysql.cursors.Cursor, datadir: Path, column: str, values: list[str]) -> Iterator[str]:
    cursor.execute("DROP TABLE IF EXISTS t")
    cursor.execute(f"CREATE TABLE t (c {column} NULL)")
    for value in values:
        cursor.execute("DELETE FROM t")
        events = _events(cursor, datadir, f"INSERT INTO t VALUES ({value})")
        shown = "c" if not column.startswith(("varchar", "char")) else "CONVERT(c USING utf8mb4)"
        cursor.execute(f"SELECT HEX({'CAST(c AS CHAR)' if _prints(column) else shown}) FROM t")
        [(text,)] = cursor.fetchall()
        # Post-header 10, width 1, columns 1, null bits 1.
        kind, meta = _map(events[TABLE_MAP])
        yield f"{column}\t{kind}\t{meta}\t{events[WRITE_ROWS][13:].hex()}\t{text}"


def _prints(column: str) -> bool:
    """Whether HEX of the value would not be HEX of its text: numbers and times."""
    return not column.startswith(("varchar", "char", "text", "longtext", "varbinary", "blob", "bit", "point", "vector"))


def _diff(cursor: pymysql.cursors.Cursor, datadir: Path, change: str) -> str:
    cursor.execute("DROP TABLE IF EXISTS t")
    cursor.execute("CREATE TABLE t (c json)")
    cursor.execute(
        """INSERT INTO t VALUES ('{"a":"0123456789","b":[{"x y":"0123456789"},2,3],"q\\\\"k":"0123456789"}')"""
    )
    events = _events(cursor, datadir, f"UPDATE t SET c = {change}")
    cursor.execute("SELECT HEX(CAST(c AS CHAR)) FROM t")
    [(text,)] = cursor.fetchall()
    # Post-header 10, width 1, two column bitmaps; before: null bits, document; after: options, partial bits, null bits, diffs.
    rest = events[PARTIAL_UPDATE][14:]
    size = int.from_bytes(rest[:4], "little")
    if rest[4 + size] != 1 or rest[5 + size] != 1:
        raise SystemExit(f"the server wrote no diff for {change}")
    return f"{rest[4 : 4 + size].hex()}\t{rest[4 + size + 3 + 4 :].hex()}\t{text}"


def _events(cursor: pymysql.cursors.Cursor, datadir: Path, statement: str) -> dict[int, bytes]:
    """The body (without header and checksum) of each kind of event that `statement` writes."""
    cursor.execute("SHOW BINARY LOG STATUS")
    file, position, *_ = cursor.fetchall()[0]
    cursor.execute(statement)
    data = (datadir / file).read_bytes()[int(position) :]
    events = {}
    while data:
        size = int.from_bytes(data[9:13], "little")
        events[data[4]] = data[19 : size - 4]
        data = data[size:]
    return events


def _map(body: bytes) -> tuple[int, int]:
    """Type and metadata of the only column."""
    at = 8 + 1 + body[8] + 1
    at += 1 + body[at] + 1
    length = body[at + 2]
    return body[at + 1], int.from_bytes(body[at + 3 : at + 3 + length], "little")


if __name__ == "__main__":
    main()
