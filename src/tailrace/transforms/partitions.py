"""Debezium's PartitionRouting: fields of an event say in which partition of its topic it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tailrace.convert.schema import Json
from tailrace.transforms import Record, Transform
from tailrace.transforms.java_hash import Hash, java, murmur
from tailrace.transforms.options import known_only, required, required_list

_HASHES: Mapping[str, Hash] = {"java": java, "murmur": murmur}
_MOST = 0x7FFFFFFF


def partition_routing(options: Mapping[str, str]) -> Transform:
    """`io.debezium.transforms.partitions.PartitionRouting`. Raises ValueError."""
    known_only(options, "partition.payload.fields", "partition.topic.num", "partition.hash.function")
    paths = [
        tuple(part.strip() for part in field.split(".")) for field in required_list(options, "partition.payload.fields")
    ]
    count = required(options, "partition.topic.num")
    if not count.isdecimal() or int(count) == 0:
        raise ValueError(f"partition.topic.num must be a whole number above 0, not {count}")
    hash_of = _HASHES.get(options.get("partition.hash.function", "java").strip().lower())
    if hash_of is None:
        raise ValueError(f"partition.hash.function must be one of {', '.join(_HASHES)}")

    def transform(record: Record) -> Record:
        if not record.is_envelope or record.value["op"] in {"t", "m"}:
            return record
        found = [field for path in paths if (field := _field(record, path)) is not None]
        if not found:
            return record
        total = sum(hash_of(value, schema) for value, schema in found) & _MOST
        return record.with_partition(0 if total == _MOST else total % int(count))

    return transform


def _field(record: Record, path: tuple[str, ...]) -> tuple[Json, Mapping[str, Any]] | None:
    """Value and schema; None: there is no such field in this event, or it is null."""
    value, schema = record.value, record.schema
    for index, part in enumerate(path):
        # Not the last: a column may have that name.
        change = part == "change" and index < len(path) - 1
        name = ("before" if record.value["op"] == "d" else "after") if change else part
        if schema is None or not isinstance(value, Mapping) or name not in value:
            return None
        schema = next((field for field in schema["fields"] if field["field"] == name), None)
        value = value[name]
    return None if value is None or schema is None else (value, schema)
