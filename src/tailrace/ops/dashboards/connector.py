"""The dashboard `debezium-mysql`: one connector, or a few, in full."""

from __future__ import annotations

from typing import Final

from tailrace.ops.dashboards.panel import TARGET, Dashboard, Kind, Panel, Query, Row, Series, bean, own

_YES_NO: Final = ((0.0, "no", "red"), (1.0, "yes", "green"))
_GOOD_WHEN_NONE: Final = ((None, "green"), (1.0, "red"))
_LAG: Final = ((None, "green"), (60_000.0, "orange"), (300_000.0, "red"))
_NEVER: Final = -1.0
"""What a metric says, Debezium's or ours, of what has not been yet: no number, and no moment of 1969."""
_RATE: Final = "[$__rate_interval]"


def _stat(title: str, doc: str, unit: str, expression: str, **more: object) -> Panel:
    return Panel(title, doc, unit, Kind.STAT, (Query(expression),), **more)  # type: ignore[arg-type]


def _times(title: str, doc: str, unit: str, *queries: Query) -> Panel:
    return Panel(title, doc, unit, Kind.TIMES, queries)


def _rates(kind: str) -> Query:
    return Query(f"rate({bean(f'TotalNumberOf{kind}EventsSeen')}{_RATE})", f"{{{{name}}}} {kind.lower()}")


HEALTH: Final = Row(
    "Health",
    (
        _stat("Connected", "Whether the binlog is being read.", "none", bean("Connected"), words=_YES_NO),
        Panel(
            "Target",
            "Whether Prometheus can scrape the worker. If not, everything else here is old.",
            "none",
            Kind.STAT,
            (Query(f"up{{{TARGET}}}", "{{job}} {{instance}}"),),
            words=((0.0, "down", "red"), (1.0, "up", "green")),
        ),
        _stat(
            "Since the last event",
            "Since anything came from the source. For Debezium heartbeats are something.",
            "ms",
            bean("MilliSecondsSinceLastEvent"),
            words=((_NEVER, "never", "text"),),
        ),
        _stat(
            "Connections lost",
            "In the last hour.",
            "none",
            f"increase({bean('NumberOfDisconnects')}[1h])",
            steps=((None, "green"), (3.0, "red")),
        ),
        _stat(
            "Events that could not be read",
            "Since the start. More than none: changes may be missing.",
            "none",
            bean("NumberOfErroneousEvents"),
            steps=_GOOD_WHEN_NONE,
        ),
        _stat(
            "Events passed over",
            "Since the start. Tailrace never does so.",
            "none",
            bean("NumberOfSkippedEvents"),
            steps=_GOOD_WHEN_NONE,
        ),
    ),
)
LAG: Final = Row(
    "Lag",
    (
        _stat(
            "Lag",
            "From the commit at the source to here, of the last event. Debezium's stands still while not connected.",
            "ms",
            bean("MilliSecondsBehindSource"),
            steps=_LAG,
            words=((_NEVER, "no event yet", "text"),),
        ),
        _times("Lag over time", "As beside; -1: no event yet.", "ms", Query(bean("MilliSecondsBehindSource"))),
        _times(
            "Lag, percentiles",
            "Of all events since the start.",
            "ms",
            Query(bean("MilliSecondsBehindSourceP50"), "{{name}} p50"),
            Query(bean("MilliSecondsBehindSourceP95"), "{{name}} p95"),
            Query(bean("MilliSecondsBehindSourceP99"), "{{name}} p99"),
        ),
        _times(
            "Lag, least, mean and most",
            "Of all events since the start. A most that is old says nothing about now.",
            "ms",
            Query(bean("MilliSecondsBehindSourceMinValue"), "{{name}} least"),
            Query(bean("MilliSecondsBehindSourceAverageValue"), "{{name}} mean"),
            Query(bean("MilliSecondsBehindSourceMaxValue"), "{{name}} most"),
        ),
    ),
)
POSITION: Final = Row(
    "GTID and position",
    (
        _stat(
            "GTIDs",
            "Whether the source has them; without, no failover can be followed.",
            "none",
            bean("IsGtidModeEnabled"),
            words=_YES_NO,
        ),
        _times(
            "Position in the binlog file",
            "Falls to the beginning when the source begins a new file.",
            "bytes",
            Query(bean("BinlogPosition")),
        ),
        _times(
            "Binlog read",
            "Bytes a second; a new file counts as none.",
            "Bps",
            Query(f"clamp_min(deriv({bean('BinlogPosition')}{_RATE}), 0)"),
        ),
        _times(
            "GTID gap",
            "Transactions that the source has executed and that are not delivered.",
            "none",
            Query(own("gtid_gap_transactions"), "{{connector}}", Series.TAILRACE),
        ),
        _times(
            "Time until the source purges",
            "What follows the stored offset is kept for at least so long.",
            "s",
            Query(own("purge_distance_seconds"), "{{connector}}", Series.TAILRACE),
        ),
        _times(
            "Distance to the purge",
            "Binlog that the source still has before the stored offset; 0: it is gone.",
            "bytes",
            Query(own("purge_distance_bytes"), "{{connector}}", Series.TAILRACE),
        ),
    ),
)
THROUGHPUT: Final = Row(
    "Throughput",
    (
        _times("Changes", "Rows a second, by kind.", "cps", _rates("Create"), _rates("Update"), _rates("Delete")),
        _stat(
            "Changes in the last hour",
            "Inserted, updated and deleted rows.",
            "none",
            " + ".join(
                f"increase({bean(f'TotalNumberOf{kind}EventsSeen')}[1h])" for kind in ("Create", "Update", "Delete")
            ),
        ),
        _times(
            "Transactions",
            "A second; Debezium counts them with binlog.buffer.size alone.",
            "cps",
            Query(f"rate({bean('NumberOfCommittedTransactions')}{_RATE})"),
        ),
        _times(
            "Delivered",
            "Bytes a second, encoded.",
            "Bps",
            Query(f"rate({own('bytes_total')}{_RATE})", "{{connector}}", Series.TAILRACE),
        ),
    ),
)
QUEUE: Final = Row(
    "Queue",
    (
        _times(
            "Queue in use",
            "Of its capacity. Full: reading waits for the sink; nothing is dropped.",
            "percentunit",
            Query(f"1 - {bean('QueueRemainingCapacity')} / {bean('QueueTotalCapacity')}"),
        ),
        _stat("Free places", "Records that fit in.", "none", bean("QueueRemainingCapacity")),
        _times(
            "Bytes in the queue",
            "Debezium knows them with max.queue.size.in.bytes alone.",
            "bytes",
            Query(bean("CurrentQueueSizeInBytes")),
        ),
    ),
)
SNAPSHOT: Final = Row(
    "Snapshot",
    (
        Panel(
            "State",
            "Of the snapshot of this run, initial, blocking or incremental.",
            "none",
            Kind.STAT,
            tuple(
                Query(bean(f"Snapshot{state}", "snapshot"), f"{{{{name}}}} {state.lower()}")
                for state in ("Running", "Paused", "Completed", "Aborted")
            ),
            words=((0.0, "no", "text"), (1.0, "yes", "blue")),
        ),
        _times(
            "Tables",
            "To read, and not read to their end.",
            "none",
            Query(bean("TotalTableCount", "snapshot"), "{{name}} all"),
            Query(bean("RemainingTableCount", "snapshot"), "{{name}} remaining"),
        ),
        _times("Rows read", "By table.", "none", Query(bean("RowsScanned", "snapshot"), "{{name}} {{table}}")),
        _times(
            "Rows read a second",
            "Of all tables.",
            "cps",
            Query(f"sum by (job, instance, name) (rate({bean('RowsScanned', 'snapshot')}{_RATE}))"),
        ),
        _stat(
            "Duration", "From its beginning to its end, or to now.", "s", bean("SnapshotDurationInSeconds", "snapshot")
        ),
    ),
)
HISTORY: Final = Row(
    "Schema history",
    (
        _stat(
            "Changes of tables", "Read at the start, and made since.", "none", bean("ChangesApplied", "schema-history")
        ),
        _stat("Recovered", "Read at the start.", "none", bean("ChangesRecovered", "schema-history")),
        _stat(
            "Recovery began",
            "When stored definitions began to be read; never: there were none.",
            "dateTimeAsIso",
            f"{bean('RecoveryStartTime', 'schema-history')} * 1000",
            words=((_NEVER * 1000, "never", "text"),),
        ),
        _times(
            "Since the last change of a table",
            "-1: there was none.",
            "ms",
            Query(bean("MilliSecondsSinceLastAppliedChange", "schema-history")),
        ),
    ),
)
CONNECTOR: Final = Dashboard(
    "debezium-mysql",
    "MySQL capture: connector",
    "Connectors of Tailrace, or of Debezium behind the JMX exporter, from their health to their schema history.",
    (HEALTH, LAG, POSITION, THROUGHPUT, QUEUE, SNAPSHOT, HISTORY),
)
