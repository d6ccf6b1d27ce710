"""Alarms that change their state: looked at again and again, with a history, and those told who are to be told."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable
from typing import Any, Final

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from tailrace.lab.aws import names
from tailrace.lab.aws.evaluate import EXTRA, Missing, Rule, State, evaluate
from tailrace.lab.aws.timing import Timing

log = logging.getLogger(__name__)
HISTORY: Final = 1000
KEPT: Final = 20_000
"""Datapoints of a region; older ones are forgotten."""
_WORDS: Final = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
Window = Callable[[Alarm, dt.datetime, dt.datetime], float | None]
Publish = Callable[[str, str, str, str], None]
"""Region, topic, subject, message."""


class Alarms:
    """Of all regions."""

    def __init__(self, timing: Timing, window: Window, publish: Publish) -> None:
        self._timing = timing
        self._window = window
        self._publish = publish
        self.history: list[dict[str, Any]] = []
        """As DescribeAlarmHistory has it, oldest first, with a Region."""

    @property
    def pause(self) -> float:
        """Seconds between two looks: several in the shortest period of an alarm."""
        shortest = min((alarm.period or 60 for alarm in self._all()), default=60)
        return min(10.0, max(0.1, shortest / self._timing.speed / 4))

    def look(self) -> None:
        """Once at each alarm of a metric. Those of expressions and of other alarms are left alone."""
        for region in names.REGION_NAMES:
            del cloudwatch_backends[names.ACCOUNT][region].metric_data[:-KEPT]
        for alarm in self._all():
            if alarm.rule is None and alarm.metric_name and alarm.comparison_operator in _WORDS:
                self._look(alarm)

    def configured(self, alarm: Alarm, known: Alarm | None) -> None:
        """It was put. AWS begins without data, and keeps the state of one that is there."""
        if known is None:
            alarm.state_value, alarm.state_reason = State.NO_DATA.value, "Unchecked: Initial alarm creation"
        else:
            for name in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp"):
                setattr(alarm, name, getattr(known, name))
        what = "created" if known is None else "updated"
        self._note(alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {what}', {})

    def changed(self, alarm: Alarm, before: str) -> None:
        """Its state has changed: history and actions."""
        said = {
            "version": "1.0",
            "oldState": {"stateValue": before},
            "newState": {"stateValue": alarm.state_value, "stateReason": alarm.state_reason},
        }
        self._note(alarm, "StateUpdate", f"Alarm updated from {before} to {alarm.state_value}", said)
        if not alarm.actions_enabled:
            return
        for action in {
            State.ALARM: alarm.alarm_actions,
            State.OK: alarm.ok_actions,
            State.NO_DATA: alarm.insufficient_data_actions,
        }[State(alarm.state_value)]:
            self._act(alarm, before, action)

    def _act(self, alarm: Alarm, before: str, action: str) -> None:
        done, failed = f"Successfully executed action {action}", f"Failed to execute action {action}. Received error: "
        if action.startswith("arn:aws:sns:"):
            try:
                self._publish(action.split(":")[3], action, _subject(alarm), json.dumps(message(alarm, before)))
            except LookupError as error:
                done = f"{failed}{error}"
        else:
            done = f"{failed}the emulator carries out actions of SNS alone"
        log.info("%s: %s", alarm.name, done)
        self._note(alarm, "Action", done, {"actionState": done.split()[0]})

    def _all(self) -> list[Alarm]:
        return [
            alarm
            for region in names.REGION_NAMES
            for alarm in list(cloudwatch_backends[names.ACCOUNT][region].alarms.values())
        ]

    def _look(self, alarm: Alarm) -> None:
        rule = Rule(
            alarm.comparison_operator,
            float(alarm.threshold),
            int(alarm.evaluation_periods),
            int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
            Missing(alarm.treat_missing_data or Missing.MISSING),
        )
        lasts = float(alarm.period) / self._timing.speed
        # Whole periods: of the one that runs not all has come.
        end = dt.datetime.now(dt.UTC).timestamp() // lasts * lasts
        starts = [end - lasts * back for back in range(rule.periods + EXTRA, 0, -1)]
        points = [self._window(alarm, _moment(start), _moment(start + lasts)) for start in starts]
        before = State(alarm.state_value)
        now = evaluate(rule, points, before)
        if now is before:
            return
        alarm.update_state(_reason(rule, points, starts, before, now), "{}", now.value)
        self.changed(alarm, before.value)

    def _note(self, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
        self.history.append(
            {
                "AlarmName": alarm.name,
                "AlarmType": "MetricAlarm",
                "Timestamp": dt.datetime.now(dt.UTC),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data),
                "Region": alarm.region_name,
            }
        )
        del self.history[:-HISTORY]


def message(alarm: Alarm, before: str) -> dict[str, Any]:
    """What SNS tells of a change, as AWS's alarms do."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": names.ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": _stamp(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _stamp(alarm.state_updated_timestamp),
        "Region": names.REGION_NAMES[alarm.region_name],
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": (alarm.statistic or "Average").upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
            "Period": int(alarm.period),
            "EvaluationPeriods": int(alarm.evaluation_periods),
            "DatapointsToAlarm": int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": float(alarm.threshold),
            "TreatMissingData": alarm.treat_missing_data or "missing",
            "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
        },
    }


def _subject(alarm: Alarm) -> str:
    return f'{alarm.state_value}: "{alarm.name}" in {names.REGION_NAMES[alarm.region_name]}'


def _reason(rule: Rule, points: list[float | None], starts: list[float], before: State, now: State) -> str:
    known = [(start, value) for start, value in zip(starts, points, strict=True) if value is not None][-rule.periods :]
    if now is State.NO_DATA:
        return f"Insufficient Data: {rule.periods} datapoints were unknown."
    if not known:
        return (
            f"Threshold Crossed: no datapoints were received for {rule.periods} periods"
            f" and {rule.periods} missing datapoints were treated as [{rule.missing.value}]."
        )
    breaching = [each for each in known if rule.breaches(each[1])]
    fine = [each for each in known if each not in breaching]
    shown = (breaching or known) if now is State.ALARM else (fine or known)
    told = ", ".join(f"{value:.1f} ({_moment(start):%d/%m/%y %H:%M:%S})" for start, value in reversed(shown))
    many = f"{len(shown)} datapoints" if len(shown) > 1 else f"{len(shown)} datapoint"
    verb = ("were" if len(shown) > 1 else "was") + ("" if shown == breaching else " not")
    least = rule.datapoints if now is State.ALARM else rule.periods - rule.datapoints + 1
    return (
        f"Threshold Crossed: {many} out of the last {rule.periods} [{told}] {verb} "
        f"{_WORDS[rule.comparison]} the threshold ({rule.threshold}) "
        f"(minimum {least} datapoint{'s' if least > 1 else ''} for {before.value} -> {now.value} transition)."
    )


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=None)


def _stamp(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"
