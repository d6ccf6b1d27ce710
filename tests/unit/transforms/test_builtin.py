"""Transforms that see each record: what they refuse, and what comparison with Debezium cannot show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tailrace._kernel import Batch
from tailrace.errors import ConfigError
from tailrace.transforms import Chain, Record, create

PARTITIONS = "io.debezium.transforms.partitions.PartitionRouting"
HEADERS = "io.debezium.transforms.HeaderToValue"
ZONES = "io.debezium.transforms.TimezoneConverter"
ROW = {"type": "struct", "optional": True, "fields": [{"field": "id", "type": "int32", "optional": False}]}
ENVELOPE = {
    "type": "struct",
    "name": "t.d.t.Envelope",
    "optional": False,
    "fields": [{**ROW, "field": "before"}, {**ROW, "field": "after"}, {"field": "op", "type": "string"}],
}


def record(value: Any, *headers: tuple[str, bytes]) -> Record:
    return Record("t", None, json.dumps(value).encode(), headers, known_schema=ENVELOPE)


def test_a_partition_comes_from_fields_also_where_documents_go_without_schemas() -> None:
    route = create(PARTITIONS, {"partition.payload.fields": "change.id", "partition.topic.num": "4"})
    created, deleted = {"before": None, "after": {"id": 7}, "op": "c"}, {"before": {"id": 9}, "after": None, "op": "d"}
    assert [route(record(value)).partition for value in (created, deleted)] == [3, 1]  # type: ignore[union-attr] # none is dropped


def test_a_field_of_an_image_that_is_not_there_routes_nothing() -> None:
    route = create(PARTITIONS, {"partition.payload.fields": "before.id", "partition.topic.num": "4"})
    found = route(record({"before": None, "after": {"id": 7}, "op": "c"}))
    assert found is not None
    assert found.partition is None


def test_partitions_reach_the_batch_that_a_sink_gets() -> None:
    chain = Chain([("p", lambda one: one.with_partition(5))], "records")
    assert chain.apply(Batch.of([("t", b"1", b"{}", [])], output="records")).partitions() == [5]


def test_a_line_tells_of_its_partition() -> None:
    chain = Chain([("p", lambda one: one.with_partition(5))], "lines")
    line = chain.apply(Batch.of([("t", b"1", b"{}", [])], output="records")).split()[0]
    assert json.loads(line) == {"topic": "t", "key": 1, "value": {}, "partition": 5, "headers": {}}


def test_a_header_moves_into_the_value() -> None:
    options = {"headers": "a,b", "fields": "first,after.second", "operation": "move"}
    found = create(HEADERS, options)(record({"after": {"id": 1}, "op": "c"}, ("a", b'"x"'), ("c", b"1"), ("b", b"2")))
    assert found is not None
    assert found.value == {"after": {"id": 1, "second": 2}, "op": "c", "first": "x"}
    assert found.headers == (("c", b"1"),)
    schema = found.schema
    assert schema is not None
    assert [field["field"] for field in schema["fields"]] == ["before", "after", "op", "first"]


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (PARTITIONS, {"partition.topic.num": "2"}, "partition.payload.fields is missing"),
        (PARTITIONS, {"partition.payload.fields": "op", "partition.topic.num": "0"}, "a whole number above 0, not 0"),
        (
            PARTITIONS,
            {"partition.payload.fields": "op", "partition.topic.num": "2", "partition.hash.function": "md5"},
            "must be one of java, murmur",
        ),
        (HEADERS, {"headers": "a", "fields": "b,c", "operation": "move"}, "each header needs its field"),
        (HEADERS, {"headers": "a", "fields": "b", "operation": "steal"}, "must be move or copy, not steal"),
        (ZONES, {}, "converted.timezone is missing"),
        (ZONES, {"converted.timezone": "Mars/Olympus"}, "must be a zone such as"),
        (ZONES, {"converted.timezone": "UTC", "include.list": "orders"}, "'orders' is not source:table"),
        (ZONES, {"converted.timezone": "UTC", "include.list": "a:b", "exclude.list": "c:d"}, "not both"),
    ],
)
def test_what_cannot_be_made_is_refused_at_the_start(kind: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        create(kind, options)
