"""One alert: what is watched, what it means that it fires, and what to do then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tailrace.ops.alerts.threshold import Thresholds, duration

OTHERS: Final = "job, instance, name"
"""Labels that one connector's series share, whichever metric it is; `name` is its topic.prefix."""
METRIC: Final = re.compile(r"\b(?:debezium_metrics|tailrace|kafka_connect|aws_rds)_\w+|\bup\b")
_PLACE: Final = re.compile(r"(\[)?<([a-z.-]+)>")


class Severity(StrEnum):
    """Whether somebody is woken."""

    CRITICAL = "critical"
    WARNING = "warning"


class Engine(StrEnum):
    """Whose series a condition looks at."""

    BOTH = "both"
    """Those that Tailrace has under Debezium's names, or that any target has."""
    TAILRACE = "tailrace"
    DEBEZIUM = "debezium"
    AURORA = "aurora"
    """CloudWatch's, as its exporters name them."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Fires where one of its conditions holds for as long as the threshold `hold` says."""

    name: str
    severity: Severity
    conditions: Mapping[Engine, str]
    """PromQL; `<name>` stands for a threshold, `[<name>]` for one as a range."""
    hold: str
    """Empty: it fires at once."""
    summary: str
    """A line, in Prometheus's template language."""
    meaning: str
    steps: tuple[str, ...]
    """What to do, in this order."""
    silent: str = ""
    """When it does not fire though one might think so."""
    quiets: tuple[str, ...] = ()
    """Alerts of the same connector that say nothing more while this one fires."""

    def expression(self, thresholds: Thresholds) -> str:
        """The whole condition."""
        filled = [fill(condition, thresholds) for condition in self.conditions.values()]
        return filled[0] if len(filled) == 1 else "\nor\n".join(f"({condition})" for condition in filled)

    def lasts(self, thresholds: Thresholds) -> str:
        """`5m`."""
        return duration(float(thresholds[self.hold])) if self.hold else "0s"

    def thresholds(self) -> tuple[str, ...]:
        """Names of those that it uses."""
        used = [name for condition in self.conditions.values() for _, name in _PLACE.findall(condition)]
        return tuple(dict.fromkeys((*used, self.hold) if self.hold else used))


def fill(condition: str, thresholds: Thresholds) -> str:
    """The condition with figures for thresholds."""

    def value(place: re.Match[str]) -> str:
        text = thresholds[place[2]]
        return f"[{duration(float(text))}" if place[1] else text.replace("\\", "\\\\")

    return _PLACE.sub(value, condition)


def own(selector: str) -> str:
    """A metric of Tailrace's with the label `name` that Debezium's have."""
    return f'label_replace({selector}, "name", "$1", "server", "(.+)")'


def of_connect(selector: str) -> str:
    """A metric of Kafka Connect's with the label `name`: the connector's, which need not be its topic.prefix."""
    return f'label_replace({selector}, "name", "$1", "connector", "(.+)")'
