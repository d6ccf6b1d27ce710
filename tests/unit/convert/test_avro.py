"""Avro schemas and bytes, against those of AvroData."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.avro.reader import read
from tailrace.convert.avro import avro_text
from tailrace.convert.avro_value import writer
from tailrace.convert.schema import Schema, struct
from tailrace.errors import SchemaError

RECORDED = Path(__file__).parents[2] / "oracles" / "avro" / "avro_data.jsonl"
CASES = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").strip().split("\n")]
INTEGERS = st.integers(-(2**63), 2**63 - 1)


def schema_of(document: dict[str, Any]) -> Schema:
    """Connect's schema out of its JSON."""
    return Schema(
        document["type"],
        document["optional"],
        document.get("name"),
        document.get("version"),
        document.get("doc"),
        tuple(document.get("parameters", {}).items()),
        document.get("default"),
        tuple((field["field"], schema_of(field)) for field in document.get("fields", ())),
        schema_of(document["items"]) if "items" in document else None,
    )


def encoded(schema: Schema, value: Any) -> bytes:
    out = bytearray()
    writer(schema)(value, out)
    return bytes(out)


def test_there_are_cases_of_every_kind() -> None:
    names = {case["schema"]["name"].rpartition(".")[2] for case in CASES}
    assert {"Key", "Envelope", "SchemaChangeValue", "Heartbeat", "TransactionMetadataValue"} <= names


@pytest.mark.parametrize("number", range(len(CASES)))
def test_avro_is_what_the_converter_of_connect_writes(number: int) -> None:
    case = CASES[number]
    schema = schema_of(case["schema"])
    assert avro_text(schema) == json.dumps(case["avro"], ensure_ascii=False, separators=(",", ":"))
    for value in case["values"]:
        assert encoded(schema, value["payload"]).hex() == value["bytes"]


ROW = struct(
    "a.b.Row",
    ("number", Schema("int64")),
    ("default_number", Schema("int32", optional=True, default=5)),
    ("text", Schema("string", optional=True)),
    ("numbers", Schema("array", items=Schema("int64"))),
    ("double", Schema("double")),
    ("flag", Schema("boolean")),
)
ROWS = st.fixed_dictionaries(
    {
        "number": INTEGERS,
        "default_number": st.none() | st.integers(-(2**31), 2**31 - 1),
        "text": st.none() | st.text(),
        "numbers": st.lists(INTEGERS, max_size=70),
        "double": st.floats(allow_nan=False),
        "flag": st.booleans(),
    }
)


@given(ROWS)
def test_what_is_written_is_read_back(row: dict[str, Any]) -> None:
    assert read(json.loads(avro_text(ROW)), encoded(ROW, row)) == row


def test_a_null_stays_null_where_the_column_has_a_default() -> None:
    schema = struct("r", ("n", Schema("int32", optional=True, default=5)))
    assert encoded(schema, {"n": None}) == b"\x02"


def test_a_missing_value_that_must_not_be_null_is_its_default() -> None:
    schema = struct("r", ("n", Schema("int32", default=5)))
    assert encoded(schema, {}) == b"\x0a"


def test_a_missing_value_without_default_is_an_error_that_names_the_field() -> None:
    with pytest.raises(SchemaError, match="field n is null"):
        encoded(struct("r", ("n", Schema("int32"))), {"n": None})


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        (struct("my-shop.t.Key", ("id", Schema("int32"))), "schema.name.adjustment.mode=avro"),
        (struct("shop.t.Key", ("größe", Schema("int32"))), "field.name.adjustment.mode=avro"),
    ],
)
def test_a_name_that_avro_does_not_take_is_refused_with_what_to_set(schema: Schema, hint: str) -> None:
    with pytest.raises(SchemaError) as caught:
        avro_text(schema)
    assert hint in str(caught.value)
