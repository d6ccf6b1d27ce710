"""Transforms in Python over whole batches: what is left, and up to where it is whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tailrace._kernel import Batch
from tailrace.errors import ConfigError, TransformError
from tailrace.transforms import Chain, Record, create

if TYPE_CHECKING:
    from collections.abc import Sequence

FILTER = "io.debezium.transforms.Filter"
ROUTER = "io.debezium.transforms.ContentBasedRouter"


def batch(*values: Any) -> Batch:
    def text(value: Any) -> bytes | None:
        return json.dumps(value).encode() if value is not None else None

    return Batch.of([("t", b'{"id":1}', text(value), [("h", b'"x"')]) for value in values], output="records")


def values(found: Batch) -> Sequence[Any]:
    return [json.loads(value) if value is not None else None for _, _, value, _ in found.records()]


def test_a_filter_keeps_what_its_condition_says_and_tombstones() -> None:
    chain = Chain([("f", create(FILTER, {"condition": "value.op == 'c'"}))], "records")
    assert values(chain.apply(batch({"op": "c"}, {"op": "d"}, None))) == [{"op": "c"}, None]


def test_a_filter_looks_behind_the_schema() -> None:
    chain = Chain([("f", create(FILTER, {"condition": "value.op == 'c'"}))], "records")
    framed = {"schema": {"type": "struct"}, "payload": {"op": "c"}}
    assert values(chain.apply(batch(framed))) == [framed]


def test_a_filter_passes_over_other_topics() -> None:
    chain = Chain([("f", create(FILTER, {"condition": "false", "topic.regex": "other"}))], "records")
    assert len(chain.apply(batch({"op": "c"})).records()) == 1


def test_a_router_names_the_topic() -> None:
    chain = Chain([("r", create(ROUTER, {"topic.expression": "value.op == 'c' ? 'creates' : null"}))], "records")
    assert [topic for topic, *_ in chain.apply(batch({"op": "c"}, {"op": "u"})).records()] == ["creates", "t"]


def test_lines_hold_the_whole_record() -> None:
    line = Chain([], "lines").apply(batch({"op": "c"})).split()[0]
    assert json.loads(line) == {"topic": "t", "key": {"id": 1}, "value": {"op": "c"}, "headers": {"h": "x"}}


def test_a_value_that_was_replaced_keeps_its_schema() -> None:
    record = Record("t", None, b'{"schema":{"type":"struct"},"payload":{"a":1}}').with_value({"a": 2})
    assert json.loads(record.value_text or b"") == {"schema": {"type": "struct"}, "payload": {"a": 2}}


def test_a_transform_that_fails_says_which_and_on_what() -> None:
    def broken(record: Record) -> Record:
        raise ZeroDivisionError(record.topic)

    chain = Chain([("mine", broken)], "records")
    with pytest.raises(TransformError, match="transform mine failed: ZeroDivisionError"):
        chain.apply(batch({"op": "c"}))


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (FILTER, {}, "condition is missing"),
        (FILTER, {"condition": "true", "whatever": "1"}, "whatever: not supported"),
        (FILTER, {"condition": "value.op.size()"}, "not understood"),
        (FILTER, {"condition": "true", "null.handling.mode": "perhaps"}, "must be one of keep"),
        ("no.such.Transform", {}, "there is no transform no.such.Transform"),
    ],
)
def test_what_cannot_be_made_is_refused_at_the_start(kind: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        create(kind, options)
