"""Whether a dashboard shows something: each of its queries against a real Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tailrace.ops.dashboards.panel import Dashboard, Panel, Query, Series
from tailrace.ops.prometheus import Prometheus
from tailrace.ops.prometheus import Series as Found

RATE_INTERVAL = "1m"
"""Four scrapes of 15 s, as Grafana would reckon."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the dashboard's variables are set to; regular expressions, as Grafana fills in."""

    job: str = ".*"
    instance: str = ".*"
    name: str = ".*"


@dataclass(frozen=True, slots=True)
class Shown:
    """What one query returned."""

    row: str
    panel: Panel
    query: Query
    found: Sequence[Found]
    needed: bool
    """There must be something."""

    @property
    def series(self) -> int:
        """How many there are."""
        return len(self.found)

    @property
    def problem(self) -> bool:
        """It is empty and should not be."""
        return self.needed and not self.series


def check(dashboard: Dashboard, prometheus: Prometheus, choice: Choice) -> Iterator[Shown]:
    """Runs every query. Raises PrometheusUnreachable; PrometheusError where one is refused."""
    has_tailrace = bool(prometheus.query(fill('tailrace_state{job=~"$job", server=~"$name"}', choice)))
    for row in dashboard.rows:
        for panel in row.panels:
            for query in panel.queries:
                found = prometheus.query(fill(query.expression, choice))
                needed = query.series is Series.EVERY or (query.series is Series.TAILRACE and has_tailrace)
                yield Shown(row.title, panel, query, found, needed)


def fill(expression: str, choice: Choice) -> str:
    """The query with its variables replaced."""
    values = {
        "$__rate_interval": RATE_INTERVAL,
        "$job": choice.job,
        "$instance": choice.instance,
        "$name": choice.name,
    }
    for variable, value in values.items():
        expression = expression.replace(variable, value)
    return expression
