"""How a table's rows are written: decided once per table version in `convert`, run per row by the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal[
    "int",
    "unsigned_long",
    "unsigned_decimal",
    "float",
    "double",
    "decimal",
    "decimal_string",
    "decimal_double",
    "boolean",
    "positive",
    "positive_int",
    "bits",
    "text",
    "bytes",
    "base64",
    "base64url",
    "hex",
    "date",
    "date_iso",
    "time_ms",
    "time_us",
    "time_ns",
    "time_iso",
    "datetime_ms",
    "datetime_us",
    "datetime_ns",
    "datetime_iso",
    "timestamp",
    "year",
    "enum",
    "set",
    "json",
    "point",
    "geometry",
    "vector",
]
"""What a value becomes. `decimal`: the unscaled two's complement, big-endian (Connect's Decimal); `unsigned_long`: the
64 bits read as signed; `unsigned_decimal`: BIGINT UNSIGNED as a Decimal of scale 0; `positive`, `positive_int`: whether
a number is above 0, as a boolean, as 1 or 0; `bits`: little-endian; `date`: days, `date_iso`: text; `*_ms`, `*_us`,
`*_ns`: a number of that unit; `timestamp`: text in UTC in all modes; `base64`, `base64url` and `hex` are text, `bytes`
is bytes (which JSON writes as base64)."""


Output = Literal["values", "lines", "records"]
"""Values of row events alone; or every record with its topic, key and headers, as a line or in parts."""

Deletes = Literal["drop", "tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone"]
"""What becomes of a delete in rows without the envelope."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What hides a value (`column.mask.*`, `column.truncate.*`)."""

    kind: Literal["fixed", "truncate", "hash", "hash_v2"]
    length: int = 0
    """fixed: how many asterisks; truncate: how many characters are kept; hash: digits kept of the digest, 0: all."""
    algorithm: str = ""
    """As Java names it: `SHA-256`, `MD5` …"""
    salt: str = ""


@dataclass(frozen=True, slots=True)
class FieldEncoding:
    """One column as a field of the event."""

    name: str
    """The column's name, adjusted."""
    form: Form
    mask: Mask | None = None
    null: str = "null"
    """JSON text that stands for NULL: the default where `replace.null.with.default` is on."""
    zero: str | None = None
    """JSON text that stands for a zero date where it is not the form's own (null, or the epoch if NOT NULL)."""
    strict: bool = False
    """A value that the form has no room for stops the connector; else it becomes null, where the column allows it."""


@dataclass(frozen=True, slots=True)
class Unwrap:
    """Rows without the envelope (`ExtractNewRecordState`)."""

    deletes: Deletes = "tombstone"
    fields: tuple[tuple[str, str], ...] = ()
    """(name of the added field, what it is): `op`, `ts_ms`, `ts_us`, `ts_ns`, `deleted`, `source.<field>`."""
    headers: tuple[tuple[str, str], ...] = ()
    """The same, as headers."""


@dataclass(frozen=True, slots=True)
class TableEncoding:
    """A table version and the modes, decided."""

    topic: str
    fields: tuple[FieldEncoding | None, ...]
    """By column; None: not part of the value."""
    key: tuple[tuple[int, FieldEncoding], ...] = ()
    """(column, field) in key order; empty: the table has no key."""
    key_schema: str | None = None
    """Connect's schema as JSON text, written before each key; None: without schemas."""
    value_schema: str | None = None
    key_suffix: str = ""
    """`,"name":value` that every key ends with (`ByLogicalTableRouter`)."""
    unwrap: Unwrap | None = None
