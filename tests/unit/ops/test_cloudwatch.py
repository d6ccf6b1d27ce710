"""Alarms of CloudWatch as text, and a look at lag as datapoints."""

from __future__ import annotations

import json
import shlex
from typing import Any

import hcl2
import pytest

from support.cli import tailrace
from tailrace.cli.lag_publish import look, until_next
from tailrace.errors import WorkerError
from tailrace.ops.alerts import ALERTS
from tailrace.ops.alerts.cloudwatch import OF_CLUSTER, OF_CONNECTOR
from tailrace.ops.lag.cloudwatch import FIGURES, figures
from tailrace.ops.lag.facts import Connector, Facts, Source, Stored
from tailrace.ops.lag.report import report

TOPIC = "arn:aws:sns:eu-central-1:123456789012:ops"
WATCHED = ("--connector", "shop", "--connector", 'a ${b}"', "--aurora", "lab-replica", "--topic", TOPIC)


def export(form: str, *options: str) -> str:
    said = tailrace("alerts", "export", "--format", form, *(options or WATCHED))
    assert said.code == 0, said.err
    return said.out


def unquoted(value: Any) -> Any:
    """What the parser leaves of a string of HCL."""
    if isinstance(value, str) and value.startswith('"'):
        return json.loads(value).replace("$${", "${").replace("%%{", "%{")
    if isinstance(value, dict):
        return {unquoted(name): unquoted(each) for name, each in value.items()}
    return [unquoted(each) for each in value] if isinstance(value, list) else value


def test_each_connector_and_each_cluster_has_its_alarms_under_names_of_our_alerts() -> None:
    alarms = json.loads(export("cloudwatch-json"))
    assert len(alarms) == 2 * len(OF_CONNECTOR) + len(OF_CLUSTER)
    assert len({alarm["AlarmName"] for alarm in alarms}) == len(alarms)
    known = {alert.name for alert in ALERTS}
    for alarm in alarms:
        assert alarm["AlarmName"].partition("-")[0] in known
        # What AWS takes.
        assert len(alarm["AlarmDescription"]) <= 1024
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 86400
        assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]
        if alarm["Namespace"] == "Tailrace":
            assert alarm["MetricName"] in FIGURES
        else:
            assert {"Name": "Role", "Value": "WRITER"} in alarm["Dimensions"]
    by_name = {alarm["AlarmName"]: alarm for alarm in alarms}
    # Whoever publishes may die, and -1 is above nothing.
    assert by_name["CdcConnectorStopped-shop"]["TreatMissingData"] == "breaching"
    assert by_name["CdcAuroraReplicationStopped-lab-replica"]["ComparisonOperator"] == "LessThanThreshold"
    assert by_name["CdcAuroraReplicationStopped-lab-replica"]["TreatMissingData"] == "breaching"
    # An unknown lag is neither fine nor high, and is told.
    assert by_name["CdcLagHigh-shop"]["InsufficientDataActions"] == [TOPIC]


def test_thresholds_names_and_dimensions_are_as_asked() -> None:
    usual = {alarm["AlarmName"]: alarm for alarm in json.loads(export("cloudwatch-json"))}["CdcLagHigh-shop"]
    assert (usual["Threshold"], usual["EvaluationPeriods"]) == (60.0, 5)
    given = ("--threshold", "lag=30s", "--threshold", "lag.for=90s", "--threshold", "queue=57%")
    place = ("--namespace", "Ours", "--dimension", "Stage=prod")
    alarms = json.loads(export("cloudwatch-json", "--connector", "shop", *given, *place))
    mine = {alarm["AlarmName"]: alarm for alarm in alarms}
    assert (mine["CdcLagHigh-shop"]["Threshold"], mine["CdcLagHigh-shop"]["EvaluationPeriods"]) == (30.0, 2)
    assert mine["CdcQueueFull-shop"]["Threshold"] == 57.0
    assert mine["CdcLagHigh-shop"]["Namespace"] == "Ours"
    assert mine["CdcLagHigh-shop"]["Dimensions"] == [
        {"Name": "Connector", "Value": "shop"},
        {"Name": "Stage", "Value": "prod"},
    ]
    assert "AlarmActions" not in mine["CdcLagHigh-shop"]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--connector", "shop", "--dimension", "Connector=x"),
        ("--connector", "shop", "--dimension", "Stage"),
        ("--connector", "shop", "--threshold", "lag.for=2d"),
    ],
)
def test_what_cloudwatch_cannot_watch_is_refused(options: tuple[str, ...]) -> None:
    assert tailrace("alerts", "export", "--format", "cloudwatch-json", *options).code == 2


def test_commands_say_the_same_as_the_json() -> None:
    script = export("cloudwatch-cli")
    assert "set -euo pipefail" in script
    commands = [shlex.split(part.replace("\\\n", "")) for part in script.split("\n\n")[1:]]
    alarms = json.loads(export("cloudwatch-json"))
    for command, alarm in zip(commands, alarms, strict=True):
        assert command[:3] == ["aws", "cloudwatch", "put-metric-alarm"]
        options = dict(zip(command[3::2], command[4::2], strict=True))
        assert options["--alarm-name"] == alarm["AlarmName"]
        assert json.loads(options["--dimensions"]) == alarm["Dimensions"]
        assert float(options["--threshold"]) == alarm["Threshold"]
        assert options["--ok-actions"] == TOPIC
        assert len(options) == len(alarm)


def test_terraform_is_read_by_a_parser_of_hcl_and_says_the_same() -> None:
    """No terraform runs here: syntax is checked by python-hcl2, names of arguments are those of its documentation."""
    blocks = hcl2.loads(export("terraform"))["resource"]
    alarms = json.loads(export("cloudwatch-json"))
    labels = set()
    for block, alarm in zip(blocks, alarms, strict=True):
        ((kind, labelled),) = unquoted(block).items()
        ((label, found),) = ((name, each) for name, each in labelled.items() if not name.startswith("__"))
        assert kind == "aws_cloudwatch_metric_alarm"
        labels.add(label)
        found = unquoted(found)
        assert found["alarm_name"] == alarm["AlarmName"]
        assert found["alarm_description"] == alarm["AlarmDescription"]
        assert found["threshold"] == alarm["Threshold"]
        assert found["dimensions"] == {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        assert found["alarm_actions"] == [TOPIC]
    assert len(labels) == len(alarms)


def looked(**known: Any) -> dict[tuple[str, str], float]:
    facts = Facts(at=1.0, name="shop", state="RUNNING, task 0 RUNNING", **({"runs": True} | known))
    data = figures(report(facts, words=str), facts, {"Stage": "prod"})
    assert all(each.dimensions["Connector"] == "shop" and each.dimensions["Stage"] == "prod" for each in data)
    assert all(each.unit == FIGURES[each.name][0] for each in data)
    return {(each.name, each.dimensions.get("Hop", "")): each.value for each in data}


def test_what_is_not_known_is_not_published() -> None:
    assert looked() == {("Running", ""): 1.0}
    assert looked(runs=False)["Running", ""] == 0.0
    assert looked(runs=None) == {}
    told = Connector("tailrace", state="streaming", connected=True, lag=2.5, queue=0.25, unstored=0.0, gap=7, behind=70)
    found = looked(connector=told)
    assert found["QueueUsed", ""] == 25.0
    assert found["LagTransactions", "capture"] == 7.0
    assert found["LagBytes", "capture"] == 70.0
    assert found["Lag", "delivery"] == 0.0


@pytest.mark.parametrize(("now", "seconds"), [(0.0, 30.0), (29.0, 1.0), (30.0, 60.0), (31.5, 58.5), (119.0, 31.0)])
def test_looks_are_in_the_middle_of_periods_however_long_one_takes(now: float, seconds: float) -> None:
    assert until_next(now, 60.0) == seconds


def test_a_connector_that_is_gone_keeps_no_other_from_being_published(capsys: pytest.CaptureFixture[str]) -> None:
    class Reader:
        def __init__(self, seen: Facts | None) -> None:
            self._seen = seen

        def read(self) -> Facts:
            if self._seen is None:
                raise WorkerError("there is no connector gone")
            return self._seen

    there: Any = Reader(Facts(at=1.0, name="shop", state="RUNNING, task 0 RUNNING", runs=True))
    gone: Any = Reader(None)
    data = look([gone, there], [None, None], {})
    assert [each.dimensions for each in data] == [{"Connector": "shop"}]
    assert "no connector gone" in capsys.readouterr().err


def test_how_far_the_offset_is_from_its_purge_is_published() -> None:
    files = (("binlog.000001", 1000), ("binlog.000002", 500))
    source = Source("db:3306", "uuid", 5000.0, "", "", files, expires_after=3600.0)
    found = looked(source=source, stored=Stored("binlog.000001", 400, committed=4000.0))
    assert found["PurgeDistance", ""] == 400.0
    assert found["PurgeHeadroom", ""] == 2600.0
    purged = looked(source=source, stored=Stored("binlog.000000", 4, committed=4000.0))
    assert (purged["PurgeDistance", ""], purged["PurgeHeadroom", ""]) == (0.0, 0.0)
