"""Converters: columns that are written in another way than their type says.

A converter is asked once for each column of each captured table (again after DDL). It answers None, which leaves the
column as it is, or a `Conversion`: the schema that the column has in events, and the function that makes each value.
The function gets the value as Python has it, whatever the modes of the connector are (`tailrace.convert.given`), and
returns what JSON can hold, or bytes; NULL stays NULL, and does not reach it. A DEFAULT goes through it too.

Your own is an entry point of the group `tailrace.converters`: a function from its options (`<name>.<option>`) to such
a converter, which raises ValueError for options it cannot take. `<name>.type` names the entry point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tailrace.config import plugged
from tailrace.convert.schema import Schema
from tailrace.errors import ConfigError
from tailrace.model.encoding import Form
from tailrace.model.table import Column, TableId

__all__ = ["Column", "Conversion", "Convert", "Converter", "Factory", "Schema", "TableId", "create"]

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a column is written; whether it may be null, and its default, the column itself says."""

    schema: Schema
    convert: Convert | None = None
    """Called for each value of each row in Python, which is slow. None: the kernel writes `form`."""
    form: Form | None = None
    """For converters of our own."""


Converter = Callable[[TableId, Column], Conversion | None]
Factory = Callable[[Mapping[str, str]], Converter]

_TINYINT = "tailrace.converters.builtin:tinyint_one_to_boolean"
_JDBC = "tailrace.converters.builtin:jdbc_sink_data_types"
_PACKAGES = ("io.debezium.connector.mysql.converters", "io.debezium.connector.binlog.converters")
BUILTIN = {
    **{f"{package}.TinyIntOneToBooleanConverter": _TINYINT for package in _PACKAGES},
    **{f"{package}.JdbcSinkDataTypesConverter": _JDBC for package in _PACKAGES},
}
"""Debezium's own, which cost nothing per row."""


def create(kind: str, options: Mapping[str, str]) -> Converter:
    """The converter of a type. Raises ConfigError where there is none, or it cannot take its options."""
    factory: Factory | None = plugged.find("tailrace.converters", kind, BUILTIN)
    if factory is None:
        raise ConfigError(f"there is no converter {kind}", hint="install the package that has it as an entry point")
    try:
        return factory(options)
    except ValueError as error:
        raise ConfigError(f"{kind}: {error}") from None
