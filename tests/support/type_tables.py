"""Tables of every column type, drawn at random, and SQL values for them that reach the edges of each type."""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

CHARACTERS = {
    "ascii": string.printable,
    "latin1": "aé ÿ€ß'\\\"`\n",
    "utf8mb4": "aж€啊😀\u2028\u0000\u001f\u007f'\\\"/\n\r\t\b\f",
    "utf8mb3": "aж€啊'\\\"\n",
    "ucs2": "aж啊 '\\",
    "utf16": "aж啊😀'\\",
    "utf16le": "aж啊😀'\\",
    "utf32": "aж啊😀'\\",
    "gbk": "a啊中文|",
    "gb2312": "a啊中文",
    "gb18030": "a啊中文😀ñ",
    "big5": "a中文字",
    "sjis": "aｱ日本語",
    "cp932": "aｱ日本語①",
    "ujis": "a日本語",
    "euckr": "a한국어",
    "koi8r": "aжЯ",
    "cp1251": "aжЯ€",
    "cp850": "aéñ",
    "cp866": "aжЯ",
    "latin2": "aščž",
    "hebrew": "aאבת",
    "macroman": "aéñ",
}
"""Characters of each set that Python and MySQL take for the same bytes."""
LABELS = ("", "a", "B b", "ж", "it's", 'quo"te', "back\\slash", "new\nline", "{json}", " leading")


PATHS = (
    "$.a", "$.a.b", '$.a."ж"', '$.a."q\\""', "$.a.new", '$."new one"', "$.a[last]", "$.a[0].b", "$.s", "$.s[0]",
    "$.s[1]", "$.list[0]", "$.list[1]", "$.list[1][0]", "$.list[1][9]", "$.list[2].n", "$.list[9]", "$.list[last]",
    "$.list[last-1]", "$.list[last-9]", "$.no.such",
)  # fmt: skip
COLUMN_NAMES = ("c{}", "c{}", 'c "{}"', "ж{}", "c\\{}", "c`{}`", "c.{}", "c'{}", "C{}")


@dataclass(frozen=True)
class ColumnType:
    """What stands behind the column's name in CREATE TABLE, and SQL expressions for values of it."""

    sql: str
    draw: Callable[[Random], str]
    change: Callable[[Random, str], str] | None = None
    """The new value by the column's name, where it builds on the old one."""


def identifier(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def quoted(text: str) -> str:
    """A string literal that no sql_mode and no connection character set reads otherwise."""
    return "_utf8mb4 0x" + text.encode().hex() if text else "''"


def column_types(random: Random, *, shapes: bool = True) -> list[ColumnType]:
    """About a hundred types, the open-ended ones with random sizes; geometry only if `shapes`."""
    return [
        *_numbers(random),
        *_temporals(),
        *_labels(random),
        *_texts(random),
        *_binaries(random),
        ColumnType("JSON", lambda random: _json(document(random))),
        ColumnType("JSON", _typed_document),
        STEADY,
        *(_shapes() if shapes else ()),
        *_vectors(random),
    ]


def _numbers(random: Random) -> list[ColumnType]:
    types = []
    for name, bits in (("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32), ("BIGINT", 64)):
        for attributes, low in (("", -(2 ** (bits - 1))), (" UNSIGNED", 0), ("(3) UNSIGNED ZEROFILL", 0)):
            types.append(ColumnType(name + attributes, _integer(low, low + 2**bits - 1)))
    types += [ColumnType("TINYINT(1)", _integer(-128, 127)), ColumnType("BOOLEAN", _integer(0, 1))]
    digits = [(65, 30), (65, 0), (30, 30), (1, 0), (1, 1), (9, 0), (9, 9), (10, 9), (18, 9), (19, 10)]
    digits += [(precision := random.randint(2, 65), random.randint(0, min(30, precision))) for _ in range(3)]
    types += [ColumnType(f"DECIMAL({precision},{scale})", _decimal(precision, scale)) for precision, scale in digits]
    types += [
        ColumnType("DECIMAL(12,3) UNSIGNED ZEROFILL", _decimal(12, 3)),
        ColumnType("DECIMAL", _decimal(10, 0)),
        ColumnType("FLOAT", _float(3.4e38)),
        ColumnType("FLOAT(8,3)", _float(9e4)),
        ColumnType("FLOAT UNSIGNED", _float(3.4e38)),
        ColumnType("DOUBLE", _float(1.7e308)),
        ColumnType("DOUBLE(12,4)", _float(9e7)),
        ColumnType("DOUBLE UNSIGNED ZEROFILL", _float(1.7e308)),
    ]
    sizes = {1, 2, 7, 8, 9, 16, 17, 33, 63, 64, *random.sample(range(1, 65), 4)}
    return types + [ColumnType(f"BIT({size})", _integer(0, 2**size - 1)) for size in sorted(sizes)]


def _integer(low: int, high: int) -> Callable[[Random], str]:
    edges = [low, high, max(low, -1), 0, 1, high // 2, high // 2 + 1]
    return lambda random: str(random.choice([*edges, random.randint(low, high)]))


def _decimal(precision: int, scale: int) -> Callable[[Random], str]:
    def draw(random: Random) -> str:
        digits = random.choice([1, precision, random.randint(1, precision)])
        unscaled = random.choice([0, 1, 10**precision - 1, random.randrange(10**digits)])
        text = f"{unscaled:0{scale + 1}}"
        sign = random.choice(["", "-"])
        return sign + (f"{text[:-scale]}.{text[-scale:]}" if scale else text)

    return draw


def _float(limit: float) -> Callable[[Random], str]:
    def draw(random: Random) -> str:
        value = random.choice(
            [
                0.0,
                -0.0,
                0.1,
                1.5e-7,
                1e-37,
                16777217.0,
                123456.789,
                limit,
                limit * random.uniform(-1, 1),
                random.random(),
            ]
        )
        return repr(value)

    return draw


def _temporals() -> list[ColumnType]:
    types = [ColumnType("DATE", lambda random: f"'{_date(random)}'"), ColumnType("YEAR", _year)]
    for digits in range(7):
        types += [
            ColumnType(f"TIME({digits})", _time),
            ColumnType(f"DATETIME({digits})", lambda random: f"'{_date(random)} {_clock(random)}'"),
            ColumnType(f"TIMESTAMP({digits})", _timestamp),
        ]
    return types


def _year(random: Random) -> str:
    return str(random.choice([0, 1901, 2155, 1970, random.randint(1901, 2155)]))


def _date(random: Random) -> str:
    edges = ["0000-00-00", "0000-01-01", "0001-01-01", "2024-00-00", "2024-05-00", "1000-01-01", "9999-12-31"]
    drawn = f"{random.randint(1, 9999):04}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    return random.choice([*edges, "1969-12-31", "1970-01-01", "2000-02-29", "1900-02-28", drawn])


def _clock(random: Random) -> str:
    edges = ["00:00:00", "23:59:59", "23:59:59.000001", "00:00:00.9"]
    drawn = f"{random.randint(0, 23)}:{random.randint(0, 59)}:{random.randint(0, 59)}.{random.randint(0, 999_999):06}"
    return random.choice([*edges, drawn])


def _time(random: Random) -> str:
    edges = ["00:00:00", "838:59:59", "00:00:00.000001", "00:00:01", "00:00:00.5", "01:00:00", "24:00:00.99"]
    drawn = f"{random.randint(0, 837)}:{random.randint(0, 59)}:{random.randint(0, 59)}.{random.randint(0, 999_999):06}"
    return f"'{random.choice(['', '-'])}{random.choice([*edges, drawn])}'"


def _timestamp(random: Random) -> str:
    edges = ["0000-00-00 00:00:00", "1970-01-01 00:00:01", "2038-01-19 03:14:07", "2001-09-09 01:46:40.000001"]
    drawn = f"{random.randint(1971, 2037)}-{random.randint(1, 12)}-{random.randint(1, 28)} {_clock(random)}"
    return f"'{random.choice([*edges, drawn])}'"


def _labels(random: Random) -> list[ColumnType]:
    types = []
    for count in (1, len(LABELS), 255, 256, 1000):
        labels = [*LABELS, *(f"label {number}" for number in range(count))][:count]
        listed = ",".join(map(_literal, labels))
        types.append(ColumnType(f"ENUM({listed}) CHARACTER SET utf8mb4", _integer(0, count)))
    for count in (1, 8, 9, 16, 17, 24, 25, 32, 33, 64, random.randint(2, 63)):
        labels = [*LABELS, *(f"label {number}" for number in range(count))][:count]
        listed = ",".join(map(_literal, labels))
        types.append(ColumnType(f"SET({listed}) CHARACTER SET utf8mb4", _integer(0, 2**count - 1)))
    types += [
        ColumnType("ENUM('комма, b','é') CHARACTER SET cp1251", _integer(0, 2)),
        ColumnType("ENUM('a ','b') CHARACTER SET binary", _integer(0, 2)),
        ColumnType("SET('ÿ','ß') CHARACTER SET latin1", _integer(0, 3)),
        ColumnType("SET('啊','中') CHARACTER SET utf16", _integer(0, 3)),
    ]
    return types


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"


def _texts(random: Random) -> list[ColumnType]:
    types = []
    for charset, alphabet in CHARACTERS.items():
        name = random.choice(["CHAR(20)", "CHAR(255)", "VARCHAR(20)", "VARCHAR(300)", "TINYTEXT", "TEXT", "MEDIUMTEXT"])
        types.append(ColumnType(f"{name} CHARACTER SET {charset}", _text(alphabet, 20)))
    types += [
        ColumnType("CHAR(0)", lambda _: "''"),
        ColumnType("CHAR(255) CHARACTER SET utf8mb4", _text(CHARACTERS["utf8mb4"], 255)),
        ColumnType("VARCHAR(255) CHARACTER SET ascii", _text(CHARACTERS["ascii"], 255)),
        ColumnType("VARCHAR(256) CHARACTER SET ascii", _text(CHARACTERS["ascii"], 256)),
        ColumnType("TEXT CHARACTER SET utf8mb4", _text(CHARACTERS["utf8mb4"], 3_000)),
        ColumnType("LONGTEXT CHARACTER SET utf8mb4", _text(CHARACTERS["utf8mb4"], 30_000)),
    ]
    return types


def _text(alphabet: str, most: int) -> Callable[[Random], str]:
    def draw(random: Random) -> str:
        count = random.choice([0, 1, most, random.randint(0, most), random.randint(0, 12)])
        return quoted("".join(random.choices(alphabet, k=count)))

    return draw


def _binaries(random: Random) -> list[ColumnType]:
    sizes = {"BINARY(1)": 1, "BINARY(16)": 16, "BINARY(255)": 255, "VARBINARY(10)": 10, "VARBINARY(300)": 300}
    sizes |= {f"BINARY({(size := random.randint(2, 254))})": size}
    sizes |= {"TINYBLOB": 255, "BLOB": 3_000, "MEDIUMBLOB": 20_000, "LONGBLOB": 70_000}
    return [ColumnType(name, _bytes(size)) for name, size in sizes.items()]


def _bytes(most: int) -> Callable[[Random], str]:
    def draw(random: Random) -> str:
        count = random.choice([0, 1, most, random.randint(0, most)])
        # Zeros at the end are what BINARY pads with.
        data = (
            random.randbytes(count // 2) + bytes(count - count // 2)
            if random.random() < 0.3
            else random.randbytes(count)
        )
        return f"x'{data.hex()}'"

    return draw


def document(random: Random, depth: int = 3) -> str:
    """A JSON text: every kind of value, inline and not, now and then so large that offsets take four bytes."""
    if random.random() < 0.03:
        return json.dumps({"large": ["x" * 40_000, *range(70_000, 70_010)], "more": "y" * 30_000, "n": None})
    return json.dumps(_document_value(random, depth), ensure_ascii=random.random() < 0.5)


def _document_value(random: Random, depth: int) -> object:
    integers = [0, -1, 127, 32767, 32768, -32768, -32769, 65535, 65536, 2**31 - 1, 2**31, -(2**31), 2**32, 2**63 - 1]
    scalars = [
        None, True, False, *integers, -(2**63), 2**63, 2**64 - 1, 0.1, -0.0, 1.0, 1e20, 1.5e-7, 1.7e308, 5e-324,
        random.random() * 10 ** random.randint(-300, 300), "", "ключ", "😀", 'quo"te \\ \u0001\u2028', "z" * 200,
    ]  # fmt: skip
    if depth == 0 or random.random() < 0.3:
        return random.choice(scalars)
    size = random.choice([0, 1, 3, 10])
    if random.random() < 0.5:
        return [_document_value(random, depth - 1) for _ in range(size)]
    names = ["", "a", "b", "long name", "ж", 'a"b', "c.d", "[0]", "n" * 300, *(f"k{number}" for number in range(20))]
    return {name: _document_value(random, depth - 1) for name in random.sample(names, size)}


def _typed_document(random: Random) -> str:
    """Values that a JSON text cannot express."""
    values = [
        f"CAST('{_date(random)}' AS DATE)",
        f"CAST({_time(random)} AS TIME(6))",
        f"CAST('{_date(random)} {_clock(random)}' AS DATETIME(6))",
        f"CAST({_decimal(65, 30)(random)} AS DECIMAL(65,30))",
        f"CAST({_decimal(20, 0)(random)} AS DECIMAL(20,0))",
        f"CAST({_bytes(300)(random)} AS BINARY)",
        "b'101'",
        "CAST(2024 AS YEAR)",
        "CAST(18446744073709551615 AS UNSIGNED)",
        "CAST(0.1 AS FLOAT)",
    ]
    items = random.sample(values, random.randint(0, len(values)))
    if random.random() < 0.5:
        return f"JSON_ARRAY({','.join(items)})"
    return "JSON_OBJECT(" + ",".join(f"'k{number}',{item}" for number, item in enumerate(items)) + ")"


def _json(text: str) -> str:
    return f"CAST({quoted(text)} AS JSON)"


def _steady_document(random: Random) -> str:
    """A document in which most of PATHS lead somewhere; long, so that differences pay."""
    drawn = [_document_value(random, 1) for _ in range(6)]
    inner = {"b": drawn[0], "ж": drawn[1], 'q"': drawn[2]}
    text = {"a": inner, "list": [drawn[3], [drawn[4], 1], {"n": drawn[5]}], "s": 1, "pad": "x" * 500}
    return _json(json.dumps(text))


def _change_in_place(random: Random, column: str) -> str:
    """A chain of the functions that the server writes as differences (manual: Partial Updates of JSON Values)."""
    expression = column
    for _ in range(random.randint(1, 3)):
        path = quoted(random.choice(PATHS))
        if random.random() < 0.3:
            expression = f"JSON_REMOVE({expression}, {path})"
        else:
            function = random.choice(["JSON_SET", "JSON_REPLACE"])
            expression = f"{function}({expression}, {path}, {_json(document(random, 1))})"
    return expression


STEADY = ColumnType("JSON", _steady_document, _change_in_place)


def _shapes() -> list[ColumnType]:
    def at(random: Random) -> str:
        return f"{random.choice([0, -0.0, 1, -1.5, 1e20, 1e-7, random.uniform(-180, 180)])!r}"

    def pair(random: Random) -> str:
        return f"{at(random)} {at(random)}"

    def ring(random: Random) -> str:
        size = random.randint(1, 100)
        return f"(0 0,{size} 0,{size} {size},0 0)"

    texts: dict[str, Callable[[Random], str]] = {
        "POINT": lambda random: f"POINT({pair(random)})",
        "LINESTRING": lambda random: f"LINESTRING({','.join(pair(random) for _ in range(random.randint(2, 9)))})",
        "POLYGON": lambda random: f"POLYGON({ring(random)})",
        "MULTIPOINT": lambda random: f"MULTIPOINT({','.join(pair(random) for _ in range(random.randint(1, 9)))})",
        "MULTILINESTRING": lambda random: f"MULTILINESTRING(({pair(random)},{pair(random)}))",
        "MULTIPOLYGON": lambda random: f"MULTIPOLYGON(({ring(random)}))",
        "GEOMETRYCOLLECTION": lambda random: f"GEOMETRYCOLLECTION(POINT({pair(random)}))",
    }

    def shape(kind: str) -> Callable[[Random], str]:
        return lambda random: f"ST_GeomFromText('{texts[kind](random)}', {random.choice([0, 3857])})"

    types = [ColumnType(kind, shape(kind)) for kind in texts]
    types.append(ColumnType("GEOMETRY", lambda random: shape(random.choice(list(texts)))(random)))
    types.append(
        ColumnType("POINT SRID 4326", lambda random: f"ST_GeomFromText('POINT({random.uniform(-90, 90)} 1)', 4326)")
    )
    return types


def _vectors(random: Random) -> list[ColumnType]:
    def vector(size: int) -> Callable[[Random], str]:
        def draw(random: Random) -> str:
            count = random.randint(1, size)
            numbers = (random.choice([0.0, -1.5, 0.1, 1e20, random.uniform(-1, 1)]) for _ in range(count))
            return f"STRING_TO_VECTOR('[{','.join(map(repr, numbers))}]')"

        return draw

    return [ColumnType(f"VECTOR({size})", vector(size)) for size in (1, 3, random.randint(4, 16383))]


@dataclass(frozen=True)
class TypeTable:
    """A table of its own, with the statements of its rows' lives."""

    name: str
    create: str
    columns: dict[str, ColumnType]
    not_null: frozenset[str]

    def insert(self, random: Random, ids: range) -> list[str]:
        """One statement for all rows."""
        names = ", ".join(["id", *map(identifier, self.columns)])
        rows = ", ".join(f"({row_id}, {', '.join(self._values(random))})" for row_id in ids)
        return [f"INSERT IGNORE INTO {self.name} ({names}) VALUES {rows}"]

    def update(self, random: Random, ids: range) -> list[str]:
        """A statement for each row."""
        return [f"{self._update(random)} WHERE id = {row_id}" for row_id in ids]

    def update_all(self, random: Random, _ids: range) -> list[str]:
        """One statement for all rows."""
        return [self._update(random)]

    def delete(self, _random: Random, _ids: range) -> list[str]:
        """One statement for all rows."""
        return [f"DELETE FROM {self.name}"]

    def _update(self, random: Random) -> str:
        """A few columns change; JSON in place where the server sees a way."""
        changed = random.sample(list(self.columns), random.randint(1, min(5, len(self.columns))))
        changes = [f"{identifier(name)} = {self._changed(random, name)}" for name in changed]
        return f"UPDATE IGNORE {self.name} SET {', '.join(changes)}, n = n + 1"

    def _changed(self, random: Random, name: str) -> str:
        column = self.columns[name]
        return column.change(random, identifier(name)) if column.change else column.draw(random)

    def _values(self, random: Random) -> list[str]:
        return [
            "NULL" if name not in self.not_null and random.random() < 0.15 else column.draw(random)
            for name, column in self.columns.items()
        ]


def type_tables(random: Random, types: Sequence[ColumnType]) -> list[TypeTable]:
    """Each type once, spread at random over tables of up to twelve columns in a database `types`."""
    shuffled = random.sample(types, len(types))
    return [_table(random, f"types.t{at}", shuffled[at : at + 12]) for at in range(0, len(shuffled), 12)]


def wide_table(random: Random) -> TypeTable:
    """More columns than any fixed buffer expects, so small that a row holds them."""
    small = [*_numbers(random), *_temporals()]
    return _table(random, "types.wide", random.choices(small, k=400))


def document_table(random: Random) -> TypeTable:
    """Documents that change in place, mostly."""
    return _table(random, "types.documents", [STEADY] * 8)


def _table(random: Random, name: str, types: Sequence[ColumnType]) -> TypeTable:
    columns = {random.choice(COLUMN_NAMES).format(number): column for number, column in enumerate(types)}
    not_null = frozenset(column for column in columns if random.random() < 0.2)
    lines = ["id INT NOT NULL" + (" PRIMARY KEY" if random.random() < 0.8 else "")]
    for column, kind in columns.items():
        null = "NOT NULL" if column in not_null else "NULL"
        lines.append(f"{identifier(column)} {kind.sql} {null}{' INVISIBLE' if random.random() < 0.1 else ''}")
    lines += [
        "n INT NOT NULL DEFAULT 0",
        "stored_ BIGINT AS (id * 3) STORED",
        "virtual_ VARCHAR(30) AS (CONCAT('v', n)) VIRTUAL",
        # Indexes on expressions have hidden columns.
        "INDEX functional ((n + id))",
        "INDEX multi_valued ((CAST(JSON_ARRAY(n, id) AS UNSIGNED ARRAY)))",
    ]
    create = f"CREATE TABLE {name} ({', '.join(lines)}) CHARACTER SET utf8mb4"
    return TypeTable(name, create, columns, not_null)
