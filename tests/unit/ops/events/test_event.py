"""What a record is, and how a person is shown it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tailrace.ops.events.event import Event, Filter, Record, of_line, raw, read, summary

SOURCE = {"db": "shop", "table": "orders", "ts_ms": 1_700_000_000_123}


def envelope(op: str, before: Any, after: Any) -> bytes:
    return json.dumps({"before": before, "after": after, "source": SOURCE, "op": op, "ts_ms": 1}).encode()


UPDATE = Record(
    envelope("u", {"id": 7, "v": "new", "w": 1}, {"id": 7, "v": "paid", "w": 1}), b'{"id":7}', "s.shop.orders"
)


def test_an_update_shows_what_has_changed_and_nothing_else() -> None:
    event = read(UPDATE)
    assert (event.op, event.table, event.at_ms, event.key) == ("u", "shop.orders", 1_700_000_000_123, {"id": 7})
    assert summary(event) == "id=7  v: 'new' → 'paid'"
    assert summary(read(Record(UPDATE.value))) == "id=7  v: 'new' → 'paid'"


def test_a_schema_around_it_changes_nothing() -> None:
    assert UPDATE.value
    wrapped = json.dumps({"schema": {"type": "struct"}, "payload": json.loads(UPDATE.value)}).encode()
    assert read(Record(wrapped, b'{"schema":{},"payload":{"id":7}}', UPDATE.topic)) == read(UPDATE)


@pytest.mark.parametrize(
    ("record", "op", "said"),
    [
        (Record(envelope("c", None, {"id": 1, "v": None}), b'{"id":1}'), "c", "id=1  v=NULL"),
        (Record(envelope("d", {"id": 1, "v": 2}, None), b'{"id":1}'), "d", "id=1  v=2"),
        (Record(None, b'{"id":1}', "s.t"), "tombstone", "id=1"),
        (Record(b'{"ts_ms":5}'), "heartbeat", ""),
        (Record(b'{"ddl":"ALTER  TABLE t\\n ADD c INT","source":{}}'), "ddl", "ALTER TABLE t ADD c INT"),
        (Record(b'{"status":"END","id":"x:1","event_count":2}'), "transaction", "END x:1"),
        (Record(b'{"id":1,"__op":"u"}', b'{"id":1}'), "u", "id=1  __op='u'"),
        (Record(b'{"id":1,"v":"x"}', b'{"id":1}'), "row", "id=1  v='x'"),
        (Record(b"\x00\x00\x00\x00\x01abc"), "?", "8 bytes: Avro, or another binary format"),
        (Record(b"[1]"), "?", "3 bytes: no JSON object"),
        (Record(envelope("u", None, {"id": 1}), None), "u", "id=1"),
    ],
)
def test_every_kind_of_record_is_told_for_what_it_is(record: Record, op: str, said: str) -> None:
    event = read(record)
    assert (event.op, summary(event)) == (op, said)


def test_long_values_are_cut_for_people_and_whole_as_json() -> None:
    record = Record(envelope("c", None, {"v": "x" * 1000}), None, "t", 3, 9, 11)
    assert len(summary(read(record))) < 80
    document = json.loads(raw(record))
    assert document["value"]["after"]["v"] == "x" * 1000
    assert (document["topic"], document["partition"], document["offset"], document["timestamp"]) == ("t", 3, 9, 11)
    assert json.loads(raw(Record(b"\x00x", b"k")))["value"] == {"base64": "AHg="}
    # Numbers keep all their digits.
    assert b"12345678901234567890123" in raw(Record(b'{"v":12345678901234567890123}'))


def test_only_what_is_asked_for_is_wanted() -> None:
    event = read(UPDATE)
    assert Filter().wants(event)
    assert Filter((re.compile("shop.orders"),), frozenset("u")).wants(event)
    assert not Filter((re.compile("shop.order"),)).wants(event)
    assert not Filter(operations=frozenset("cd")).wants(event)


def test_a_line_of_a_file_is_a_value_or_a_whole_record() -> None:
    assert UPDATE.value
    assert read(of_line(UPDATE.value)).op == "u"
    line = json.dumps({"topic": "s.t", "key": {"id": 7}, "value": json.loads(UPDATE.value), "headers": []}).encode()
    event = read(of_line(line))
    assert (event.op, event.key) == ("u", {"id": 7})
    assert raw(of_line(line)) == line
    assert read(of_line(b'{"topic":"s.t","key":{"id":7},"value":null}')) == Event("tombstone", "s.t", 0, {"id": 7})
    assert read(of_line(b'{"torn')).op == "?"
