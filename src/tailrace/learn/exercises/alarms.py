"""Lesson 10: an alarm of CloudWatch about a connector's lag, which changes its state as the lag does."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tailrace.lab.aws import names
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Seen
from tailrace.ops.lag.cloudwatch import HOPS, NAMESPACE

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

CONNECTORS: Final = ("billing", "parcels", "catalogue", "stock", "refunds")
TOPICS: Final = ("cdc-oncall", "data-platform", "night-shift", "warehouse-team")
PERIOD: Final = 60
SPEED: Final = 60.0
"""Of CloudWatch's clock while the alarm is tried: a minute lasts a second."""
STEP_SECONDS: Final = 15.0
ABOVE: Final = {"GreaterThanThreshold", "GreaterThanOrEqualToThreshold"}


def _draw(random: Random) -> dict[str, str]:
    connector, other = random.sample(CONNECTORS, 2)
    topic, wrong = random.sample(TOPICS, 2)
    return {
        "connector": connector,
        f"{HIDDEN}other": other,
        "topic": topic,
        f"{HIDDEN}wrong_topic": wrong,
        "alarm": f"{connector}-lag-{random.randrange(100, 1000)}",
        "threshold": str(random.randrange(20, 90)),
        "minutes": str(random.randrange(2, 4)),
    }


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    """Two connectors that publish, and two topics."""
    for topic in (values["topic"], values[f"{HIDDEN}wrong_topic"]):
        stage.aws.call("sns", "create_topic", Name=topic)
    _publish(stage, values, 0.4)


def _publish(stage: Stage, values: Values, seconds: float) -> None:
    """As `tailrace lag publish` does it for both connectors; the other is always far behind."""
    lags = {values["connector"]: seconds, values[f"{HIDDEN}other"]: 86_400.0}
    data = [
        {
            "MetricName": "Lag",
            "Value": lag,
            "Unit": "Seconds",
            "Timestamp": dt.datetime.now(dt.UTC),
            "Dimensions": [{"Name": "Connector", "Value": connector}, *hop],
        }
        for connector, lag in lags.items()
        for hop in ([], *([{"Name": "Hop", "Value": each}] for each in HOPS[1:]))
    ]
    stage.aws.call("cloudwatch", "put_metric_data", Namespace=NAMESPACE, MetricData=data)


# -- the alarm as CloudWatch tells it ----------------------------------------------------------------------------------


def _alarm(stage: Stage, values: Values) -> dict[str, Any]:
    """Empty where there is none of this name."""
    found = stage.aws.call("cloudwatch", "describe_alarms", AlarmNames=[values["alarm"]])["MetricAlarms"]
    return dict(found[0]) if found else {}


def _told(alarm: dict[str, Any], *fields: str) -> str:
    return ", ".join(f"{name} = {json.dumps(alarm.get(name))}" for name in fields) if alarm else "—"


def _series(stage: Stage, values: Values, _answers: Answers) -> Seen:
    alarm = _alarm(stage, values)
    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())}
    holds = (
        (alarm.get("Namespace"), alarm.get("MetricName")) == (NAMESPACE, "Lag")
        and dimensions == {"Connector": values["connector"]}
        and alarm.get("Unit") in {None, "Seconds"}
    )
    return Seen(holds, _told(alarm, "Namespace", "MetricName", "Dimensions", "Unit"))


def _threshold(stage: Stage, values: Values, _answers: Answers) -> Seen:
    alarm = _alarm(stage, values)
    holds = (
        alarm.get("Statistic") == "Maximum"
        and alarm["ComparisonOperator"] in ABOVE
        and alarm["Threshold"] == float(values["threshold"])
    )
    return Seen(holds, _told(alarm, "Statistic", "ComparisonOperator", "Threshold"))


def _periods(stage: Stage, values: Values, _answers: Answers) -> Seen:
    alarm, wanted = _alarm(stage, values), int(values["minutes"])
    holds = (
        alarm.get("Period") == PERIOD
        and alarm["EvaluationPeriods"] == wanted
        and alarm.get("DatapointsToAlarm") in {None, wanted}
    )
    return Seen(holds, _told(alarm, "Period", "EvaluationPeriods", "DatapointsToAlarm"))


def _missing(stage: Stage, values: Values, _answers: Answers) -> Seen:
    alarm = _alarm(stage, values)
    return Seen(alarm.get("TreatMissingData") == "breaching", _told(alarm, "TreatMissingData"))


def _topic(stage: Stage, values: Values, _answers: Answers) -> Seen:
    alarm = _alarm(stage, values)
    arn = f"arn:aws:sns:{names.REGION}:{names.ACCOUNT}:{values['topic']}"
    actions = (alarm.get("AlarmActions", []), alarm.get("OKActions", []))
    return Seen(all(arn in each for each in actions), _told(alarm, "AlarmActions", "OKActions"))


READ_BACK: Final = (
    Observation("series", _series),
    Observation("threshold", _threshold),
    Observation("periods", _periods),
    Observation("missing", _missing),
    Observation("topic", _topic),
)


# -- and as it works ---------------------------------------------------------------------------------------------------


def _try(stage: Stage, values: Values) -> dict[str, str]:
    """The lag is small, great, small, and untold: the state after each. Not before the alarm reads as it should."""
    if not all(each.look(stage, values, {}).holds for each in READ_BACK):
        return {}
    threshold = float(values["threshold"])
    states = []
    stage.aws.set(speed=SPEED)
    try:
        for lag, wanted in ((0.4, "OK"), (threshold * 2, "ALARM"), (0.4, "OK"), (None, "ALARM")):
            # Asked once more it may be in the next state: while nobody publishes a minute goes by in a second.
            came = stage.until(partial(_reaches, stage, values, lag, wanted), STEP_SECONDS)
            states.append(wanted if came else str(_alarm(stage, values)["StateValue"]))
    finally:
        stage.aws.set(speed=1.0)
    return {"measured.states": " → ".join(states), "measured.actions": str(_actions(stage, values))}


def _reaches(stage: Stage, values: Values, lag: float | None, wanted: str) -> bool:
    if lag is not None:
        _publish(stage, values, lag)
    return bool(_alarm(stage, values)["StateValue"] == wanted)


def _actions(stage: Stage, values: Values) -> int:
    """How often the topic was told."""
    found = stage.aws.call("cloudwatch", "describe_alarm_history", AlarmName=values["alarm"], HistoryItemType="Action")
    return sum(
        each["HistorySummary"].startswith("Successfully") and each["HistorySummary"].endswith(f":{values['topic']}")
        for each in found["AlarmHistoryItems"]
    )


def _live(_stage: Stage, values: Values, _answers: Answers) -> Seen:
    states, told = values.get("measured.states", "—"), values.get("measured.actions", "0")
    holds = states == "OK → ALARM → OK → ALARM" and int(told) >= len(states.split(" → "))
    return Seen(holds, f"{states}; SNS: {told}")


EXERCISES: Final = (
    Exercise(
        name="an-alarm-that-tells",
        lesson=10,
        kind=Kind.LAB,
        abilities=("R15", "R2"),
        draw=_draw,
        prepare=_prepare,
        experiment=_try,
        observations=(*READ_BACK, Observation("live", _live)),
        parts=frozenset({"aws"}),
    ),
)
