"""The values of every row, and the columns it carries, as the server's own mysqlbinlog prints them."""

from __future__ import annotations

import re
import subprocess
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from oracles.decoder import read_rows
from oracles.decoder_debezium import selected_date, selected_time
from oracles.decoder_values import Bits, Index, Timestamp
from support.recording import Setting, record
from support.type_tables import column_types, type_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tailrace import lab

Image = dict[int, Any]
UNTOLD = object()
"""A value that mysqlbinlog prints in a form of its own: texts with escapes, documents, rounded numbers."""
HEAD = re.compile(rb"### (INSERT INTO|UPDATE|DELETE FROM) `(.*)`\.`(.*)`$")
VALUE = re.compile(rb"###   @(\d+)=(.*) /\* ([A-Z]+)")
OPERATIONS = {b"INSERT INTO": "c", b"UPDATE": "u", b"DELETE FROM": "d"}


def _integers(text: str) -> frozenset[int]:
    """`-1 (255)`: a number with its first bit set, signed and unsigned."""
    return frozenset(map(int, re.findall(r"-?\d+", text)))


def _set(text: str) -> Bits:
    """In bits, the first byte first."""
    digits = text[2:-1]
    return Bits(int("".join(reversed([digits[at : at + 8] for at in range(0, len(digits), 8)])), 2))


def _timestamp(text: str) -> Timestamp:
    seconds, _, fraction = text.partition(".")
    return Timestamp(int(seconds), int(fraction.ljust(6, "0")))


PARSERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("TINYINT", "SHORTINT", "MEDIUMINT", "INT", "LONGINT"), _integers),
    # Year 0 is printed like 1900, which no YEAR can be.
    "YEAR": lambda text: int(text) if text != "1900" else 0,
    "DECIMAL": Decimal,
    "BIT": lambda text: int(text[2:-1], 2),
    "ENUM": lambda text: Index(int(text)),
    "SET": _set,
    "DATE": lambda text: selected_date(text.strip("'").replace(":", "-")),
    "DATETIME": lambda text: selected_date(text.strip("'")),
    "TIME": lambda text: selected_time(text.strip("'")),
    "TIMESTAMP": _timestamp,
}


def told_value(kind: str, text: bytes) -> Any:
    if text == b"NULL":
        return None
    if kind in PARSERS:
        return PARSERS[kind](text.decode())
    plain = re.fullmatch(rb"'([\w ]*)'", text)
    return plain[1] if plain and kind in {"STRING", "VARSTRING", "LONGBLOB"} else UNTOLD


def told_rows(printed: bytes) -> list[tuple[str, str, list[Image]]]:
    """Operation, table and images of each row."""
    rows: list[tuple[str, str, list[Image]]] = []
    for line in printed.split(b"\n"):
        if head := HEAD.match(line):
            rows.append((OPERATIONS[head[1]], head[3].decode(), []))
        elif line in {b"### WHERE", b"### SET"}:
            rows[-1][2].append({})
        elif value := VALUE.match(line):
            rows[-1][2][-1][int(value[1]) - 1] = told_value(value[3].decode(), value[2])
    return rows


@pytest.mark.parametrize("setting", [Setting(), Setting(image="MINIMAL", metadata="MINIMAL", compressed=True)], ids=str)
def test_mysqlbinlog_prints_the_same_rows(mysql: lab.Server, seed: int, tmp_path: Path, setting: Setting) -> None:
    random = Random(f"{seed} {setting}")
    # It gives up on a row that has a geometry.
    recording = record(mysql, type_tables(random, column_types(random, shapes=False)), random, setting)
    file = tmp_path / "binlog"
    file.write_bytes(recording.binlog)
    command = [*mysql.client("mysqlbinlog"), "--base64-output=DECODE-ROWS", "--verbose", "--verbose", str(file)]
    told = told_rows(subprocess.run(command, capture_output=True, check=True).stdout)
    compared = 0
    for row, (operation, table, images) in zip(read_rows(recording.binlog), told, strict=True):
        assert (row.operation, row.table) == (operation, table)
        ours = [image for image in (row.before, row.after) if image is not None]
        for image, theirs in zip(ours, images, strict=True):
            assert list(image) == list(theirs)
            for index, value in image.items():
                other = theirs[index]
                if other is not UNTOLD:
                    compared += 1
                    column = recording.tables[table].columns[index]
                    same = value in other if isinstance(other, frozenset) else value == other
                    assert same, f"{table}.{column}: {value!r}, mysqlbinlog says {other!r}"
    assert compared > len(told) * 5
