"""Which sink. Its own properties come from the sink's own table, which a higher layer passes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tailrace.config.field import STRING, Field, Values

TYPE = Field(
    "sink.type",
    STRING,
    "stdout",
    "Where events go: stdout, jsonl, parquet, kafka, or a sink that is installed.",
    importance="high",
)

FIELDS: tuple[Field[Any], ...] = (TYPE,)

SinkFields = Callable[[str], Sequence[Field[Any]]]
"""The properties of a sink type; raises ConfigError where there is no such sink."""


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """A sink's type, and the values of the fields in its own table."""

    type: str
    values: Values
