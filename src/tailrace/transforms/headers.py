"""Debezium's HeaderToValue: headers become fields of the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tailrace.convert.schema import Json
from tailrace.transforms import Record, Transform
from tailrace.transforms.options import known_only, required, required_list

_Path = tuple[str, ...]
_Field = tuple[Mapping[str, Any], Json]
"""Schema and value."""
_STRUCT: Mapping[str, Any] = {"type": "struct", "fields": [], "optional": True}


def header_to_value(options: Mapping[str, str]) -> Transform:
    """`io.debezium.transforms.HeaderToValue`. Raises ValueError."""
    known_only(options, "headers", "fields", "operation")
    names, fields = required_list(options, "headers"), required_list(options, "fields")
    if len(names) != len(fields):
        raise ValueError(f"fields names {len(fields)}, and headers {len(names)}: each header needs its field")
    operation = required(options, "operation").lower()
    if operation not in {"move", "copy"}:
        raise ValueError(f"operation must be move or copy, not {operation}")
    paths: dict[str, _Path] = {}
    for name, field in zip(names, fields, strict=True):
        paths.setdefault(name, tuple(field.split(".")))

    def transform(record: Record) -> Record:
        found = [(paths[name], _parse(text)) for name, text in record.headers if name in paths]
        if not found or record.value_text is None:
            return record
        schema, value = record.schema, record.value
        for path, field in found:
            schema, value = _with_field(schema, value, path, field)
        changed = record.with_schema_and_value(schema, value) if schema is not None else record.with_value(value)
        if operation == "copy":
            return changed
        return changed.with_headers((name, text) for name, text in record.headers if name not in paths)

    return transform


def _parse(text: bytes) -> _Field:
    document = orjson.loads(text)
    if isinstance(document, dict) and document.keys() == {"schema", "payload"}:
        return document["schema"], document["payload"]
    return _guessed(document), document


def _guessed(value: Json) -> Mapping[str, Any]:
    """The schema of a header that comes without."""
    match value:
        case bool():
            return {"type": "boolean", "optional": False}
        case int():
            return {"type": "int64", "optional": False}
        case float():
            return {"type": "double", "optional": False}
        case dict():
            fields = [{**_guessed(part), "field": name} for name, part in value.items()]
            return {"type": "struct", "fields": fields, "optional": False}
        case None:
            return {"type": "string", "optional": True}
        case _:
            return {"type": "string", "optional": False}


def _with_field(
    schema: Mapping[str, Any] | None, value: Json, path: _Path, field: _Field
) -> tuple[Mapping[str, Any] | None, Json]:
    """Both with the field at its place; structs on the way to it are made where there are none."""
    name, rest = path[0], path[1:]
    known: Sequence[Mapping[str, Any]] = schema["fields"] if schema is not None else ()
    old = next((one for one in known if one["field"] == name), None)
    if rest:
        if old is not None and old["type"] != "struct":
            raise ValueError(f"{name} is no struct: {'.'.join(path)} cannot be a field of it")
        is_new = old is None and name not in value
        inner = {} if is_new else value.get(name)
        of_inner = old if old is not None else _STRUCT
        new, part = _with_field(of_inner if schema is not None else None, inner, rest, field)
    else:
        new, part = old if old is not None else field[0], field[1]
    if schema is not None and new is not None:
        kept = [{**new, "field": name} if one["field"] == name else one for one in known]
        schema = {**schema, "fields": kept if old is not None else [*known, {**new, "field": name}]}
    # Of an image that is null nothing is made.
    return schema, value if value is None else {**value, name: part}
