"""The dashboard `fleet`: all connectors, the worst first."""

from __future__ import annotations

from typing import Final

from tailrace.ops.dashboards.panel import TARGET, Dashboard, Kind, Panel, Query, Row, Series, bean

_GOOD_WHEN_NONE: Final = ((None, "green"), (1.0, "red"))
_WHO: Final = "{{job}} {{name}}"


def _total(title: str, doc: str, expression: str, *, good_when_none: bool = False) -> Panel:
    steps = _GOOD_WHEN_NONE if good_when_none else ()
    return Panel(title, doc, "none", Kind.STAT, (Query(expression, title),), steps=steps)


def _worst(title: str, doc: str, unit: str, expression: str) -> Panel:
    ranked = f"sort_desc(topk(10, {expression}))"
    return Panel(title, doc, unit, Kind.TABLE, (Query(ranked, _WHO),))


FLEET: Final = Dashboard(
    "tailrace-fleet",
    "MySQL capture: fleet",
    "All connectors of Tailrace, and of Debezium behind the JMX exporter: totals, the worst first, what fires.",
    (
        Row(
            "Totals",
            (
                _total("Connectors", "Those that have metrics.", f"count({bean('Connected')})"),
                _total("Connected", "Those that read the binlog.", f"sum({bean('Connected')})"),
                _total(
                    "Not connected",
                    "A first snapshot counts as such.",
                    f"count({bean('Connected')} == 0) or vector(0)",
                    good_when_none=True,
                ),
                _total(
                    "Snapshots",
                    "Those that are being taken.",
                    f"sum({bean('SnapshotRunning', 'snapshot')})",
                ),
                _total(
                    "Targets down",
                    "Workers that cannot be scraped.",
                    f"count(up{{{TARGET}}} == 0) or vector(0)",
                    good_when_none=True,
                ),
                _total(
                    "Alerts",
                    "Ours that fire now.",
                    'count(ALERTS{alertname=~"Cdc.*", alertstate="firing"}) or vector(0)',
                    good_when_none=True,
                ),
            ),
        ),
        Row(
            "The worst first",
            (
                _worst("Lag", "From the commit at the source to here.", "ms", bean("MilliSecondsBehindSource")),
                _worst("Since the last event", "Of idle sources too.", "ms", bean("MilliSecondsSinceLastEvent")),
                _worst(
                    "Queue in use",
                    "Full: the sink is too slow.",
                    "percentunit",
                    f"1 - {bean('QueueRemainingCapacity')} / {bean('QueueTotalCapacity')}",
                ),
                Panel(
                    "What fires",
                    "Our alerts, pending and firing; `tailrace alerts explain NAME` says what to do.",
                    "none",
                    Kind.TABLE,
                    (Query('ALERTS{alertname=~"Cdc.*"}', "{{alertname}} {{name}}", Series.SOMETIMES),),
                ),
            ),
        ),
        Row(
            "Over time",
            (
                Panel(
                    "Lag over time",
                    "Of each connector.",
                    "ms",
                    Kind.TIMES,
                    (Query(bean("MilliSecondsBehindSource"), _WHO),),
                ),
                Panel(
                    "Changes",
                    "Rows a second of each connector.",
                    "cps",
                    Kind.TIMES,
                    (
                        Query(
                            " + ".join(
                                f"rate({bean(f'TotalNumberOf{kind}EventsSeen')}[$__rate_interval])"
                                for kind in ("Create", "Update", "Delete")
                            ),
                            _WHO,
                        ),
                    ),
                ),
                Panel(
                    "Connections lost",
                    "In an hour, of each connector.",
                    "none",
                    Kind.TIMES,
                    (Query(f"increase({bean('NumberOfDisconnects')}[1h])", _WHO),),
                ),
            ),
        ),
    ),
)
