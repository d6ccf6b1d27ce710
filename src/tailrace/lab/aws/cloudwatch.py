"""CloudWatch: alarms that begin without data, have a history, and count exactly the series that they name."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from moto.cloudwatch.models import Alarm, MetricAggregatedDatum, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from tailrace.lab.aws import names
from tailrace.lab.aws.alarms import Alarms
from tailrace.lab.aws.refusable import Refusable


class CloudWatch(Refusable, CloudWatchResponse):
    """moto's, and ours; `alarms` is set once."""

    alarms: ClassVar[Alarms]

    def put_metric_alarm(self) -> ActionResult:
        """A new one has no data; of one that is changed state and history stay."""
        known = self.cloudwatch_backend.alarms.get(self._get_param("AlarmName"))
        result = super().put_metric_alarm()
        self.alarms.configured(self.cloudwatch_backend.alarms[self._get_param("AlarmName")], known)
        return result

    def set_alarm_state(self) -> ActionResult:
        """Its actions are carried out, as for a change of its own; until the next look."""
        alarm = self.cloudwatch_backend.alarms.get(self._get_param("AlarmName"))
        before = alarm.state_value if alarm else ""
        result = super().set_alarm_state()
        if alarm and alarm.state_value != before:
            self.alarms.changed(alarm, before)
        return result

    def describe_alarm_history(self) -> ActionResult:
        """Newest first, of those asked for."""
        name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
        found = [
            item
            for item in self.alarms.history
            if name in {None, item["AlarmName"]}
            and kind in {None, item["HistoryItemType"]}
            and item["Region"] == self.region
        ]
        if self._get_param("ScanBy") != "TimestampAscending":
            found.reverse()
        return ActionResult({"AlarmHistoryItems": found[: self._get_int_param("MaxRecords", 100)]})

    def list_metrics(self) -> ActionResult:
        """Each series once; moto has a row for each datapoint."""
        namespace, name = self._get_param("Namespace"), self._get_param("MetricName")
        wanted = self._get_param("Dimensions", [])
        found: dict[object, dict[str, Any]] = {}
        for datum in self.cloudwatch_backend.get_all_metrics():
            dimensions = series(datum)
            if not datum.filter(namespace, name, wanted):
                continue
            found[datum.namespace, datum.name, dimensions] = {
                "Namespace": datum.namespace,
                "MetricName": datum.name,
                "Dimensions": [{"Name": each, "Value": value} for each, value in sorted(dimensions)],
            }
        return ActionResult({"Metrics": list(found.values())})


def series(datum: Any) -> frozenset[tuple[str, str]]:
    """What tells its series from others of the same name."""
    return frozenset((each.name, each.value) for each in datum.dimensions)


def window(alarm: Alarm, start: dt.datetime, end: dt.datetime) -> float | None:
    """The alarm's statistic of what came in that time; None: nothing came. Dimensions must be exactly its own."""
    wanted = frozenset((each.name, each.value) for each in alarm.dimensions)
    data: list[Any] = [
        datum
        for datum in cloudwatch_backends[names.ACCOUNT][alarm.region_name].metric_data
        if datum.namespace == alarm.namespace
        and datum.name == alarm.metric_name
        and start <= datum.timestamp.replace(tzinfo=None) < end
        and alarm.unit in {None, "", datum.unit}
        and series(datum) == wanted
    ]
    if not data:
        return None
    sets = [datum for datum in data if isinstance(datum, MetricAggregatedDatum)]
    values: list[float] = [datum.value for datum in data if not isinstance(datum, MetricAggregatedDatum)]
    total = sum(values) + sum(each.sum for each in sets)
    count = len(values) + sum(each.sample_count for each in sets)
    match alarm.statistic:
        case "Sum":
            return float(total)
        case "SampleCount":
            return float(count)
        case "Maximum":
            return float(max(values + [each.max for each in sets]))
        case "Minimum":
            return float(min(values + [each.min for each in sets]))
        case _:
            return float(total / count)
