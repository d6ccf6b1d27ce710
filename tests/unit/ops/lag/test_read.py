"""What a connector tells of itself, as facts of its lag."""

from __future__ import annotations

import pytest

from tailrace.ops.exposition import read
from tailrace.ops.lag.read import of_metrics

NOW = 10_000.0


@pytest.mark.parametrize(("looked", "gap"), [(NOW - 15, 9), (NOW - 3600, None), (None, None)])
def test_a_look_at_the_source_of_an_hour_ago_is_no_gap_of_now(looked: float | None, gap: int | None) -> None:
    lines = ['tailrace_state{connector="shop",state="stopped"} 1', 'tailrace_gtid_gap_transactions{connector="shop"} 9']
    if looked is not None:
        lines.append(f'tailrace_source_look_timestamp_seconds{{connector="shop"}} {looked}')
    found = of_metrics(read("\n".join(lines) + "\n"), "shop", "shop", NOW)
    assert found is not None
    assert found.gap == gap
