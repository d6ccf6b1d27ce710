"""Lag is published to CloudWatch, and alarms of it change their state and tell of it: all on the lab's emulator."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.aws import Aurora, Subscriber
from support.cli import Said, tailrace
from support.connector import started
from tailrace.errors import WorkerError
from tailrace.lab.aws import names
from tailrace.lab.process import await_condition
from tailrace.ops.aws.client import Aws
from tailrace.ops.aws.cloudwatch import Datum
from tailrace.ops.aws.cloudwatch import publish as publish_data
from tailrace.ops.connect import Connect
from tailrace.ops.http import Access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.workers import TailraceWorker

NAME = "cloudwatched"
SPEED = 30.0
"""A period of a minute lasts two seconds."""


@pytest.fixture(autouse=True)
def _as_usual(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in aurora.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAB_PASSWORD", aurora.lab.primary.password)
    yield
    aurora.usual()


@pytest.fixture(scope="module")
def worker(
    aurora: Aurora, tailrace_worker: TailraceWorker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connect]:
    """With a connector that captures from the cluster endpoint."""
    client, (host, port) = Connect(Access(tailrace_worker.url)), aurora.aws.endpoint
    config = {
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "topic.prefix": NAME,
        "database.hostname": host,
        "database.port": str(port),
        "database.user": aurora.lab.primary.user,
        "database.password": aurora.lab.primary.password,
        "database.server.id": "9420",
        "database.include.list": NAME,
        "snapshot.mode": "no_data",
        "sink.type": "jsonl",
        "sink.path": str(tmp_path_factory.mktemp("cloudwatch") / "events"),
    }
    client.create(NAME, config)
    client.await_status(NAME, lambda status: bool(status and status.is_running), seconds=60)
    # Until then there is no lag to tell.
    assert await_condition(lambda: client.offsets(NAME) != [], 60, every=0.3)
    yield client
    with suppress(WorkerError):
        client.delete(NAME)


@pytest.fixture
def told(aurora: Aurora) -> Iterator[tuple[str, Subscriber]]:
    """A topic, and who is subscribed to it by HTTP; confirmed as AWS asks for it."""
    import urllib.request

    sns = aurora.client("sns")
    topic = sns.create_topic(Name="operators")["TopicArn"]
    with Subscriber() as subscriber:
        made = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=subscriber.url)
        assert made["SubscriptionArn"] == "pending confirmation"
        aurora.until(lambda: bool(subscriber.told), "nobody asks to confirm")
        headers, asked = subscriber.told[0]
        assert headers["x-amz-sns-message-type"] == asked["Type"] == "SubscriptionConfirmation"
        sns.publish(TopicArn=topic, Message='"not yet"')
        with urllib.request.urlopen(asked["SubscribeURL"], timeout=10) as answer:
            assert b"SubscriptionArn" in answer.read()
        yield topic, subscriber
    sns.delete_topic(TopicArn=topic)


def publishing(aurora: Aurora, worker: Connect, *options: str) -> list[str]:
    host, port = aurora.aws.endpoint
    source = f"mysql://{aurora.lab.primary.user}:${{env:LAB_PASSWORD}}@{host}:{port}"
    return ["lag", "publish", NAME, "--url", worker.access.url, "--source", source, *options]


def once(aurora: Aurora, worker: Connect, *options: str) -> Said:
    return tailrace(*publishing(aurora, worker, "--once", *options))


@contextmanager
def again_and_again(aurora: Aurora, worker: Connect) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tailrace.cli", *publishing(aurora, worker, "--every", "1s")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    started.append(process)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def state(aurora: Aurora, alarm: str, region: str = names.REGION) -> str:
    found = aurora.client("cloudwatch", region).describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return str(found[0]["StateValue"])


def until_state(aurora: Aurora, alarm: str, wanted: str, region: str = names.REGION) -> None:
    aurora.until(lambda: state(aurora, alarm, region) == wanted, f"{alarm} did not become {wanted}")


def latest(aurora: Aurora, name: str, dimensions: dict[str, str], namespace: str, region: str = names.REGION) -> Any:
    now = dt.datetime.now(dt.UTC)
    found = aurora.client("cloudwatch", region).get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": each, "Value": value} for each, value in dimensions.items()],
        StartTime=now - dt.timedelta(minutes=10),
        EndTime=now + dt.timedelta(minutes=1),
        Period=1,
        Statistics=["Maximum"],
    )["Datapoints"]
    return max(found, key=lambda each: each["Timestamp"])["Maximum"] if found else None


def test_lag_is_published_hop_by_hop_and_throttling_is_waited_out(aurora: Aurora, worker: Connect) -> None:
    aurora.aws.fault("throttling", service="cloudwatch", times=2)
    said = once(aurora, worker, "--dimension", "Stage=lab")
    assert said.code == 0, said.err
    assert "figures to Tailrace" in said.out
    listed = aurora.client("cloudwatch").list_metrics(Namespace="Tailrace")["Metrics"]
    series = {(each["MetricName"], *(f"{d['Name']}={d['Value']}" for d in each["Dimensions"])) for each in listed}
    usual = (f"Connector={NAME}", "Stage=lab")
    assert {
        ("Running", *usual),
        ("Lag", *usual),
        ("Lag", f"Connector={NAME}", "Hop=capture", "Stage=lab"),
        ("Lag", f"Connector={NAME}", "Hop=delivery", "Stage=lab"),
        ("LagTransactions", f"Connector={NAME}", "Hop=capture", "Stage=lab"),
        ("PurgeDistance", *usual),
        ("QueueUsed", *usual),
    } <= series
    assert latest(aurora, "Running", {"Connector": NAME, "Stage": "lab"}, "Tailrace") == 1.0


def test_a_connector_that_is_behind_moves_its_own_figures_and_none_of_aws(aurora: Aurora, worker: Connect) -> None:
    aurora.aws.set(speed=SPEED)
    worker.pause(NAME)
    worker.await_status(NAME, lambda status: bool(status and not status.is_running), seconds=30)
    try:
        writer = aurora.server(aurora.writer)
        for statement in ("CREATE DATABASE IF NOT EXISTS behind", "DROP DATABASE behind"):
            writer.execute(statement)
        said = once(aurora, worker)
        assert said.code == 0, said.err
        assert latest(aurora, "LagTransactions", {"Connector": NAME, "Hop": "capture"}, "Tailrace") >= 2
        assert latest(aurora, "Running", {"Connector": NAME}, "Tailrace") == 0.0
        replica = {"DBClusterIdentifier": "lab-replica", "Role": "WRITER"}
        aurora.until(
            lambda: latest(aurora, "AuroraBinlogReplicaLag", replica, "AWS/RDS", names.SECOND_REGION) == 0,
            "the replica cluster is behind",
        )
    finally:
        worker.resume(NAME)
        worker.await_status(NAME, lambda status: bool(status and status.is_running), seconds=30)


def test_what_aws_refuses_is_said_with_what_to_do(aurora: Aurora, worker: Connect) -> None:
    aurora.aws.fault("access-denied", service="cloudwatch")
    denied = once(aurora, worker)
    assert denied.code == 1
    assert "cloudwatch:PutMetricData" in denied.err
    aurora.aws.fault("expired-token", service="cloudwatch")
    assert "expired" in once(aurora, worker, "--json").err
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        patch.setattr("tailrace.ops.aws.client.ATTEMPTS", 1)
        assert once(aurora, worker).code == 3
    assert tailrace(*publishing(aurora, worker, "--every", "100ms")).code == 2


def test_many_figures_go_in_few_requests(aurora: Aurora) -> None:
    data = [Datum("Many", float(number), "Count", {"Number": str(number % 3)}) for number in range(2500)]
    # AWS takes 1000 at once; the emulator takes any number, so requests are counted by faults that wait for them.
    aurora.aws.fault("slow", service="cloudwatch", action="PutMetricData", times=9, seconds=0)
    publish_data(Aws(), "Batches", data, dt.datetime.now(dt.UTC))
    assert [fault["times"] for fault in aurora.aws.status()["faults"]] == [6]
    assert latest(aurora, "Many", {"Number": "0"}, "Batches") == 2499.0
    # Three series of that name, and none without dimensions.
    assert latest(aurora, "Many", {}, "Batches") is None
    now = dt.datetime.now(dt.UTC)
    metric = {"Namespace": "Batches", "MetricName": "Many", "Dimensions": [{"Name": "Number", "Value": "1"}]}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "SampleCount"}}
    found = aurora.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=now - dt.timedelta(hours=1), EndTime=now + dt.timedelta(minutes=1)
    )
    assert sum(found["MetricDataResults"][0]["Values"]) == 833


def test_an_alarm_that_the_aws_cli_has_put_goes_to_alarm_and_back_and_sns_is_told(
    aurora: Aurora, worker: Connect, told: tuple[str, Subscriber], tmp_path: Path
) -> None:
    topic, subscriber = told
    aurora.aws.set(speed=SPEED)
    thresholds = ["--threshold", "stopped.for=1m", "--threshold", "lag.for=1m"]
    exported = tailrace(
        "alerts", "export", "--format", "cloudwatch-cli", "--connector", NAME, "--topic", topic, *thresholds
    )
    script = tmp_path / "alarms.sh"
    script.write_text(exported.out, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(script)], env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    alarm = f"CdcConnectorStopped-{NAME}"
    with again_and_again(aurora, worker):
        until_state(aurora, alarm, "OK")
        worker.pause(NAME)
        until_state(aurora, alarm, "ALARM")
        worker.resume(NAME)
        until_state(aurora, alarm, "OK")
        aurora.until(
            lambda: (
                [each["NewStateValue"] for each in subscriber.messages() if each["AlarmName"] == alarm][-2:]
                == ["ALARM", "OK"]
            ),
            f"SNS has not told: {subscriber.told}",
        )
        until_state(aurora, f"CdcLagHigh-{NAME}", "OK")
    # Who publishes is gone.
    until_state(aurora, alarm, "ALARM")
    until_state(aurora, f"CdcLagHigh-{NAME}", "INSUFFICIENT_DATA")

    change = (alarm, "OK", "ALARM")
    keys = ("AlarmName", "OldStateValue", "NewStateValue")
    raised = next(each for each in subscriber.messages() if tuple(each[key] for key in keys) == change)
    assert raised["Region"] == "EU (Frankfurt)"
    assert raised["Trigger"]["Dimensions"] == [{"value": NAME, "name": "Connector"}]
    assert (raised["Trigger"]["Period"], raised["Trigger"]["TreatMissingData"]) == (60, "breaching")
    assert raised["NewStateReason"].startswith("Threshold Crossed: ")
    headers, body = next(each for each in subscriber.told if each[1].get("Subject", "").startswith(f'ALARM: "{alarm}"'))
    assert headers["x-amz-sns-topic-arn"] == body["TopicArn"] == topic
    said = aurora.cli("cloudwatch", "describe-alarm-history", "--alarm-name", alarm, "--scan-by", "TimestampAscending")
    items = json.loads(said.stdout)["AlarmHistoryItems"]
    assert items[0]["HistorySummary"] == f'Alarm "{alarm}" created'
    changes = [item["HistorySummary"] for item in items if item["HistoryItemType"] == "StateUpdate"]
    assert "Alarm updated from OK to ALARM" in changes
    assert f"Successfully executed action {topic}" in [item["HistorySummary"] for item in items]

    # An alarm that is put by hand tells too: the usual trial of who is told.
    arguments = ("--alarm-name", f"CdcQueueFull-{NAME}", "--state-value", "ALARM", "--state-reason", "a trial")
    assert aurora.cli("cloudwatch", "set-alarm-state", *arguments).returncode == 0
    aurora.until(
        lambda: any(each["NewStateReason"] == "a trial" for each in subscriber.messages()), "the trial was not told"
    )


def test_the_lag_of_a_binlog_replica_is_aws_figure_and_its_alarms_see_minus_one(aurora: Aurora) -> None:
    region, dimensions = names.SECOND_REGION, {"DBClusterIdentifier": "lab-replica", "Role": "WRITER"}
    replica, alarm = aurora.server("lab-replica-1"), "CdcAuroraReplicationStopped-lab-replica"
    aurora.aws.set(speed=SPEED)
    cloudwatch = aurora.client("cloudwatch", region)
    exported = tailrace(
        "alerts", "export", "--format", "cloudwatch-json", "--aurora", "lab-replica", "--threshold", "aurora.for=1m"
    )
    for each in json.loads(exported.out):
        cloudwatch.put_metric_alarm(**each)
    assert state(aurora, alarm, region) in {"INSUFFICIENT_DATA", "ALARM"}

    def lag() -> Any:
        return latest(aurora, "AuroraBinlogReplicaLag", dimensions, "AWS/RDS", region)

    aurora.until(lambda: lag() == 0, "the replica does not follow")
    until_state(aurora, alarm, "OK", region)
    replica.execute("STOP REPLICA")
    try:
        aurora.until(lambda: lag() == -1, "a replication that is off is not -1")
        until_state(aurora, alarm, "ALARM", region)
        assert state(aurora, "CdcAuroraReplicaLagHigh-lab-replica", region) == "OK", "-1 is above no threshold"
        replica.execute("CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 30")
        replica.execute("START REPLICA")
        aurora.server(aurora.writer).execute("CREATE DATABASE IF NOT EXISTS late")
        # Real seconds: of the event that waits to be applied.
        aurora.until(lambda: lag() >= 2, "a lag is not seen")
    finally:
        replica.execute("STOP REPLICA")
        replica.execute("CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0")
        replica.execute("START REPLICA")
    until_state(aurora, alarm, "OK", region)
    # Not of a cluster that replicates from nobody.
    assert not aurora.client("cloudwatch").list_metrics(MetricName="AuroraBinlogReplicaLag")["Metrics"]
    assert await_condition(lambda: lag() == 0, 30, every=0.1)
