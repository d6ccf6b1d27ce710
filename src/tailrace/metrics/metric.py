"""One metric: its name, its meaning, and how its value is had from what a connector tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tailrace.model.distribution import Distribution
from tailrace.model.progress import Progress


@dataclass(frozen=True, slots=True)
class View:
    """A connector at one moment."""

    progress: Progress
    now: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A value with labels of its own."""

    value: float
    labels: Mapping[str, str]


Value = float | Distribution | None | Iterator[Sample]
"""None: there is nothing to tell, and so no sample."""


@dataclass(frozen=True, slots=True)
class Metric:
    """Of each connector. Several may share a name, with another context each."""

    name: str
    """Without `_total`."""
    type: Literal["gauge", "counter", "histogram"]
    unit: str
    """Empty: a count, a flag or a text."""
    doc: str
    value: Callable[[View], Value]
    labels: tuple[str, ...] = ()
    """Names of the labels of its samples, beside those of the connector."""
    context: str = ""
    """Of Debezium's metrics: snapshot, streaming or schema-history."""
    restless: bool = False
    """A text that changes with every transaction: as a label it would be a new time series each time."""
