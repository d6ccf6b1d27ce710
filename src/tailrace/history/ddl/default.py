"""DEFAULT literals as information_schema prints them: converted to the column's type and back to text."""

# ruff: noqa: PLR2004 - digits of years, months and clocks are best read as they are

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from tailrace.history.charset import canonical_charset, decode

if TYPE_CHECKING:
    from tailrace.history.ddl.syntax import Default
    from tailrace.model.table import Column

_INTEGERS: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_BLOBS: Final = frozenset(
    {"tinyblob", "blob", "mediumblob", "longblob", "tinytext", "text", "mediumtext", "longtext", "json"}
)
_DIGITS: Final = re.compile(r"\d+")


def default_text(column: Column, default: Default) -> tuple[str | None, bool]:
    """(COLUMN_DEFAULT, is it an expression); the text of one in parentheses is not kept: the server rewrites it."""
    if default.kind == "null":
        return None, False
    if default.kind == "expression":
        return None, True
    if default.kind == "now":
        return default.value, True
    return _literal(column, default), False


def _literal(column: Column, default: Default) -> str | None:
    name = column.data_type
    if name in _INTEGERS or name in ("decimal", "float", "double"):
        return _number(column, default)
    if name == "bit":
        return _bit(column, default)
    if name in ("binary", "varbinary"):
        return _binary(default, padded=name == "binary")
    text = _as_text(column, default)
    if name in ("date", "time", "datetime", "timestamp", "year"):
        return _temporal(column, text)
    if name == "enum":
        return _label(column, text)
    if name == "set":
        wanted = [_label(column, part) for part in text.split(",") if part]
        return ",".join(label for label in column.labels if label in wanted)
    if name == "char":
        return text.rstrip(" ")
    return None if name in _BLOBS else text


def _as_bytes(default: Default) -> bytes:
    if default.kind == "hex":
        return bytes.fromhex(default.value.zfill(len(default.value) + len(default.value) % 2))
    if default.kind == "bit":
        return int(default.value or "0", 2).to_bytes((len(default.value) + 7) // 8, "big")
    return default.value.encode()


def _as_text(column: Column, default: Default) -> str:
    if default.kind in ("hex", "bit"):
        introducer = canonical_charset(default.charset) if default.charset else None
        return decode(introducer or column.charset, _as_bytes(default))
    return default.value


def _number(column: Column, default: Default) -> str:
    if default.kind in ("hex", "bit"):
        value = Decimal(int.from_bytes(_as_bytes(default), "big"))
    else:
        try:
            value = Decimal(default.value.strip() or "0")
        except InvalidOperation:
            return default.value
    if column.data_type in ("float", "double") and column.scale is None:
        return _floating(float(value), single=column.data_type == "float")
    exponent = Decimal(1).scaleb(-(column.scale or 0))
    text = f"{value.quantize(exponent, ROUND_HALF_UP):f}"
    if text.startswith("-") and not text.strip("-0."):
        text = text[1:]
    if column.zerofill:
        width = (column.length or 0) + (2 if column.data_type == "decimal" and column.scale else 0)
        return text.zfill(width - 1 if column.data_type == "decimal" and column.scale else width)
    return text


def _floating(value: float, *, single: bool) -> str:
    """The shortest text that reads back the same (single precision: 6 digits, as the server prints them)."""
    text = f"{value:.6g}" if single else repr(value)
    mantissa, _, exponent = text.partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    if not exponent:
        return mantissa
    return f"{mantissa}e{int(exponent)}"


def _bit(column: Column, default: Default) -> str:
    number = int(_as_bytes(default).hex() or "0", 16) if default.kind in ("hex", "bit") else _whole(default.value)
    return f"b'{number & ((1 << (column.length or 1)) - 1):b}'"


def _whole(text: str) -> int:
    try:
        return int(Decimal(text).quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        return int.from_bytes(text.encode(), "big")


def _binary(default: Default, *, padded: bool) -> str:
    data = _as_bytes(default)
    if not data and not padded:
        return ""
    # Zero bytes at the end are not printed.
    return "0x" + data.rstrip(b"\0").hex().upper()


def _label(column: Column, text: str) -> str:
    folded = text.rstrip(" ").casefold()
    return next((label for label in column.labels if label.casefold() == folded), text)


def _temporal(column: Column, text: str) -> str:
    digits = column.length or 0
    if column.data_type == "year":
        return _year(text)
    if column.data_type == "time":
        return _time(text, digits)
    parts = _DIGITS.findall(text)
    if len(parts) == 1:
        parts = _packed(parts[0])
    whole = [int(part) for part in parts[:6]] + [0] * (6 - len(parts[:6]))
    if len(parts[0]) <= 2 and any(whole):
        whole[0] += 2000 if whole[0] < 70 else 1900
    date = f"{whole[0]:04}-{whole[1]:02}-{whole[2]:02}"
    if column.data_type == "date":
        return date
    return f"{date} {whole[3]:02}:{whole[4]:02}:{whole[5]:02}" + _fraction(parts[6] if len(parts) > 6 else "", digits)


def _packed(digits: str) -> list[str]:
    """`20010203`, `010203`, `20010203040506` as their parts."""
    if len(digits) in (8, 14):
        head, rest = digits[:4], digits[4:]
    else:
        digits = digits.zfill(6 if len(digits) <= 6 else 12)
        head, rest = digits[:2], digits[2:]
    return [head, *(rest[at : at + 2] for at in range(0, len(rest), 2))]


def _fraction(text: str, digits: int) -> str:
    return "." + text.ljust(digits, "0")[:digits] if digits else ""


def _year(text: str) -> str:
    if not text.isdigit():
        return text
    number = int(text)
    if number == 0:
        return "2000" if len(text) < 4 and text != "0" else "0000"
    if number < 100:
        number += 2000 if number < 70 else 1900
    return f"{number:04}"


def _time(text: str, digits: int) -> str:
    sign = "-" if text.startswith("-") else ""
    whole, _, fraction = text.lstrip("+-").partition(".")
    days, _, clock = whole.rpartition(" ")
    if ":" in clock:
        parts = [int(part or 0) for part in clock.split(":")] + [0, 0]
    elif clock.isdigit():
        packed = clock.zfill(6)
        parts = [int(packed[:-4]), int(packed[-4:-2]), int(packed[-2:])]
    else:
        return text
    hours = parts[0] + 24 * int(days or 0)
    return f"{sign}{hours:02}:{parts[1]:02}:{parts[2]:02}" + _fraction(fraction, digits)
