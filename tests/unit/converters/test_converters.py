"""Converters: what a function gets, what becomes of what it gives, and what is refused."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tailrace.config import parse
from tailrace.convert.given import given, written
from tailrace.convert.table import describe
from tailrace.converters import BUILTIN, Conversion, Schema, create
from tailrace.engine.converted import Converted
from tailrace.errors import ConfigError, SchemaError, TransformError
from tailrace.model.table import Column, Table, TableId

if TYPE_CHECKING:
    from tailrace.config import Config
    from tailrace.converters import Converter
    from tailrace.transforms import Parts

TINYINT = "io.debezium.connector.mysql.converters.TinyIntOneToBooleanConverter"
TABLE = Table(
    TableId("d", "t"),
    (
        Column("id", "int", nullable=False),
        Column("pay", "decimal", 10, 2, default="1.50"),
        Column("note", "varchar", 9),
    ),
    ("id",),
)


def config(**properties: str) -> Config:
    given = {
        "name": "n", "topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.server.id": "1",
    }  # fmt: skip
    return parse(given | {name.replace("__", "."): value for name, value in properties.items()}, lambda _: ())


def cents(_: TableId, column: Column) -> Conversion | None:
    return Conversion(Schema("int64"), lambda pay: int(pay * 100)) if column.data_type == "decimal" else None


def broken(_: TableId, column: Column) -> Conversion | None:
    return Conversion(Schema("string"), lambda _: 1 // 0) if column.data_type in {"varchar", "int"} else None


def converted(converter: Converter, value: Any, key: Any = None, **properties: str) -> Parts:
    chosen = config(**properties).events
    described = describe(TABLE, chosen, [converter])
    made = Converted(chosen, "records")
    made.learn(TABLE, described)
    text = json.dumps(value).encode()
    if described.encoding.value_schema is not None:
        text = b'{"schema":' + described.encoding.value_schema.encode() + b',"payload":' + text + b"}"
    return made.parts(TABLE.id, ("p.d.t", json.dumps(key).encode(), text, []))


def test_a_function_makes_the_value_of_its_column_alone() -> None:
    value = {"before": None, "after": {"id": 1, "pay": "12.34", "note": "n"}, "op": "c"}
    _, _, text, _ = converted(cents, value, {"id": 1})
    assert json.loads(text or b"") == {"before": None, "after": {"id": 1, "pay": 1234, "note": "n"}, "op": "c"}


def test_schemas_have_the_converters_type_and_the_default_it_makes() -> None:
    properties = {"value__converter__schemas__enable": "true"}
    value = {"before": None, "after": {"id": 1, "pay": None, "note": None}, "op": "c"}
    _, _, text, _ = converted(cents, value, {"id": 1}, **properties)
    document = json.loads(text or b"")
    after = next(field for field in document["schema"]["fields"] if field["field"] == "after")
    assert after["fields"][1] == {"type": "int64", "optional": True, "default": 150, "field": "pay"}
    assert document["payload"]["after"]["pay"] is None, "NULL stays NULL"


def test_null_becomes_the_default_where_that_is_asked_for() -> None:
    value = {"before": None, "after": {"id": 1, "pay": None, "note": None}, "op": "c"}
    _, _, text, _ = converted(cents, value, {"id": 1}, value__converter__replace__null__with__default="true")
    assert json.loads(text or b"")["after"]["pay"] == 150


@pytest.mark.parametrize("mode", ["warn", "skip"])
def test_a_value_on_which_a_function_fails_is_null(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    value = {"before": None, "after": {"note": "1"}, "op": "c"}
    _, _, text, _ = converted(_of("note"), value, event__converting__failure__handling__mode=mode)
    assert json.loads(text or b"")["after"]["note"] is None
    assert ("column d.t.note: a converter failed: ZeroDivisionError" in caplog.text) is (mode == "warn")


def _of(name: str) -> Converter:
    return lambda table, column: broken(table, column) if column.name == name else None


def test_a_function_that_fails_stops_the_connector_where_that_is_asked_for() -> None:
    value = {"before": None, "after": {"note": "1"}, "op": "c"}
    with pytest.raises(TransformError, match="a converter failed: ZeroDivisionError"):
        converted(_of("note"), value, event__converting__failure__handling__mode="fail")


def test_a_function_that_fails_on_a_default_is_told_of_with_its_column() -> None:
    with pytest.raises(TransformError, match="a converter failed: AttributeError") as failed:
        describe(TABLE, config().events, [lambda *_: Conversion(Schema("string"), lambda value: value.nothing)])
    assert failed.value.where == "column d.t.pay"


def test_a_function_that_fails_on_a_key_stops_the_connector_always() -> None:
    with pytest.raises(TransformError, match="a converter failed"):
        converted(_of("id"), {"before": None, "after": {"id": 1}, "op": "c"}, {"id": 1})


def test_what_is_masked_is_not_converted() -> None:
    chosen = config(column__mask__with__3__chars="d.t.pay").events
    with pytest.raises(SchemaError, match=r"column d\.t\.pay has a converter and a mask"):
        describe(TABLE, chosen, [cents])


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (Column("c", "bigint", unsigned=True), -1, 2**64 - 1),
        (Column("c", "decimal", 10, 2), "1.50", Decimal("1.50")),
        (Column("c", "bit", 9), "AQE=", 257),
        (Column("c", "blob"), "AP8=", b"\0\xff"),
        (Column("c", "date"), -1, date(1969, 12, 31)),
        (Column("c", "time"), -3_600_000_000, timedelta(hours=-1)),
        (Column("c", "datetime"), 1_500_000, datetime(1970, 1, 1, 0, 0, 1, 500_000)),  # noqa: DTZ001 - has no zone
        (Column("c", "timestamp"), "2020-01-01T00:00:00Z", datetime.fromisoformat("2020-01-01T00:00:00+00:00")),
        (Column("c", "geometry"), {"wkb": "AP8=", "srid": None}, {"wkb": b"\0\xff", "srid": None}),
    ],
)
def test_a_function_gets_the_value_as_python_has_it(column: Column, text: Any, value: Any) -> None:
    assert given(column)[1](text) == value


def test_a_function_may_give_bytes_and_nothing_that_json_has_no_word_for() -> None:
    assert written({"a": [b"\0\xff"]}) == {"a": ["AP8="]}
    with pytest.raises(TypeError, match="it gave a date"):
        written(date(2020, 1, 1))


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("no.such.Converter", {}, "there is no converter no.such.Converter"),
        (TINYINT, {"selektor": "x"}, "selektor: not supported"),
        (TINYINT, {"selector": "("}, "selector is not a list of regular expressions"),
    ],
)
def test_what_cannot_be_made_is_refused_at_the_start(kind: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        create(kind, options)


def test_a_converter_without_a_type_is_a_problem() -> None:
    with pytest.raises(ConfigError, match=r"a\.type: is missing"):
        config(converters="a", a__selector="x")


def test_the_options_of_a_converter_that_is_not_named_are_unknown() -> None:
    with pytest.raises(ConfigError, match=r"b\.type: unknown property"):
        config(converters="a", a__type=TINYINT, b__type=TINYINT)


def test_debeziums_own_cost_nothing_per_row() -> None:
    for kind in BUILTIN:
        converter = create(kind, {"selector.boolean": ".*"} if "Jdbc" in kind else {})
        found = converter(TABLE.id, Column("c", "tinyint", 1))
        assert found is not None
        assert found.convert is None
