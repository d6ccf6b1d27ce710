"""Whether a Prometheus really watches: our rules are loaded and work, what they look at is there, what fires now."""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.ops.alerts.alert import METRIC, Alert, Engine
from tailrace.ops.alerts.table import ALERTS
from tailrace.ops.prometheus import FiringAlert, LoadedRule, Prometheus


@dataclass(frozen=True, slots=True)
class Facts:
    """What Prometheus tells."""

    rules: tuple[LoadedRule, ...]
    alerts: tuple[FiringAlert, ...]
    metrics: frozenset[str]
    """Of those that our rules look at first, the ones that have series."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """About one alert."""

    alert: Alert
    loaded: bool
    error: str
    """Of its last evaluation."""
    sees: tuple[Engine, ...]
    """Whose series there are for it to look at."""
    active: tuple[FiringAlert, ...]
    """Pending or firing."""

    @property
    def firing(self) -> bool:
        """Somebody is told."""
        return any(found.state == "firing" for found in self.active)

    @property
    def blind(self) -> bool:
        """It cannot fire, for there is nothing that it looks at."""
        return not self.sees

    @property
    def optional(self) -> bool:
        """It need not see anything: not everybody has an Aurora."""
        return set(self.alert.conditions) == {Engine.AURORA}

    @property
    def problem(self) -> bool:
        """Somebody has to do something."""
        return not self.loaded or bool(self.error) or self.firing or (self.blind and not self.optional)


def look(prometheus: Prometheus) -> Facts:
    """Raises PrometheusUnreachable, PrometheusError."""
    names = sorted({metric for alert in ALERTS for metric in _looks_at(alert).values()})
    # One question: how many series each of these names has.
    found = prometheus.query(f'count by (__name__) ({{__name__=~"{"|".join(names)}"}})')
    return Facts(
        tuple(prometheus.rules()),
        tuple(prometheus.alerts()),
        frozenset(series.labels["__name__"] for series in found),
    )


def judge(facts: Facts) -> list[Verdict]:
    """One verdict per alert of the table."""
    loaded = {rule.name: rule for rule in facts.rules}
    has_tailrace = any(name.startswith("tailrace_") for name in facts.metrics)
    verdicts = []
    for alert in ALERTS:
        rule = loaded.get(alert.name)
        sees = [engine for engine, metric in _looks_at(alert).items() if metric in facts.metrics]
        if not has_tailrace:
            sees = [engine for engine in sees if engine is not Engine.TAILRACE]
        verdicts.append(
            Verdict(
                alert,
                rule is not None,
                rule.error if rule else "",
                tuple(sees),
                tuple(found for found in facts.alerts if found.name == alert.name),
            )
        )
    return verdicts


def _looks_at(alert: Alert) -> dict[Engine, str]:
    """The first metric of each condition: the others only narrow it down."""
    found = {}
    for engine, condition in alert.conditions.items():
        metric = METRIC.search(condition)
        assert metric is not None, alert.name
        # That there are none is what it looks for.
        found[engine] = "up" if condition.startswith("absent") else metric[0]
    return found
