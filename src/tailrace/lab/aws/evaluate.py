"""What an alarm's state is, from its last datapoints: CloudWatch's rules, as its User Guide tells them. Pure.

'Configuring how CloudWatch alarms treat missing data' and 'Avoiding premature transitions to alarm state'; the tables
of that page are the cases of tests/unit/lab/test_evaluate.py.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

COMPARISONS: Final = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
EXTRA: Final = 2
"""How many older datapoints are looked at where newer ones are missing. AWS gives 5 for 3 as its example."""


class State(StrEnum):
    """Of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    NO_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """What is made of a datapoint that is not there."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the alarm is about."""

    comparison: str
    threshold: float
    periods: int
    """N: how many are looked at."""
    datapoints: int
    """M: so many of them must breach."""
    missing: Missing = Missing.MISSING

    def breaches(self, value: float) -> bool:
        """Whether this datapoint does."""
        return bool(COMPARISONS[self.comparison](value, self.threshold))


def evaluate(rule: Rule, points: Sequence[float | None], now: State) -> State:
    """`points`: oldest first, None where one is missing, `rule.periods + EXTRA` of them. `now`: its state so far."""
    real = [(age, rule.breaches(value)) for age, value in enumerate(reversed(points), 1) if value is not None]
    if len(real) >= rule.periods:
        recent = [breach for _, breach in real[: rule.periods]]
        return _judged(sum(recent), rule)
    if not real:
        return {
            Missing.MISSING: State.NO_DATA,
            Missing.IGNORE: now,
            Missing.BREACHING: State.ALARM,
            Missing.NOT_BREACHING: State.OK,
        }[rule.missing]
    breaching = sum(breach for _, breach in real)
    if rule.missing is Missing.BREACHING:
        return _judged(breaching + rule.periods - len(real), rule)
    oldest = real[-1][0]
    # All that is there breaches, and has been doing so for long enough.
    premature = breaching == len(real) and oldest >= rule.datapoints
    if rule.missing is not Missing.NOT_BREACHING and breaching < rule.datapoints and premature:
        return State.ALARM if rule.missing is Missing.MISSING else now
    return _judged(breaching, rule)


def _judged(breaching: int, rule: Rule) -> State:
    return State.ALARM if breaching >= rule.datapoints else State.OK
