"""Courses of series, and which alerts they call for at which minute: all others must be silent then.

`tools/deploy.py` makes of them tests/alerts/tailrace.yml, which promtool runs against the rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tailrace.ops.alerts import ALERTS, prometheus_rules
from tailrace.ops.alerts.table import find

RULES = "../../deploy/prometheus/rules/tailrace.yml"
MINUTES = 60
EVER = f"x{MINUTES * 2}"
"""A sample each half minute."""

Series = dict[str, str]
"""Selector to values, as promtool writes them."""


@dataclass(frozen=True)
class Fires:
    """An alert with its labels, but for name and severity."""

    alert: str
    labels: Mapping[str, str]
    value: str = ""
    """As its summary shows it."""

    @property
    def summary(self) -> str:
        """By Prometheus's templates, as far as ours use them."""
        named = re.sub(
            r"\{\{ \$labels\.(\w+) \}\}", lambda found: self.labels.get(found[1], ""), find(self.alert).summary
        )
        return re.sub(r"\{\{ \$value.*?\}\}", self.value, named)


@dataclass(frozen=True)
class Scenario:
    name: str
    series: Series
    fires: Mapping[int, tuple[Fires, ...]] = field(default_factory=dict)
    """By minute."""


def labels(given: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in given.items()) + "}"


TARGET = {"job": "debezium", "instance": "connect:9404"}
OURS = {"job": "tailrace", "instance": "worker:9404"}
BEAN = TARGET | {"plugin": "mysql", "name": "shop"}
OUR_BEAN = OURS | {"plugin": "mysql", "name": "shop", "server": "shop"}
OUR_OWN = OURS | {"connector": "orders", "server": "shop"}
NAMED = OUR_OWN | {"name": "shop"}
STREAMING = {"context": "streaming"}
SNAPSHOT = {"context": "snapshot"}
CONNECT = TARGET | {"connector": "shop"}

_STREAMING = {
    "Connected": "1",
    "MilliSecondsBehindSource": "20",
    "MilliSecondsSinceLastEvent": "3000",
    "IsGtidModeEnabled": "1",
    "NumberOfDisconnects": "0",
    "NumberOfErroneousEvents": "0",
    "NumberOfSkippedEvents": "0",
    "QueueTotalCapacity": "8192",
    "QueueRemainingCapacity": "8000",
}
_SNAPSHOT = {
    "SnapshotRunning": "0",
    "SnapshotPaused": "0",
    "SnapshotAborted": "0",
    "SnapshotCompleted": "1",
    "NumberOfErroneousEvents": "0",
}


def _beans(bean: Mapping[str, str], changes: Mapping[str, str]) -> Series:
    """`changes`: values by name of the attribute; of the snapshot's bean with `snapshot.` before it; empty: none."""
    known = {name: (bean | STREAMING, value) for name, value in _STREAMING.items()}
    known |= {f"snapshot.{name}": (bean | SNAPSHOT, value) for name, value in _SNAPSHOT.items()}
    known["snapshot.RowsScanned"] = (bean | SNAPSHOT | {"table": "shop.orders"}, "5000")
    series = {}
    for name, (whose, value) in known.items():
        values = changes.get(name, f"{value}{EVER}")
        if values:
            series[f"debezium_metrics_{name.removeprefix('snapshot.')}{labels(whose)}"] = values
    return series


def debezium(**changes: str) -> Series:
    """A healthy Debezium but for these, `__` for `.`."""
    given = {name.replace("__", "."): values for name, values in changes.items()}
    series = _beans(BEAN, given)
    series[f"debezium_metrics_TotalNumberOfEventsSeen{labels(BEAN | STREAMING)}"] = given.get(
        "EventsSeen", f"9+1{EVER}"
    )
    series[f"up{labels(TARGET)}"] = given.get("up", f"1{EVER}")
    for name in ("connector_failed_task_count", "connector_paused_task_count"):
        series[f"kafka_connect_worker_metrics_{name}{labels(CONNECT)}"] = given.get(name, f"0{EVER}")
    failures = "kafka_connect_connector_task_metrics_offset_commit_failure_percentage"
    series[f"{failures}{labels(CONNECT | {'task': '0'})}"] = given.get("failures", f"0{EVER}")
    return series


_STATES = ("streaming", "reconnecting", "snapshot", "failed", "stopped")


def tailrace(state: str = "streaming", **changes: str) -> Series:
    """A healthy connector of ours but for these."""
    given = {name.replace("__", "."): values for name, values in changes.items()}
    series = _beans(OUR_BEAN, given)
    series[f"up{labels(OURS)}"] = given.get("up", f"1{EVER}")
    for one in _STATES:
        series[f"tailrace_state{labels(OUR_OWN | {'state': one})}"] = f"{int(one == state)}{EVER}"
    own = {
        "gtid_gap_transactions": "0",
        "offset_age_seconds": "1",
        "purge_distance_seconds": "2000000",
        "purge_distance_bytes": "70000",
    }
    for name, value in own.items():
        series[f"tailrace_{name}{labels(OUR_OWN)}"] = given.get(name, f"{value}{EVER}")
    return series


SNAPSHOT_FOR_LONG = {
    "Connected": f"0{EVER}",
    "IsGtidModeEnabled": f"0{EVER}",
    "MilliSecondsBehindSource": f"-1{EVER}",
    "MilliSecondsSinceLastEvent": f"-1{EVER}",
    "QueueRemainingCapacity": f"0{EVER}",
    "snapshot__SnapshotRunning": f"1{EVER}",
    "snapshot__SnapshotCompleted": f"0{EVER}",
    "snapshot__RowsScanned": f"0+50000{EVER}",
}
"""A first snapshot: nothing is read from the binlog, and the queue is full all the time."""
SILENT: Mapping[int, tuple[Fires, ...]] = dict.fromkeys((2, 20, 45), ())
AURORA = {"dbcluster_identifier": "reports"}


def _ended(series: Series, *kept: str) -> Series:
    """They end after five minutes, but for those whose names begin so."""
    return {
        name: values if name.startswith(kept) else f"{values.partition('x')[0]}x10 stale"
        for name, values in series.items()
    }


def _aurora(value: str) -> Series:
    return debezium() | {f"aws_rds_aurora_binlog_replica_lag_average{labels(AURORA)}": f"{value}{EVER}"}


def _both(minute: int, *fires: Fires, before: int) -> Mapping[int, tuple[Fires, ...]]:
    """Silent at `before`, firing at `minute`."""
    return {before: (), minute: fires}


SCENARIOS = (
    Scenario("healthy", debezium() | tailrace(), SILENT),
    Scenario(
        "first snapshots that take long",
        debezium(EventsSeen=f"0{EVER}", **SNAPSHOT_FOR_LONG) | tailrace("snapshot", **SNAPSHOT_FOR_LONG),
        SILENT,
    ),
    Scenario(
        "an incremental snapshot that takes long, beside the stream",
        debezium(snapshot__SnapshotRunning=f"1{EVER}", snapshot__RowsScanned=f"0+1000{EVER}")
        | tailrace(snapshot__SnapshotRunning=f"1{EVER}", snapshot__RowsScanned=f"0+1000{EVER}"),
        SILENT,
    ),
    Scenario(
        "a blocking snapshot: the stream stands still",
        debezium(
            MilliSecondsSinceLastEvent=f"0+30000{EVER}",
            snapshot__SnapshotRunning=f"1{EVER}",
            snapshot__RowsScanned=f"0+1000{EVER}",
        )
        | tailrace(
            "snapshot",
            Connected=f"0{EVER}",
            MilliSecondsSinceLastEvent=f"0+30000{EVER}",
            gtid_gap_transactions=f"0+9{EVER}",
            snapshot__SnapshotRunning=f"1{EVER}",
            snapshot__RowsScanned=f"0+1000{EVER}",
        ),
        SILENT,
    ),
    Scenario(
        "an idle source of ours: the binlog does not move, and there is nothing to read",
        tailrace(MilliSecondsSinceLastEvent=f"0+30000{EVER}"),
        SILENT,
    ),
    Scenario(
        "a spike of lag, four minutes long",
        debezium(MilliSecondsBehindSource="20x10 900000x8 20x160")
        | tailrace(MilliSecondsBehindSource="20x10 900000x8 20x160"),
        {6: (), 9: (), 10: (), 30: ()},
    ),
    Scenario(
        "a sustained lag, then a worse one",
        debezium(MilliSecondsBehindSource="120000x40 400000x140"),
        {
            4: (),
            6: (Fires("CdcLagHigh", BEAN | STREAMING, "2m 0s"),),
            24: (Fires("CdcLagHigh", BEAN | STREAMING, "6m 40s"),),
            27: (
                Fires("CdcLagHigh", BEAN | STREAMING, "6m 40s"),
                Fires("CdcLagCritical", BEAN | STREAMING, "6m 40s"),
            ),
        },
    ),
    Scenario(
        "a lag that is over",
        tailrace(MilliSecondsBehindSource="120000x20 30x160"),
        {8: (Fires("CdcLagHigh", OUR_BEAN | STREAMING, "2m 0s"),), 12: ()},
    ),
    Scenario(
        "connected, and no event yet",
        debezium(MilliSecondsBehindSource=f"-1{EVER}"),
        _both(
            16,
            Fires("CdcLagUnknown", BEAN | STREAMING),
            before=14,
        ),
    ),
    Scenario(
        "a target that is down: its series end",
        _ended(debezium()) | {f"up{labels(TARGET)}": "1x10 0x170"} | tailrace(),
        {
            6: (),
            8: (Fires("CdcTargetDown", TARGET),),
            40: (Fires("CdcTargetDown", TARGET),),
        },
    ),
    Scenario(
        "nothing is scraped",
        {'node_load1{job="node"}': f"1{EVER}"},
        _both(11, Fires("CdcMetricsAbsent", STREAMING), before=9),
    ),
    Scenario(
        "a connector that is gone from its worker",
        _ended(debezium(), "up", "kafka_connect")
        | {name.replace("shop", "other"): values for name, values in tailrace().items()},
        {
            9: (),
            12: (Fires("CdcConnectorStopped", {"job": "debezium", "name": "shop"}),),
            70: (),
        },
    ),
    Scenario(
        "connectors that are paused or stopped, and have metrics",
        debezium(connector_paused_task_count=f"1{EVER}") | tailrace("stopped", Connected=f"0{EVER}"),
        _both(
            6,
            Fires("CdcConnectorStopped", CONNECT | {"name": "shop"}),
            Fires("CdcConnectorStopped", NAMED | {"state": "stopped"}),
            before=4,
        ),
    ),
    Scenario(
        "a connector that moves to another worker",
        _ended(tailrace(), "up")
        | {name.replace("worker:", "second:"): f"_x11 {values}" for name, values in tailrace().items()},
        SILENT,
    ),
    Scenario(
        "tasks that have failed",
        debezium(connector_failed_task_count=f"1{EVER}") | tailrace("failed", Connected=f"0{EVER}"),
        _both(
            2,
            Fires("CdcTaskFailed", CONNECT | {"name": "shop"}),
            Fires("CdcTaskFailed", NAMED | {"state": "failed"}),
            before=0,
        ),
    ),
    Scenario(
        "sources that are not reached: Debezium's lag stands still",
        debezium(Connected=f"0{EVER}", EventsSeen=f"9{EVER}", NumberOfDisconnects=f"1{EVER}")
        | tailrace("reconnecting", Connected=f"0{EVER}"),
        _both(
            3,
            Fires("CdcDisconnected", BEAN | STREAMING),
            Fires("CdcDisconnected", NAMED | {"state": "reconnecting"}),
            before=1,
        ),
    ),
    Scenario(
        "a source that is lost in the middle of an incremental snapshot of Debezium",
        debezium(Connected=f"0{EVER}", snapshot__SnapshotRunning=f"1{EVER}", EventsSeen=f"9{EVER}"),
        _both(3, Fires("CdcDisconnected", BEAN | STREAMING), before=1),
    ),
    Scenario(
        "connections lost again and again",
        tailrace(NumberOfDisconnects="0x10 0+1x20 20x150"),
        {
            5: (),
            12: (Fires("CdcReconnectsOften", OUR_BEAN | STREAMING, "13"),),
            40: (),
        },
    ),
    Scenario(
        "counters that begin anew after a restart",
        debezium(
            NumberOfDisconnects="40x20 0x160",
            NumberOfErroneousEvents="7x20 0x160",
            NumberOfSkippedEvents="7x20 0x160",
            snapshot__RowsScanned="900000x20 0x160",
        ),
        SILENT,
    ),
    Scenario(
        "dead connections that nobody has noticed",
        debezium(MilliSecondsSinceLastEvent=f"0+30000{EVER}")
        | tailrace(MilliSecondsSinceLastEvent=f"0+30000{EVER}", gtid_gap_transactions=f"0+9{EVER}"),
        _both(
            8,
            Fires("CdcNoEvents", BEAN | STREAMING, "8m 0s"),
            Fires("CdcNoEvents", OUR_BEAN | STREAMING, "8m 0s"),
            before=5,
        ),
    ),
    Scenario(
        "queues that stay full",
        debezium(QueueRemainingCapacity=f"0{EVER}"),
        _both(6, Fires("CdcQueueFull", BEAN | STREAMING, "100%"), before=4),
    ),
    Scenario(
        "offsets that are not stored",
        debezium(failures=f"0.5{EVER}") | tailrace(offset_age_seconds=f"0+30{EVER}"),
        {
            0: (),
            5: (
                Fires("CdcOffsetNotStored", CONNECT | {"task": "0", "name": "shop"}),
                Fires("CdcOffsetNotStored", NAMED),
            ),
        },
    ),
    Scenario(
        "a server without GTIDs",
        debezium(IsGtidModeEnabled=f"0{EVER}"),
        _both(6, Fires("CdcGtidOff", BEAN | STREAMING), before=4),
    ),
    Scenario(
        "the source is about to purge: as Tailrace is told, and as Debezium's lag lets one fear",
        tailrace(purge_distance_seconds=f"20000{EVER}")
        | debezium(MilliSecondsBehindSource="70000000x180", MilliSecondsSinceLastEvent="3000x180"),
        {
            4: (),
            6: (
                Fires("CdcBinlogPurgeNear", NAMED),
                Fires("CdcBinlogPurgeNear", BEAN | STREAMING),
                Fires("CdcLagHigh", BEAN | STREAMING, "19h 26m 40s"),
                Fires("CdcLagCritical", BEAN | STREAMING, "19h 26m 40s"),
            ),
        },
    ),
    Scenario(
        "the source has purged",
        tailrace(purge_distance_bytes=f"0{EVER}"),
        _both(
            2,
            Fires("CdcBinlogPurged", NAMED),
            before=0,
        ),
    ),
    Scenario(
        "events that cannot be read, and events passed over",
        debezium(NumberOfErroneousEvents="0x20 1x160", NumberOfSkippedEvents="0x20 1x160"),
        {
            9: (),
            12: (
                Fires("CdcErroneousEvents", BEAN | STREAMING),
                Fires("CdcSkippedEvents", BEAN | STREAMING),
            ),
            40: (),
        },
    ),
    Scenario(
        "a snapshot that stands still",
        debezium(snapshot__SnapshotRunning=f"1{EVER}", snapshot__RowsScanned="0+500x20 10000x160"),
        {
            20: (),
            45: (Fires("CdcSnapshotStalled", BEAN | SNAPSHOT),),
        },
    ),
    Scenario(
        "a snapshot that is paused",
        debezium(snapshot__SnapshotRunning=f"1{EVER}", snapshot__SnapshotPaused=f"1{EVER}"),
        SILENT,
    ),
    Scenario(
        "a snapshot that ended early",
        tailrace(snapshot__SnapshotAborted=f"1{EVER}"),
        _both(
            2,
            Fires("CdcSnapshotAborted", OUR_BEAN | SNAPSHOT),
            before=0,
        ),
    ),
    Scenario(
        "an Aurora cluster behind as a replica",
        _aurora("700"),
        {
            4: (),
            6: (Fires("CdcAuroraReplicaLagHigh", AURORA, "11m 40s"),),
            11: (
                Fires("CdcAuroraReplicaLagHigh", AURORA, "11m 40s"),
                Fires("CdcAuroraReplicaLagCritical", AURORA, "11m 40s"),
            ),
        },
    ),
    Scenario(
        "an Aurora cluster that does not replicate: -1 is above no threshold",
        _aurora("-1"),
        _both(6, Fires("CdcAuroraReplicationStopped", AURORA), before=4),
    ),
    Scenario("an Aurora cluster that follows", _aurora("0"), SILENT),
)


def promtool_tests() -> str:
    """The file for `promtool test rules`."""
    rules = {rule["alert"]: rule for rule in yaml.safe_load(prometheus_rules())["groups"][0]["rules"]}
    document = {
        "rule_files": [RULES],
        "evaluation_interval": "30s",
        "tests": [_test(scenario, rules) for scenario in SCENARIOS],
    }
    return "# Generated by tools/deploy.py from tests/support/alert_scenarios.py.\n" + yaml.safe_dump(
        document, sort_keys=False, width=200, allow_unicode=True, default_flow_style=None
    )


def _test(scenario: Scenario, rules: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "interval": "30s",
        "input_series": [{"series": name, "values": values} for name, values in scenario.series.items()],
        "alert_rule_test": [
            # Without exp_alerts: it must be silent.
            {"eval_time": f"{minute}m", "alertname": alert.name}
            | ({"exp_alerts": expected} if (expected := _of(alert.name, fires, rules)) else {})
            for minute, fires in scenario.fires.items()
            for alert in ALERTS
        ],
    }


def _of(name: str, fires: tuple[Fires, ...], rules: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_expected(one, rules[name]) for one in fires if one.alert == name]


def _expected(fires: Fires, rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "exp_labels": dict(fires.labels) | rule["labels"],
        "exp_annotations": rule["annotations"] | {"summary": fires.summary},
    }
