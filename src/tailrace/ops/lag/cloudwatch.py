"""What of a connector's lag goes to CloudWatch: one look as datapoints. Pure.

What is not known is not published: a series that ends is what an alarm can notice, a figure that is made up is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tailrace.ops.aws.cloudwatch import Datum
from tailrace.ops.lag.facts import Facts
from tailrace.ops.lag.report import Report

NAMESPACE: Final = "Tailrace"
HOPS: Final = ("replica", "capture", "delivery")
"""Of `Hop`: primary → replica, source → connector, connector → sink."""
FIGURES: Final = {
    "Running": ("Count", "1 while the connector and its task run, else 0."),
    "Lag": ("Seconds", "Of each hop; without the dimension Hop the greatest. Of a frozen one, at least."),
    "LagBytes": ("Bytes", "Of binlog, of each hop that can be told in them."),
    "LagTransactions": ("Count", "Of GTIDs, likewise."),
    "QueueUsed": ("Percent", "Of the queue between reader and sink."),
    "PurgeHeadroom": ("Seconds", "Until the offset may be purged at the source, were the connector to stand still."),
    "PurgeDistance": ("Bytes", "Of binlog that the source still has before the offset; 0: it is purged."),
}
"""Name, unit, meaning of all."""


def figures(found: Report, facts: Facts, more: Mapping[str, str]) -> tuple[Datum, ...]:
    """Of one look. `more`: dimensions of all, beside Connector and Hop."""
    own = {"Connector": found.connector, **more}
    return tuple(
        Datum(name, float(value), FIGURES[name][0], {**own, **dimensions})
        for name, value, dimensions in _all(found, facts)
        if value is not None
    )


def _all(found: Report, facts: Facts) -> Iterator[tuple[str, float | None, dict[str, str]]]:
    yield "Running", None if facts.runs is None else float(facts.runs), {}
    yield "Lag", found.seconds, {}
    for kind, hop in zip(HOPS[-len(found.hops) :], found.hops, strict=True):
        where = {"Hop": kind}
        yield "Lag", hop.seconds, where
        yield "LagBytes", hop.bytes, where
        yield "LagTransactions", hop.transactions, where
    told = facts.connector
    yield "QueueUsed", None if told is None or told.queue is None else told.queue * 100, {}
    yield "PurgeHeadroom", found.purge.seconds, {}
    yield "PurgeDistance", found.purge.bytes, {}
