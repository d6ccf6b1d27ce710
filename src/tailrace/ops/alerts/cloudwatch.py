"""Alarms of CloudWatch, of our published figures and of Aurora's: as JSON, as commands of the AWS CLI, as Terraform.

An alarm watches one series, so each connector and each cluster has its own. Meanings and runbooks are those of the
alerts of the same name.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tailrace.errors import ConfigError
from tailrace.ops.alerts.table import find
from tailrace.ops.alerts.threshold import Thresholds

PERIOD: Final = 60
"""Seconds: as often come AWS's figures, and ours if nothing is said."""
LONGEST: Final = 86400
"""Period by evaluation periods: CloudWatch refuses more for periods under an hour."""
ABOVE, BELOW, AT_MOST = "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
RDS: Final = "AWS/RDS"
MISSING, IGNORE, BREACHING, NOT_BREACHING = "missing", "ignore", "breaching", "notBreaching"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is watched, of a connector or of a cluster."""

    alert: str
    """The alert whose meaning it has."""
    metric: str
    statistic: str
    comparison: str
    threshold: str
    """A name of a threshold, or a figure."""
    hold: str
    missing: str
    times: float = 1.0
    """The threshold by this: CloudWatch has shares in percent."""
    meaning: str = ""
    """Where it is more than what the alert means."""


OF_CONNECTOR: Final = (
    Alarm(
        "CdcConnectorStopped",
        "Running",
        "Minimum",
        BELOW,
        "1",
        "stopped.for",
        BREACHING,
        meaning="The connector or its task does not run, or its figures do not come: `tailrace lag publish` has ended, "
        "or is refused, or does not reach the worker or AWS; then no alarm of this connector sees anything.",
    ),
    Alarm("CdcLagHigh", "Lag", "Maximum", ABOVE, "lag", "lag.for", MISSING),
    Alarm("CdcLagCritical", "Lag", "Maximum", ABOVE, "lag-critical", "lag-critical.for", MISSING),
    Alarm("CdcQueueFull", "QueueUsed", "Average", ABOVE, "queue", "queue.for", NOT_BREACHING, times=100),
    # Not known while an offset has no time of its own: then it stays as it was.
    Alarm("CdcBinlogPurgeNear", "PurgeHeadroom", "Minimum", BELOW, "headroom", "headroom.for", IGNORE),
    Alarm("CdcBinlogPurged", "PurgeDistance", "Minimum", AT_MOST, "0", "purged.for", IGNORE),
)
OF_CLUSTER: Final = (
    Alarm("CdcAuroraReplicaLagHigh", "AuroraBinlogReplicaLag", "Maximum", ABOVE, "aurora", "aurora.for", MISSING),
    Alarm(
        "CdcAuroraReplicaLagCritical",
        "AuroraBinlogReplicaLag",
        "Maximum",
        ABOVE,
        "aurora-critical",
        "aurora-critical.for",
        MISSING,
    ),
    # -1 is above no threshold, and a writer that is gone tells nothing.
    Alarm("CdcAuroraReplicationStopped", "AuroraBinlogReplicaLag", "Minimum", BELOW, "0", "aurora.for", BREACHING),
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What alarms are wanted of, and who is told."""

    connectors: Sequence[str] = ()
    clusters: Sequence[str] = ()
    """Aurora clusters that are binlog replicas of another server."""
    topics: Sequence[str] = ()
    """ARNs of SNS."""
    namespace: str = "Tailrace"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    """Of our figures, beside Connector: exactly those that are published."""


def alarms(watched: Watched, thresholds: Thresholds, runbooks: str) -> list[dict[str, Any]]:
    """Each as PutMetricAlarm takes it. Raises ConfigError where there is nothing to watch, or one lasts too long."""
    if not watched.connectors and not watched.clusters:
        raise ConfigError(
            "an alarm of CloudWatch watches one series: of what?",
            hint="--connector NAME (repeatable), for clusters that are binlog replicas --aurora CLUSTER",
        )
    return [
        _put(alarm, series, thresholds, runbooks) | _actions(alarm, watched.topics)
        for series in _series(watched)
        for alarm in (OF_CLUSTER if series.namespace == RDS else OF_CONNECTOR)
    ]


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    namespace: str
    dimensions: Mapping[str, str]


def _series(watched: Watched) -> Iterator[_Series]:
    for name in watched.connectors:
        yield _Series(name, watched.namespace, {"Connector": name, **watched.dimensions})
    for name in watched.clusters:
        # Replication by binlog runs on the writer alone.
        yield _Series(name, RDS, {"DBClusterIdentifier": name, "Role": "WRITER"})


def _put(alarm: Alarm, series: _Series, thresholds: Thresholds, runbooks: str) -> dict[str, Any]:
    alert = find(alarm.alert)
    periods = max(1, math.ceil(float(thresholds[alarm.hold]) / PERIOD))
    if periods * PERIOD > LONGEST:
        raise ConfigError(f"{alarm.alert}: an alarm of CloudWatch looks back a day at most, and {alarm.hold} is longer")
    return {
        "AlarmName": f"{alarm.alert}-{series.name}",
        "AlarmDescription": f"{alarm.meaning or alert.meaning} Runbook: {runbooks}{alert.name.lower()}",
        "Namespace": series.namespace,
        "MetricName": alarm.metric,
        "Dimensions": [{"Name": each, "Value": value} for each, value in series.dimensions.items()],
        "Statistic": alarm.statistic,
        "Period": PERIOD,
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": periods,
        "ComparisonOperator": alarm.comparison,
        "Threshold": round(float(thresholds.get(alarm.threshold, alarm.threshold)) * alarm.times, 6),
        "TreatMissingData": alarm.missing,
        "Tags": [{"Key": "severity", "Value": alert.severity.value}],
    }


def _actions(alarm: Alarm, topics: Sequence[str]) -> dict[str, Any]:
    if not topics:
        return {}
    told = ["AlarmActions", "OKActions"]
    if alarm.missing == MISSING:
        # Nobody knows how it stands: that is told too.
        told.append("InsufficientDataActions")
    return {name: list(topics) for name in told}


def as_json(found: Sequence[Mapping[str, Any]]) -> str:
    """A list; each element is what `aws cloudwatch put-metric-alarm --cli-input-json` takes."""
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


# The AWS CLI


def as_commands(found: Sequence[Mapping[str, Any]]) -> str:
    """A bash script. Region and credentials are those of the CLI's usual settings."""
    lines = [
        "#!/usr/bin/env bash",
        "# Generated by `tailrace alerts export --format cloudwatch-cli`; see docs/how-to/aws.md.",
        "# An alarm that is there under its name is changed; none is deleted.",
        "set -euo pipefail",
    ]
    for alarm in found:
        options = [f"--{_kebab(name)} {_argument(value)}" for name, value in alarm.items()]
        lines += ["", " \\\n  ".join(["aws cloudwatch put-metric-alarm", *options])]
    return "\n".join(lines) + "\n"


def _kebab(name: str) -> str:
    # OKActions is --ok-actions.
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _argument(value: Any) -> str:
    if isinstance(value, list):
        if all(isinstance(each, str) for each in value):
            return " ".join(shlex.quote(each) for each in value)
        return shlex.quote(json.dumps(value, ensure_ascii=False))
    return _number(value) if isinstance(value, float) else shlex.quote(str(value))


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


# Terraform


def as_terraform(found: Sequence[Mapping[str, Any]]) -> str:
    """Resources of hashicorp/aws. Provider and region are the module's business."""
    taken: set[str] = set()
    blocks = ["# Generated by `tailrace alerts export --format terraform`; see docs/how-to/aws.md."]
    for alarm in found:
        label = re.sub(r"\W", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", alarm["AlarmName"]).lower())
        while label in taken:
            label += "_"
        taken.add(label)
        arguments = [f"  {name} = {value}" for name, value in _arguments(alarm)]
        blocks.append("\n".join([f'resource "aws_cloudwatch_metric_alarm" "{label}" {{', *arguments, "}"]))
    return "\n\n".join(blocks) + "\n"


_TERRAFORM: Final = {
    "AlarmName": "alarm_name",
    "AlarmDescription": "alarm_description",
    "Namespace": "namespace",
    "MetricName": "metric_name",
    "Statistic": "statistic",
    "Period": "period",
    "EvaluationPeriods": "evaluation_periods",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "ComparisonOperator": "comparison_operator",
    "Threshold": "threshold",
    "TreatMissingData": "treat_missing_data",
    "AlarmActions": "alarm_actions",
    "OKActions": "ok_actions",
    "InsufficientDataActions": "insufficient_data_actions",
}


def _arguments(alarm: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    width = max(len(name) for name in _TERRAFORM.values())
    for key, name in _TERRAFORM.items():
        if key in alarm:
            yield f"{name:{width}}", _hcl(alarm[key])
    yield f"{'dimensions':{width}}", _map({each["Name"]: each["Value"] for each in alarm["Dimensions"]})
    yield f"{'tags':{width}}", _map({each["Key"]: each["Value"] for each in alarm["Tags"]})


def _map(pairs: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{_hcl(name)} = {_hcl(value)}" for name, value in pairs.items()) + " }"


def _hcl(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_hcl(each) for each in value) + "]"
    if isinstance(value, str):
        # ${…} and %{…} would be templates.
        return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    return _number(value) if isinstance(value, float) else str(value)
