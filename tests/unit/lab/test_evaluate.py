"""Alarms change their state as AWS's User Guide says that they do, with datapoints missing."""

from __future__ import annotations

import pytest

from tailrace.lab.aws.evaluate import Missing, Rule, State, evaluate

BEFORE = {State.OK, State.ALARM, State.NO_DATA}
RETAIN = "retain"
THREE_OF_THREE = [
    ("0 - X - X", "OK OK OK OK"),
    ("- - - - 0", "OK OK OK OK"),
    ("- - - - -", "INSUFFICIENT_DATA retain ALARM OK"),
    ("0 X X - X", "ALARM ALARM ALARM ALARM"),
    ("- - X - -", "ALARM retain ALARM OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", "ALARM ALARM ALARM ALARM"),
    ("0 0 X 0 X", "ALARM ALARM ALARM ALARM"),
    ("0 - X - -", "OK OK ALARM OK"),
    ("- - - - 0", "OK OK ALARM OK"),
    ("- - - X -", "ALARM retain ALARM OK"),
]
"""The tables of 'Configuring how CloudWatch alarms treat missing data': missing, ignore, breaching, notBreaching."""


@pytest.mark.parametrize(
    ("datapoints", "points", "expected"),
    [(3, *row) for row in THREE_OF_THREE] + [(2, *row) for row in TWO_OF_THREE],
)
def test_missing_datapoints_are_treated_as_in_the_tables_of_aws(datapoints: int, points: str, expected: str) -> None:
    values = [{"X": 9.0, "0": 1.0, "-": None}[point] for point in points.split()]
    for treated, state in zip(Missing, expected.split(), strict=True):
        rule = Rule("GreaterThanThreshold", 5.0, 3, datapoints, treated)
        for before in BEFORE:
            wanted = before if state == RETAIN else State(state)
            assert evaluate(rule, values, before) is wanted, f"{points} with {treated}"


@pytest.mark.parametrize(
    ("comparison", "below", "same", "above"),
    [
        ("GreaterThanThreshold", False, False, True),
        ("GreaterThanOrEqualToThreshold", False, True, True),
        ("LessThanThreshold", True, False, False),
        ("LessThanOrEqualToThreshold", True, True, False),
    ],
)
def test_comparisons(comparison: str, below: bool, same: bool, above: bool) -> None:
    rule = Rule(comparison, 0.0, 1, 1)
    assert [rule.breaches(value) for value in (-1.0, 0.0, 1.0)] == [below, same, above]
