"""Hashes held against those that Java and Debezium 3.6.1 gave for the same values."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tailrace.transforms.java_hash import java, murmur

TEXTS = [
    ("", 0, 89125410),
    ("a", 97, -1119243492),
    ("APAC", 2015377, -2142065115),
    ("hello world 12345", 900256727, 125446882),
    ("0123456789abcdef", 285443752, 26898387),
    ("0123456789abcdefg", 258821823, -1536414354),
    ("жёлтый", 1851290704, 1354683956),
    ("emoji 😀 here!", 68863950, 1117763040),
    ("ÿ" * 15, -44573217, -1475641907),
]
OTHERS: list[tuple[str, Any, int, int]] = [
    ("int32", 1, 1, -1931162451),
    ("int32", -1, -1, 171705313),
    ("int32", 123456, 123456, -486788689),
    ("int64", 1, 1, -1931162451),
    ("int64", -1, 0, 1805505889),
    ("int64", 1234567890123, 1912276436, 518237802),
    ("boolean", True, 1231, -1891831265),
    ("boolean", False, 1237, -682375457),
    ("double", 1.5, 1073217536, -1122085266),
    ("double", -0.0, -2147483648, -797218156),
    ("float", 1.5, 1069547520, 1166483436),
    ("int16", -3, -3, -1765749021),
]
DECIMALS = [
    (150, 2, 4652, 1881887724),
    (-123456789012345678901234567890123, 3, 285907330, 524774623),
    (0, 2, 2, -351805952),
]


@pytest.mark.parametrize(("text", "plain", "murmured"), TEXTS)
def test_text_has_the_hash_that_java_gives_it(text: str, plain: int, murmured: int) -> None:
    schema = {"type": "string"}
    assert (java(text, schema), murmur(text, schema)) == (plain, murmured)


@pytest.mark.parametrize(("kind", "value", "plain", "murmured"), OTHERS)
def test_numbers_have_the_hash_of_their_type(kind: str, value: Any, plain: int, murmured: int) -> None:
    assert (java(value, {"type": kind}), murmur(value, {"type": kind})) == (plain, murmured)


@pytest.mark.parametrize(("unscaled", "scale", "plain", "murmured"), DECIMALS)
def test_decimals_have_the_hash_of_a_big_decimal(unscaled: int, scale: int, plain: int, murmured: int) -> None:
    name = "org.apache.kafka.connect.data.Decimal"
    schema = {"type": "bytes", "name": name, "parameters": {"scale": str(scale)}}
    value = base64.b64encode(unscaled.to_bytes(20, "big", signed=True)).decode()
    assert (java(value, schema), murmur(value, schema)) == (plain, murmured)


def test_a_struct_has_no_hash_that_is_the_same_everywhere() -> None:
    with pytest.raises(ValueError, match="type struct"):
        java({}, {"type": "struct"})
