"""The rate limit, by any sequence of requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tailrace.rest.guard import Buckets

STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 3)), max_size=200)


@given(st.integers(1, 20), STEPS)
def test_no_address_gets_more_than_its_rate(rate: int, steps: list[tuple[str, float]]) -> None:
    buckets, now = Buckets(rate), 0.0
    allowed = {"a": 0, "b": 0}
    for address, pause in steps:
        now += pause
        wait = buckets.wait(address, now)
        assert wait >= 0
        if wait == 0.0:
            allowed[address] += 1
        assert allowed[address] <= 2 * rate + rate * now + 1e-6


@given(st.integers(1, 20), STEPS)
def test_who_waits_as_told_is_answered(rate: int, steps: list[tuple[str, float]]) -> None:
    buckets, now = Buckets(rate), 0.0
    for address, pause in steps:
        now += pause
        if wait := buckets.wait(address, now):
            now += wait + 1e-9
            assert buckets.wait(address, now) == 0.0


def test_addresses_are_not_remembered_for_ever() -> None:
    buckets = Buckets(1)
    for number in range(20_000):
        buckets.wait(str(number), 0.0)
    assert len(buckets._buckets) <= 10_000
