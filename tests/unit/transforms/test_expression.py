"""Conditions of Debezium's scripted transforms, in the part of Groovy that is understood."""

from __future__ import annotations

from typing import Any

import pytest

from tailrace.transforms.expression import compile_expression

SCOPE: dict[str, Any] = {
    "topic": "shop.db.orders",
    "key": {"id": 7},
    "value": {"op": "u", "before": {"id": 2, "note": None}, "after": {"id": 2, "note": "a && b"}, "list": [1, 2]},
    "header": {"h": "x"},
}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("value.op == 'u' && value.before.id == 2", True),
        ("value.op == 'c' || value.after.id >= 2", True),
        ("!(value.op == 'd')", True),
        ("value.op != 'u'", False),
        ("value.after.note == 'a && b'", True),
        ('value.after.note == "a && b"', True),
        ("value.before.note == null", True),
        ("value.nothing.at.all == null", True),
        ("value['op'] in ['c', 'u']", True),
        ("key.id < -1", False),
        ("value.list[1]", 2),
        ("header.h", "x"),
        ("true", True),
        ("value.op == 'u' ? 'updates' : 'others'", "updates"),
        ("value.op == 'c' ? 'creates' : null", None),
    ],
)
def test_a_condition_is_what_it_says(text: str, result: Any) -> None:
    assert compile_expression(text)(SCOPE) == result


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "value.op.toUpperCase() == 'U'", "value.op ==", "lambda: 1", "1 < 2 < 3", "f'{value}'", ""],
)
def test_what_is_not_understood_is_refused_when_the_connector_starts(text: str) -> None:
    with pytest.raises(ValueError, match=r"expression|understood"):
        compile_expression(text)


def test_a_name_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="there is no val in a record; topic, key, value, header are"):
        compile_expression("val.op")(SCOPE)
