"""`converters`: columns that are written in another way than their type says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tailrace.config.field import LIST, STRING, Family, Field, Values, split_list

NAMES: Field[tuple[str, ...]] = Field(
    "converters",
    LIST,
    None,
    "Names of converters; the type of each is in <converter>.type: Debezium's TinyIntOneToBooleanConverter and "
    "JdbcSinkDataTypesConverter, which cost nothing per row, or one of an installed package (an entry point of "
    "tailrace.converters), which sees each value of its columns in Python.",
)
OPTIONS: Family[str] = Family(
    "<converter>.<option>",
    # What it is depends on the names: `options` says.
    re.compile(r"(?!)"),
    STRING,
    "Options of a converter.",
)

FIELDS: tuple[Field[Any], ...] = (NAMES,)
FAMILIES: tuple[Family[Any], ...] = (OPTIONS,)

ConvertersConfig = tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
"""(name, type, options) of each, in order."""


def options(properties: Mapping[str, str]) -> Family[str]:
    """The options of those that `properties` name."""
    names = "|".join(re.escape(name) for name in split_list(properties.get(NAMES.name, "")))
    return Family(OPTIONS.name, re.compile(rf"({names})\.(.+)" if names else "(?!)"), OPTIONS.type, OPTIONS.doc)


def read(values: Values) -> ConvertersConfig:
    """From properties that `problems` has found nothing wrong with."""
    return tuple((name, chosen["type"], tuple(chosen.items())) for name, chosen in _chosen(values).items())


def problems(values: Values) -> list[str]:
    """Converters without a type."""
    return [f"{name}.type: is missing" for name, chosen in _chosen(values).items() if not chosen.get("type")]


def _chosen(values: Values) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {name: {} for name in values.get(NAMES) or ()}
    for (name, option), value in values.family(OPTIONS):
        found[name][option] = value
    return found
