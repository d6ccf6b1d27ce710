"""How durations are spread: counts in buckets whose bounds grow by the same ratio, as DDSketch has them.

A quantile is right within 1.1 %, from a millisecond to days, whatever the number of values; powers of two of a
millisecond are bounds, so that a histogram by those is exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_PER_DOUBLING: Final = 32


@dataclass(frozen=True, slots=True)
class Distribution:
    """Durations in seconds."""

    count: int = 0
    total: float = 0.0
    least: float = math.inf
    greatest: float = 0.0
    buckets: Mapping[int, int] = field(default_factory=dict)
    """`bucket(seconds)` → how many."""

    def quantile(self, share: float) -> float | None:
        """The value that `share` (0 to 1) of all values do not exceed; None: there are no values."""
        if not self.count:
            return None
        wanted, seen = share * (self.count - 1), 0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if seen > wanted:
                return min(max(_middle(index), self.least), self.greatest)
        return self.greatest

    def within(self, bound: float) -> int:
        """How many values are at most `bound` (a power of two of a millisecond)."""
        last = bucket(bound)
        return sum(count for index, count in self.buckets.items() if index <= last)


def bucket(seconds: float) -> int:
    """Where a value is counted; 0: all up to a millisecond."""
    milliseconds = seconds * 1000
    return 0 if milliseconds <= 1 else math.ceil(math.log2(milliseconds) * _PER_DOUBLING)


def _middle(index: int) -> float:
    """The value of the least relative error to both bounds of a bucket."""
    ratio = 2 ** (1 / _PER_DOUBLING)
    return 2 ** (index / _PER_DOUBLING) * 2 / (1 + ratio) / 1000
