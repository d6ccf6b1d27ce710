"""Debezium's own converters for MySQL. The kernel writes their forms, so they cost nothing per row."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tailrace.config.field import split_list
from tailrace.convert.schema import Schema
from tailrace.converters import Conversion, Converter
from tailrace.model.table import Column, TableId

_CHARACTER_SET = "__debezium.source.column.character_set"
_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bit"})
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})


def tinyint_one_to_boolean(options: Mapping[str, str]) -> Converter:
    """`TinyIntOneToBooleanConverter`: TINYINT(1) as a boolean, true above 0. Raises ValueError."""
    _known_only(options, "selector", "length.checker")
    selector = _selector(options, "selector")
    any_length = options.get("length.checker", "true").lower() == "false"

    def converter(table: TableId, column: Column) -> Conversion | None:
        fits = column.data_type == "tinyint" and not column.zerofill and (any_length or column.length == 1)
        if not fits or not (selector is None or _selects(selector, table, column)):
            return None
        return Conversion(Schema("boolean"), form="positive")

    return converter


def jdbc_sink_data_types(options: Mapping[str, str]) -> Converter:
    """`JdbcSinkDataTypesConverter`: columns by name as small numbers, doubles or marked text. Raises ValueError."""
    _known_only(options, "selector.boolean", "selector.real", "selector.string", "treat.real.as.double")
    boolean, real, string = (
        _selector(options, name) for name in ("selector.boolean", "selector.real", "selector.string")
    )
    as_double = options.get("treat.real.as.double", "true").lower() == "true"

    def converter(table: TableId, column: Column) -> Conversion | None:
        if boolean is not None and column.data_type in _INTEGERS and _selects(boolean, table, column):
            return Conversion(Schema("int16"), form="positive_int")
        if real is not None and column.data_type in {"float", "double"} and _selects(real, table, column):
            return (
                Conversion(Schema("double"), form="double") if as_double else Conversion(Schema("float"), form="float")
            )
        if string is not None and column.data_type in _TEXTS and _selects(string, table, column):
            return Conversion(Schema("string", parameters=((_CHARACTER_SET, column.charset or ""),)), form="text")
        return None

    return converter


def _known_only(options: Mapping[str, str], *known: str) -> None:
    if strangers := sorted(set(options) - {"type", *known}):
        raise ValueError(f"{', '.join(strangers)}: not supported")


def _selector(options: Mapping[str, str], name: str) -> tuple[re.Pattern[str], ...] | None:
    """None: not given."""
    text = options.get(name, "").strip()
    try:
        return tuple(re.compile(item, re.IGNORECASE) for item in split_list(text)) if text else None
    except re.error as error:
        raise ValueError(f"{name} is not a list of regular expressions: {error}") from None


def _selects(selector: tuple[re.Pattern[str], ...], table: TableId, column: Column) -> bool:
    name = f"{table}.{column.name}"
    return any(pattern.fullmatch(name) for pattern in selector)
