"""Debezium's outbox EventRouter: rows of an outbox table become events of their aggregates' topics."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tailrace.transforms import Record, Transform
from tailrace.transforms.options import known_only

log = logging.getLogger(__name__)

_DEFAULTS = {
    "table.field.event.id": "id",
    "table.field.event.key": "aggregateid",
    "table.field.event.payload": "payload",
    "table.fields.additional.placement": "",
    "table.op.invalid.behavior": "warn",
    "route.by.field": "aggregatetype",
    "route.topic.regex": "(?<routedByValue>.*)",
    "route.topic.replacement": "outbox.event.${routedByValue}",
    "route.tombstone.on.empty.payload": "false",
}
_INVALID = ("warn", "error", "fatal")


@dataclass(frozen=True, slots=True)
class _Placement:
    """Where a further column goes."""

    column: str
    header: bool
    name: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with the schemas of its columns, where events carry schemas."""

    values: Mapping[str, Any]
    schemas: Mapping[str, Mapping[str, Any]] | None
    name: str
    """Of the row's schema, without `.Value`."""

    def document(self, column: str) -> Any:
        """One column as a document of its own."""
        if self.schemas is None:
            return self.values[column]
        return {"schema": self.schemas[column], "payload": self.values[column]}


def event_router(options: Mapping[str, str]) -> Transform:
    """`io.debezium.transforms.outbox.EventRouter`. Raises ValueError."""
    known_only(options, *_DEFAULTS)
    chosen = _DEFAULTS | dict(options)
    if chosen["table.op.invalid.behavior"] not in _INVALID:
        raise ValueError(f"table.op.invalid.behavior must be one of {', '.join(_INVALID)}")
    placements = [_placement(text) for text in chosen["table.fields.additional.placement"].split(",") if text.strip()]
    pattern = re.compile(chosen["route.topic.regex"].replace("(?<", "(?P<"))
    replacement = re.sub(r"\$\{(\w+)\}|\$(\d+)", lambda m: rf"\g<{m[1] or m[2]}>", chosen["route.topic.replacement"])
    empty_is_tombstone = chosen["route.tombstone.on.empty.payload"].lower() == "true"

    def transform(record: Record) -> Record | None:
        value = record.value
        if value is not None and "op" not in value:
            return record
        if value is None or value["op"] == "d":
            # Rows are deleted once they are written: that is the pattern.
            return None
        if value["op"] not in {"c", "r"}:
            _complain(record, value, chosen["table.op.invalid.behavior"])
            return None
        row = _row(record)
        topic = pattern.fullmatch(str(row.values[chosen["route.by.field"]]))
        payload = chosen["table.field.event.payload"]
        own = [placement for placement in placements if not placement.header]
        document = _enveloped(row, payload, own) if own else row.document(payload)
        headers = [("id", row.document(chosen["table.field.event.id"]))]
        headers += [(placement.name, row.document(placement.column)) for placement in placements if placement.header]
        return Record(
            topic=topic.expand(replacement) if topic else record.topic,
            key_text=_text(row.document(chosen["table.field.event.key"])),
            value_text=None if empty_is_tombstone and row.values[payload] is None else _text(document),
            headers=(*record.headers, *((name, _text(header)) for name, header in headers)),
            table=record.table,
        )

    return transform


def _placement(text: str) -> _Placement:
    column, _, rest = text.strip().partition(":")
    place, _, name = rest.partition(":")
    if place not in {"header", "envelope"}:
        raise ValueError(f"table.fields.additional.placement: {text.strip()!r} is not column:header or column:envelope")
    return _Placement(column, place == "header", name or column)


def _complain(record: Record, value: Mapping[str, Any], behavior: str) -> None:
    message = f"an outbox row was changed (op {value['op']}), which an outbox never does"
    if behavior == "fatal":
        raise ValueError(message)
    log.log(logging.ERROR if behavior == "error" else logging.WARNING, "%s: %s", record.topic, message)


def _row(record: Record) -> _Row:
    document = orjson.loads(record.value_text or b"null")
    values = record.value["after"]
    if document.keys() != {"schema", "payload"}:
        return _Row(values, None, "")
    after = next(field for field in document["schema"]["fields"] if field["field"] == "after")
    schemas = {
        field["field"]: {name: part for name, part in field.items() if name != "field"} for field in after["fields"]
    }
    return _Row(values, schemas, after["name"].removesuffix(".Value"))


def _enveloped(row: _Row, payload: str, own: list[_Placement]) -> Any:
    """The payload with further columns beside it."""
    names = [("payload", payload), *((placement.name, placement.column) for placement in own)]
    values = {name: row.values[column] for name, column in names}
    if row.schemas is None:
        return values
    fields = [{**row.schemas[column], "field": name} for name, column in names]
    kind = row.values.get("aggregatetype", "")
    schema = {"type": "struct", "fields": fields, "optional": False, "name": f"{row.name}.{kind}.Value"}
    return {"schema": schema, "payload": values}


def _text(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
