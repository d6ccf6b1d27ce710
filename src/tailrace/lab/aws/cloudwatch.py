"""CloudWatch: alarms that begin without data, have a history, and count exactly the series that they name."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from moto.cloudwatch.models import Alarm, MetricAggregatedDatum, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from tailrace.lab.aws import names
from tailrace.lab.aws.alarms import Alarms
from tailrace.lab.aws.refusable import Refusable, Refused


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

    def _series(self, asked: Any, unit: str | None) -> Series:
        dimensions = frozenset((each["Name"], each["Value"]) for each in asked.get("Dimensions") or ())
        return Series(self.region, asked["Namespace"], asked["MetricName"], dimensions, unit or "")

    def get_metric_statistics(self) -> ActionResult:
        """Of the series that has exactly these dimensions; moto takes those that have more of them too."""
        asked = self.params
        wanted, extended = asked.get("Statistics") or [], asked.get("ExtendedStatistics") or []
        if not wanted and not extended:
            raise Refused("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
        found = [
            {
                "Timestamp": begins,
                "Unit": data[0].unit or "None",
                **{name: statistic(name, data) for name in wanted},
                **({"ExtendedStatistics": {name: statistic(name, data) for name in extended}} if extended else {}),
            }
            for begins, data in self._series(asked, asked.get("Unit")).periods(
                _utc(asked["StartTime"]), _utc(asked["EndTime"]), int(asked["Period"])
            )
        ]
        return ActionResult({"Label": asked["MetricName"], "Datapoints": found})

    def get_metric_data(self) -> ActionResult:
        """Likewise. Expressions are refused: moto answers them with no values."""
        asked, found = self.params, []
        for query in asked.get("MetricDataQueries") or []:
            if "MetricStat" not in query:
                raise Refused("ValidationError", "the emulator evaluates no expressions (MetricDataQueries.Expression)")
            what = query["MetricStat"]
            periods = list(
                self._series(what["Metric"], what.get("Unit")).periods(
                    _utc(asked["StartTime"]), _utc(asked["EndTime"]), int(what["Period"])
                )
            )
            if asked.get("ScanBy") != "TimestampAscending":
                periods.reverse()
            found.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label") or what["Metric"]["MetricName"],
                    "Timestamps": [begins for begins, _ in periods],
                    "Values": [statistic(what["Stat"], data) for _, data in periods],
                    "StatusCode": "Complete",
                }
            )
        return ActionResult({"MetricDataResults": found, "Messages": []})

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


@dataclass(frozen=True)
class Series:
    """One of a region: AWS counts no other, though it had these dimensions and more."""

    region: str
    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    unit: str = ""
    """Empty: any."""

    def between(self, start: dt.datetime, end: dt.datetime) -> list[Any]:
        """moto's datapoints of that time; its moments have no zone, and are UTC."""
        return [
            datum
            for datum in cloudwatch_backends[names.ACCOUNT][self.region].metric_data
            if datum.namespace == self.namespace
            and datum.name == self.name
            and start <= datum.timestamp.replace(tzinfo=None) < end
            and self.unit in {"", datum.unit}
            and series(datum) == self.dimensions
        ]

    def periods(self, start: dt.datetime, end: dt.datetime, length: int) -> Iterator[tuple[dt.datetime, list[Any]]]:
        """Those periods that have data, oldest first; they begin at whole multiples of their length."""
        found: dict[int, list[Any]] = {}
        for datum in self.between(start, end):
            seconds = datum.timestamp.replace(tzinfo=dt.UTC).timestamp()
            found.setdefault(int(seconds // length) * length, []).append(datum)
        for begins in sorted(found):
            yield dt.datetime.fromtimestamp(begins, dt.UTC), found[begins]


def statistic(name: str, data: list[Any]) -> float:
    """Of some datapoints, at least one: Average, Sum, Minimum, Maximum, SampleCount, or a percentile (p99)."""
    sets = [datum for datum in data if isinstance(datum, MetricAggregatedDatum)]
    values: list[float] = sorted(datum.value for datum in data if not isinstance(datum, MetricAggregatedDatum))
    total = sum(values) + sum(each.sum for each in sets)
    count = len(values) + sum(each.sample_count for each in sets)
    match name:
        case "Sum":
            return float(total)
        case "SampleCount":
            return float(count)
        case "Maximum":
            return float(max(values + [each.max for each in sets]))
        case "Minimum":
            return float(min(values + [each.min for each in sets]))
        case _ if name.startswith("p") and values:
            rank = math.ceil(float(name[1:]) / 100 * len(values))
            return values[max(0, rank - 1)]
        case _:
            return float(total / count)


def window(alarm: Alarm, start: dt.datetime, end: dt.datetime) -> float | None:
    """The alarm's statistic of what came in that time; None: nothing came."""
    dimensions = frozenset((str(each.name), str(each.value)) for each in alarm.dimensions)
    watched = Series(alarm.region_name, alarm.namespace, alarm.metric_name, dimensions, alarm.unit or "")
    data = watched.between(start, end)
    return statistic(alarm.statistic or alarm.extended_statistic or "Average", data) if data else None


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
