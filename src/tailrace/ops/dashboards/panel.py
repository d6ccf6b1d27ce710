"""What a dashboard shows, before it is Grafana's: rows of panels, each with queries and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

BEAN: Final = 'job=~"$job", instance=~"$instance", name=~"$name"'
"""Selects connectors in metrics under Debezium's names."""
OWN: Final = 'job=~"$job", instance=~"$instance", server=~"$name"'
"""The same in Tailrace's own."""
TARGET: Final = 'job=~"$job", instance=~"$instance"'


class Kind(StrEnum):
    """How a panel is drawn."""

    STAT = "stat"
    TIMES = "timeseries"
    TABLE = "table"


class Series(StrEnum):
    """Whether a query must return something."""

    EVERY = "every"
    """For every connector, Tailrace's or Debezium's."""
    TAILRACE = "tailrace"
    """Only for Tailrace: Debezium does not tell this."""
    SOMETIMES = "sometimes"
    """None is good news."""


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL with the dashboard's variables, and the name of its series."""

    expression: str
    legend: str = "{{name}}"
    series: Series = Series.EVERY


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture."""

    title: str
    doc: str
    unit: str
    """Grafana's name of it."""
    kind: Kind
    queries: tuple[Query, ...]
    steps: tuple[tuple[float | None, str], ...] = ()
    """From which value on it has which colour; the first is None."""
    words: tuple[tuple[float, str, str], ...] = ()
    """Value, word for it, colour."""

    def shown(self, value: float) -> str:
        """What stands there for a value: its word, if it has one."""
        return next((word for named, word, _ in self.words if named == value), f"{value:g}")


@dataclass(frozen=True, slots=True)
class Row:
    """Panels below one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    doc: str
    rows: tuple[Row, ...]

    def panels(self) -> Sequence[Panel]:
        """Of all rows."""
        return [panel for row in self.rows for panel in row.panels]


def bean(attribute: str, context: str = "streaming", more: str = "") -> str:
    """A metric under Debezium's name, of the connectors that are chosen."""
    return f'debezium_metrics_{attribute}{{context="{context}", {BEAN}{more}}}'


def own(name: str, more: str = "") -> str:
    """A metric of Tailrace's own, of the connectors that are chosen."""
    return f"tailrace_{name}{{{OWN}{more}}}"
