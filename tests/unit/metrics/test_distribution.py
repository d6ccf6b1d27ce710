"""Quantiles of durations against a sorted list of them."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tailrace.model.distribution import Distribution, bucket

SECONDS = st.floats(min_value=0, max_value=1e6, allow_nan=False)


def _of(values: list[float]) -> Distribution:
    return Distribution(len(values), math.fsum(values), min(values), max(values), Counter(map(bucket, values)))


@given(st.lists(SECONDS, min_size=1, max_size=200), st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_right_within_its_promise(values: list[float], share: float) -> None:
    exact = sorted(values)[math.floor(share * (len(values) - 1))]
    found = _of(values).quantile(share)
    assert found is not None
    # Below a millisecond all are one.
    assert math.isclose(found, exact, rel_tol=0.011, abs_tol=0.001)


@given(st.lists(SECONDS, min_size=1, max_size=200), st.integers(min_value=0, max_value=25))
def test_a_count_up_to_a_power_of_two_is_exact(values: list[float], power: int) -> None:
    bound = 2.0**power / 1000
    assert _of(values).within(bound) == sum(value <= bound for value in values)


def test_nothing_has_no_quantile() -> None:
    assert Distribution().quantile(0.5) is None
