"""Debezium's Filter and ContentBasedRouter: a condition keeps a record, an expression names its topic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from tailrace.transforms import Record, Transform
from tailrace.transforms.expression import Expression, compile_expression
from tailrace.transforms.options import known_only, required

_COMMON = ("language", "topic.regex", "null.handling.mode")
_NULLS = ("keep", "drop", "evaluate")


def filter_(options: Mapping[str, str]) -> Transform:
    """`io.debezium.transforms.Filter`. Raises ValueError."""
    condition = compile_expression(required(options, "condition"))
    return _scripted(options, "condition", lambda record, scope: record if condition(scope) is True else None)


def router(options: Mapping[str, str]) -> Transform:
    """`io.debezium.transforms.ContentBasedRouter`. Raises ValueError."""
    expression = compile_expression(required(options, "topic.expression"))
    return _scripted(options, "topic.expression", lambda record, scope: _routed(record, expression, scope))


def _routed(record: Record, expression: Expression, scope: Mapping[str, Any]) -> Record:
    topic = expression(scope)
    if topic is None:
        return record
    if not isinstance(topic, str):
        raise TypeError(f"the topic is {topic!r}, which is no text")
    return record.with_topic(topic)


def _scripted(
    options: Mapping[str, str], own: str, act: Callable[[Record, Mapping[str, Any]], Record | None]
) -> Transform:
    known_only(options, *_COMMON, own)
    pattern = re.compile(options["topic.regex"]) if "topic.regex" in options else None
    nulls = options.get("null.handling.mode", "keep").lower()
    if nulls not in _NULLS:
        raise ValueError(f"null.handling.mode must be one of {', '.join(_NULLS)}")

    def transform(record: Record) -> Record | None:
        if pattern is not None and not pattern.fullmatch(record.topic):
            return record
        if record.value_text is None and nulls != "evaluate":
            return record if nulls == "keep" else None
        headers = {name: orjson.loads(value) for name, value in record.headers}
        scope = {"value": record.value, "key": record.key, "topic": record.topic, "header": headers}
        return act(record, scope)

    return transform
