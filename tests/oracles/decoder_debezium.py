"""From column values to what Debezium writes, and from the texts of a SELECT to the same values.

Both second opinions meet in a *plain* value: int, float, Decimal, str, bytes, Time, Moment, Timestamp, and for JSON a
document whose numbers are Decimal and whose objects are lists of pairs. Debezium's defaults: decimals precise, times
`adaptive_time_microseconds`, bigint unsigned as long, bytes as base64 (its manual, "Data type mappings").
"""

from __future__ import annotations

import base64
import json
import struct
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from oracles.decoder import Document
from oracles.decoder_json import document_text
from oracles.decoder_values import Bits, Index, Moment, Time, Timestamp

if TYPE_CHECKING:
    from tailrace.model.table import Column

CODECS = {
    "utf8mb4": "utf-8", "utf8mb3": "utf-8", "ascii": "ascii", "latin1": "cp1252", "latin2": "iso8859_2",
    "latin5": "iso8859_9", "cp1250": "cp1250", "cp1251": "cp1251", "cp850": "cp850", "cp852": "cp852",
    "cp866": "cp866", "koi8r": "koi8_r", "koi8u": "koi8_u", "hebrew": "iso8859_8", "macroman": "mac_roman",
    "ucs2": "utf_16_be", "utf16": "utf_16_be", "utf16le": "utf_16_le", "utf32": "utf_32_be", "gbk": "gbk",
    "gb2312": "gb2312", "gb18030": "gb18030", "big5": "big5", "sjis": "shift_jis", "cp932": "cp932",
    "ujis": "euc_jp", "euckr": "euc_kr",
}  # fmt: skip
"""MySQL's character sets that Python has too."""
INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint"}
TEXTS = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}
BINARIES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def document(text: str) -> Any:
    """A JSON text with exact numbers, so that documents written differently can be compared."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=list)


def plain(column: Column, value: Any) -> Any:
    """A value of the decoder, with what only the definition knows: labels, character set, padding."""
    match value:
        case Index():
            return column.labels[value.value - 1] if value.value else ""
        case Bits():
            return set_text(label for at, label in enumerate(column.labels) if value.value >> at & 1)
        case Document():
            return document(document_text(value.value))
        case bytes() if column.data_type in TEXTS:
            return value.decode(CODECS[column.charset or ""])
        case bytes() if column.data_type == "binary":
            # The binlog leaves out the zeros at the end.
            return value.ljust(column.length or 0, b"\0")
        case _:
            return value


def set_text(labels: Any) -> str:
    """`Field_set::val_str`: no comma before the first text that is not empty."""
    text = ""
    for label in labels:
        text += ("," if text else "") + label
    return text


def selected(column: Column, value: bytes | None) -> Any:
    """The value behind what a SELECT prints (FLOAT as DOUBLE), the session's character set being utf8mb4."""
    if value is None:
        return None
    kind = column.data_type
    if kind == "bit":
        return int.from_bytes(value, "big")
    return _PARSERS[kind](value.decode("utf-8")) if kind in _PARSERS else value


def selected_date(text: str) -> Moment:
    date, _, clock = text.partition(" ")
    year, month, day = map(int, date.split("-"))
    if not clock:
        return Moment(year, month, day)
    whole, _, fraction = clock.partition(".")
    return Moment(year, month, day, *map(int, whole.split(":")), int(fraction.ljust(6, "0")))


def _timestamp(text: str) -> Timestamp:
    moment = selected_date(text)
    if not moment.year:
        return Timestamp(0, 0)
    return Timestamp((datetime(*moment[:6], tzinfo=UTC) - EPOCH) // timedelta(seconds=1), moment.micros)


def selected_time(text: str) -> Time:
    whole, _, fraction = text.lstrip("-").partition(".")
    hours, minutes, seconds = map(int, whole.split(":"))
    micros = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + int(fraction.ljust(6, "0"))
    return Time(-micros if text.startswith("-") else micros)


_PARSERS = {
    **dict.fromkeys(INTEGERS | {"year"}, int),
    **dict.fromkeys(TEXTS | {"enum", "set"}, str),
    **dict.fromkeys(("float", "double"), float),
    **dict.fromkeys(("date", "datetime"), selected_date),
    "decimal": Decimal,
    "time": selected_time,
    "timestamp": _timestamp,
    "json": document,
}


def debezium(column: Column, value: Any) -> Any:  # noqa: C901, PLR0912 - a branch for each type
    """A plain value as Debezium's JSON has it; JSON documents and NULL are as they are."""
    if value is None:
        return None
    match column.data_type:
        case "bigint" if column.unsigned:
            return value - (value >> 63 << 64)
        case "float":
            return shortest_float(value)
        case "decimal":
            return _base64(_twos_complement(int(value.scaleb(column.scale or 0, Context(prec=100)))))
        case "bit" if column.length == 1:
            return bool(value)
        case "bit":
            return _base64(value.to_bytes(((column.length or 1) + 7) // 8, "little"))
        case "date" | "datetime" | "timestamp":
            return _temporal(column, value)
        case "time":
            return value.micros
        case "point":
            x, y = struct.unpack_from("<dd", value, 9)
            return {"x": x, "y": y, **_geometry(value)}
        case "vector":
            return [shortest_float(element) for (element,) in struct.iter_unpack("<f", value)]
        case kind if kind in BINARIES:
            return _base64(value)
        case _ if isinstance(value, bytes):
            return _geometry(value)
        case _:
            return value


def _temporal(column: Column, value: Moment | Timestamp) -> int | str | None:
    """A date with a zero in it is null, or the epoch where null is not allowed."""
    digits = column.length or 0
    if isinstance(value, Timestamp):
        if value == Timestamp(0, 0):
            return None if column.nullable else "1970-01-01T00:00:00Z"
        text = (EPOCH + timedelta(seconds=value.seconds)).strftime("%Y-%m-%dT%H:%M:%S")
        return text + (f".{value.micros:06}"[: digits + 1] if digits else "") + "Z"
    if not value.month or not value.day:
        return None if column.nullable else 0
    # Python has no year 0; the calendar repeats every 400 years, which are 146097 days.
    cycles, year = divmod(value.year, 400)
    moment = value._replace(year=2000 + year)
    since = datetime(*moment[:6], moment.micros, tzinfo=UTC) - EPOCH + timedelta(days=146_097) * (cycles - 5)
    if column.data_type == "date":
        return since.days
    return since // timedelta(milliseconds=1) if digits <= 3 else since // timedelta(microseconds=1)


def _geometry(value: bytes) -> dict[str, Any]:
    return {"wkb": _base64(value[4:]), "srid": int.from_bytes(value[:4], "little") or None}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _twos_complement(value: int) -> bytes:
    return value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True)


def shortest_float(value: float) -> float:
    """The double nearest to the shortest digits that give this single-precision number."""
    for digits in range(1, 10):
        candidate = float(f"{value:.{digits - 1}e}")
        if struct.pack("<f", candidate) == struct.pack("<f", value):
            return candidate
    raise AssertionError(f"{value} is not of single precision")
