"""The .properties format against the rules of java.util.Properties."""

from __future__ import annotations

import pytest

from tailrace.config.properties import parse_properties


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", {"a": "b"}),
        ("a = b ", {"a": "b "}),
        ("a:b", {"a": "b"}),
        ("a b=c", {"a": "b=c"}),
        ("a", {"a": ""}),
        ("a=\r\n\r\nb=1", {"a": "", "b": "1"}),
        ("# x\n ! y\n\na=1", {"a": "1"}),
        ("a=1\\\n   2\\\n#3", {"a": "12#3"}),
        ("a=1\\\\\nb=2", {"a": "1\\", "b": "2"}),
        (r"a\ b\==c\tdé", {"a b=": "c\tdé"}),
        ("a=1\na=2", {"a": "2"}),
        ("a=end\\", {"a": "end"}),
        (r"table=shop\\.orders", {"table": r"shop\.orders"}),
    ],
)
def test_format(text: str, expected: dict[str, str]) -> None:
    assert parse_properties(text) == expected
