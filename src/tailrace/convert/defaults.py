"""A column's DEFAULT as a value of the event: what stands in the schema."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext

from tailrace.convert.schema import Json
from tailrace.model.encoding import Form
from tailrace.model.table import Column

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECIMAL_DIGITS = 65
"""DECIMAL's most digits."""


def default(column: Column, form: Form) -> Json:
    """The JSON document of the default; None: there is none, or it is NULL."""
    if column.default is None:
        return None
    if _is_now(column):
        # The epoch stands for a time that is not known yet; a TIMESTAMP that may be NULL does without.
        return None if column.nullable and form == "timestamp" else _zero(form)
    if column.default_is_expression:
        return None
    return _READ[form](column, column.default)


def default_text(column: Column) -> str | None:
    """The default as Debezium's table model has it: bits as digits, bytes as text, the epoch for a time of its own."""
    text = column.default
    if text is None:
        return None
    if _is_now(column):
        return "1970-01-01 00:00:00"
    if column.default_is_expression:
        return None
    if digits := re.fullmatch(r"b'([01]*)'", text):
        return digits[1]
    if re.fullmatch(r"0x[0-9A-Fa-f]*", text):
        return bytes.fromhex(text[2:]).decode("utf-8", "replace")
    return text


def _is_now(column: Column) -> bool:
    times = column.data_type in ("timestamp", "datetime")
    return times and column.default is not None and column.default.upper().startswith("CURRENT_TIMESTAMP")


def _zero(form: Form) -> Json:
    if form == "timestamp":
        return "1970-01-01T00:00:00Z"
    return "1970-01-01T00:00:00Z" if form == "datetime_iso" else 0


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _unscaled(value: int) -> str:
    """Java's `BigInteger.toByteArray`."""
    return _base64(value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True))


def _decimal(column: Column, text: str) -> Json:
    with localcontext() as context:
        context.prec = _DECIMAL_DIGITS + 1
        return _unscaled(int(Decimal(text).scaleb(column.scale or 0)))


def _bit(text: str) -> int:
    digits = re.fullmatch(r"b'([01]*)'", text)
    return int(digits[1] or "0", 2) if digits else int(text)


def _bits(column: Column, text: str) -> Json:
    return _base64(_bit(text).to_bytes(((column.length or 1) + 7) // 8, "little"))


def _binary(column: Column, text: str) -> bytes:
    value = bytes.fromhex(text[2:]) if re.fullmatch(r"0x[0-9A-Fa-f]*", text) else text.encode()
    return value.ljust(column.length or 0, b"\0") if column.data_type == "binary" else value


def _moment(text: str) -> datetime | None:
    """None: a date that no calendar has."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _micros(text: str) -> int:
    sign, hours, minutes, seconds, fraction = re.fullmatch(r"(-?)(\d+):(\d+):(\d+)(?:\.(\d+))?", text).groups("")  # type: ignore[union-attr] # the server prints defaults so
    whole = (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1_000_000 + int(fraction.ljust(6, "0") or 0)
    return -whole if sign else whole


def _iso(text: str) -> str:
    """Without the zeros that a fraction ends with."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _at(unit: timedelta, factor: int = 1) -> Callable[[Column, str], Json]:
    def convert(column: Column, text: str) -> Json:
        moment = _moment(text)
        if moment is None:
            return None if column.nullable else 0
        return (moment - _EPOCH) // unit * factor

    return convert


def _iso_moment(column: Column, text: str) -> Json:
    moment = _moment(text)
    if moment is None:
        return None if column.nullable else "1970-01-01T00:00:00Z"
    return _iso(text.replace(" ", "T")) + "Z"


def _timestamp(column: Column, text: str) -> Json:
    """With as many digits of fraction as the column has."""
    moment = _moment(text)
    if moment is None:
        return None if column.nullable else "1970-01-01T00:00:00Z"
    fraction = f".{moment.microsecond:06d}"[: 1 + column.length] if column.length else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _days(column: Column, text: str) -> Json:
    moment = _moment(text)
    if moment is None:
        return None if column.nullable else 0
    return (moment.date() - date(1970, 1, 1)).days


def _iso_date(column: Column, text: str) -> Json:
    if _moment(text) is None:
        return None if column.nullable else "1970-01-01Z"
    return f"{text}Z"


_READ: Mapping[Form, Callable[[Column, str], Json]] = {
    "int": lambda _, text: int(text),
    "unsigned_long": lambda _, text: (int(text) + 2**63) % 2**64 - 2**63,
    "unsigned_decimal": lambda _, text: _unscaled(int(text)),
    "float": lambda _, text: float(text),
    "double": lambda _, text: float(text),
    "decimal": _decimal,
    "decimal_string": lambda _, text: f"{Decimal(text):f}",
    "decimal_double": lambda _, text: float(text),
    "boolean": lambda _, text: _bit(text) != 0,
    "positive": lambda _, text: _bit(text) > 0,
    "positive_int": lambda _, text: int(_bit(text) > 0),
    "bits": _bits,
    "text": lambda _, text: text,
    "bytes": lambda column, text: _base64(_binary(column, text)),
    "base64": lambda column, text: _base64(_binary(column, text)),
    "base64url": lambda column, text: base64.urlsafe_b64encode(_binary(column, text)).decode(),
    "hex": lambda column, text: _binary(column, text).hex(),
    "date": _days,
    "date_iso": _iso_date,
    "time_ms": lambda _, text: _micros(text) // 1000,
    "time_us": lambda _, text: _micros(text),
    "time_ns": lambda _, text: _micros(text) * 1000,
    "time_iso": lambda _, text: _iso(text) + "Z",
    "datetime_ms": _at(timedelta(milliseconds=1)),
    "datetime_us": _at(timedelta(microseconds=1)),
    "datetime_ns": _at(timedelta(microseconds=1), 1000),
    "datetime_iso": _iso_moment,
    "timestamp": _timestamp,
    "year": lambda _, text: int(text),
    "enum": lambda _, text: text,
    "set": lambda _, text: text,
    "json": lambda _, text: text,
    "point": lambda _column, _text: None,
    "geometry": lambda _column, _text: None,
    "vector": lambda _column, _text: None,
}
