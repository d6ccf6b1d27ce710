"""A change event as the console shows it: what was before, what is after, and which columns differ. Pure."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from tailrace.ops.events.event import Record, raw, read

LONGEST = 2_000
"""Characters of a value."""
RAW = 20_000
"""Bytes of the whole record."""


def shown(record: Record) -> dict[str, Any]:
    """Values as JSON text, for numbers may have more digits than a browser's have; null is an absent column."""
    event, whole = read(record), raw(record)
    before, after = event.before or {}, event.after or {}
    names = [*after, *(name for name in before if name not in after)]
    return {
        "id": hashlib.sha256(whole).hexdigest()[:16],
        "op": event.op,
        "table": event.table,
        "at": event.at_ms / 1000 if event.at_ms else None,
        "key": {name: _text(value) for name, value in (event.key or {}).items()},
        "columns": [
            {
                "name": name,
                "before": _text(before[name]) if name in before else None,
                "after": _text(after[name]) if name in after else None,
                "changed": event.op == "u" and before.get(name) != after.get(name) and event.before is not None,
            }
            for name in names
        ],
        "has_before": event.before is not None,
        "text": event.text,
        "place": f"{record.topic}/{record.partition}@{record.offset}" if record.topic and record.line is None else "",
        "raw": whole[:RAW].decode(errors="replace"),
        "raw_cut": len(whole) > RAW,
    }


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
