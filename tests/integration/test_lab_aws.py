"""The lab's emulator of AWS: what moto lacks is there, and a failover is a real one."""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pymysql
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from support.aws import Aurora, Subscriber
from support.cli import tailrace
from tailrace.lab.aws import names

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAR, FAR = names.cluster_arn(names.REGION, "lab"), names.cluster_arn(names.SECOND_REGION, "lab-eu")

REPLICA = names.cluster_arn(names.SECOND_REGION, "lab-replica")


@pytest.fixture(autouse=True)
def _as_usual(aurora: Aurora) -> Iterator[None]:
    yield
    aurora.usual()


@contextmanager
def connected(aurora: Aurora, place: tuple[str, int]) -> Iterator[Any]:
    admin = aurora.lab.primary.admin
    connection = pymysql.connect(
        host=place[0], port=place[1], user=admin.user, password=admin.password, autocommit=True, connect_timeout=5
    )
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        if connection.open:
            connection.close()


def ask(aurora: Aurora, place: tuple[str, int], sql: str) -> Any:
    with connected(aurora, place) as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def messages(aurora: Aurora, cluster: str, region: str = names.REGION) -> list[str]:
    events = aurora.client("rds", region).describe_events(SourceType="db-cluster", SourceIdentifier=cluster)["Events"]
    return [event["Message"] for event in events]


def test_a_failover_promotes_the_reader_and_loses_nothing(aurora: Aurora) -> None:
    old, new = aurora.writer, aurora.other
    with connected(aurora, aurora.aws.endpoint) as cursor:
        cursor.execute("CREATE DATABASE IF NOT EXISTS kept")
        cursor.execute("CREATE TABLE IF NOT EXISTS kept.t (id INT PRIMARY KEY AUTO_INCREMENT)")
        cursor.execute("INSERT INTO kept.t VALUES ()")
        cursor.execute("SELECT COUNT(*) FROM kept.t")
        count = cursor.fetchone()[0]
        done = aurora.cli("rds", "failover-db-cluster", "--db-cluster-identifier", "lab")
        assert done.returncode == 0, done.stderr
        # Who does not wait for the writer to change takes this for the end of it.
        assert json.loads(done.stdout)["DBCluster"]["Status"] == "available"
        aurora.until_writer(new)
        with pytest.raises(pymysql.Error):
            cursor.execute("SELECT 1")
    assert ask(aurora, aurora.aws.endpoint, "SELECT @@server_id") == aurora.server(new).settings.server_id
    assert ask(aurora, aurora.aws.endpoint, "SELECT COUNT(*) FROM kept.t") == count
    assert not ask(aurora, aurora.aws.endpoint, "SELECT @@super_read_only")
    assert ask(aurora, aurora.aws.reader, "SELECT @@server_id") == aurora.server(old).settings.server_id
    assert ask(aurora, aurora.aws.reader, "SELECT @@super_read_only")
    started, completed = messages(aurora, "lab")[-2:]
    assert started == f"Started cross AZ failover to DB instance: {new}."
    assert completed == f"Completed failover to DB instance: {new}."
    for follower in (old, "lab-eu-1", "lab-replica-1"):
        gtids = aurora.server(new).execute("SELECT @@GLOBAL.gtid_executed")[0][0]
        waited = aurora.server(follower).execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 20)", (gtids,))
        assert waited[0][0] == 0, f"{follower} does not follow {new}"


def test_a_reader_that_follows_nobody_takes_over_with_all_that_was_written(aurora: Aurora) -> None:
    old, new = aurora.writer, aurora.other
    # As after a change in which it could not be reached.
    aurora.server(new).execute("STOP REPLICA")
    aurora.server(new).execute("RESET REPLICA ALL")
    aurora.server(old).execute("CREATE DATABASE IF NOT EXISTS kept")
    gtids = aurora.server(old).executed()
    aurora.client("rds").failover_db_cluster(DBClusterIdentifier="lab", TargetDBInstanceIdentifier=new)
    aurora.until_writer(new)
    assert aurora.server(new).execute("SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)", (gtids,))[0][0] == ""


def test_a_binlog_replica_that_hangs_does_not_hold_up_a_failover(aurora: Aurora) -> None:
    new, hung = aurora.other, aurora.server("lab-replica-1")
    assert hung.pid
    os.kill(hung.pid, signal.SIGSTOP)
    try:
        aurora.client("rds").failover_db_cluster(DBClusterIdentifier="lab", TargetDBInstanceIdentifier=new)
        aurora.until_writer(new)
    finally:
        os.kill(hung.pid, signal.SIGCONT)
    gtids = aurora.server(new).executed()
    assert hung.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 30)", (gtids,))[0][0] == 0, "it is not followed later"


def test_events_of_a_failover_come_with_their_numbers_by_a_subscription(aurora: Aurora) -> None:
    rds, sns = aurora.client("rds"), aurora.client("sns")
    topic = sns.create_topic(Name="failovers")["TopicArn"]
    with Subscriber() as subscriber:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=subscriber.url)
        aurora.until(lambda: bool(subscriber.told), "nobody asks to confirm")
        sns.confirm_subscription(TopicArn=topic, Token=subscriber.told[0][1]["Token"])
        rds.create_event_subscription(
            SubscriptionName="failovers",
            SnsTopicArn=topic,
            SourceType="db-cluster",
            EventCategories=["failover"],
            Enabled=True,
        )
        new = aurora.other
        rds.failover_db_cluster(DBClusterIdentifier="lab")
        aurora.until_writer(new)
        aurora.until(lambda: len(subscriber.messages()) == 2, "SNS has not told")
        numbers = [each["Event ID"].rpartition("#")[2] for each in subscriber.messages()]
        assert sorted(numbers) == ["RDS-EVENT-0071", "RDS-EVENT-0073"]
    rds.delete_event_subscription(SubscriptionName="failovers")


def test_who_writes_outlives_the_emulator_and_the_lab_tells_of_it(aurora: Aurora) -> None:
    new = aurora.other
    aurora.client("rds").failover_db_cluster(DBClusterIdentifier="lab")
    aurora.until_writer(new)
    aurora.aws.process.stop()
    aurora.aws.start()
    aurora.usual()
    assert aurora.writer == new
    here = ("--dir", str(aurora.lab.folder), "--json")
    status = tailrace("lab", "status", *here)
    assert status.code == 0, status.out
    assert "not AWS" in status.json["aws"]["emulator"]
    assert status.json["aws"]["writer"] == new
    assert status.json["replication"]["healthy"]
    env = tailrace("lab", "env", *here).json
    assert env["AWS_ENDPOINT_URL"] == aurora.aws.url
    assert env["TAILRACE_AURORA_DSN"].endswith(f":{aurora.aws.endpoint[1]}")


def test_while_it_fails_over_the_endpoint_refuses_and_a_second_failover_too(aurora: Aurora) -> None:
    new = aurora.other
    aurora.aws.set(outage=2)
    rds = aurora.client("rds")

    def status() -> str:
        return str(rds.describe_db_clusters(DBClusterIdentifier="lab")["DBClusters"][0]["Status"])

    rds.failover_db_cluster(DBClusterIdentifier="lab", TargetDBInstanceIdentifier=new)
    aurora.until(lambda: status() == "failing-over", "it does not fail over")
    with pytest.raises(pymysql.err.OperationalError):
        ask(aurora, aurora.aws.endpoint, "SELECT 1")
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        rds.failover_db_cluster(DBClusterIdentifier="lab")
    aurora.until_writer(new)
    waited = aurora.cli("rds", "wait", "db-cluster-available", "--db-cluster-identifier", "lab")
    assert waited.returncode == 0, waited.stderr


def test_a_stale_endpoint_leads_to_the_old_writer_which_takes_no_writes(aurora: Aurora) -> None:
    old, new = aurora.writer, aurora.other
    aurora.aws.set(stale=600)
    aurora.client("rds").failover_db_cluster(DBClusterIdentifier="lab")
    aurora.until_writer(new)
    with connected(aurora, aurora.aws.endpoint) as cursor:
        cursor.execute("SELECT @@server_id")
        assert cursor.fetchone()[0] == aurora.server(old).settings.server_id
        with pytest.raises(pymysql.err.OperationalError, match="read-only"):
            cursor.execute("CREATE DATABASE lost")
        aurora.aws.set(stale=0)
        aurora.until(
            lambda: ask(aurora, aurora.aws.endpoint, "SELECT @@server_id") == aurora.server(new).settings.server_id,
            "the endpoint stays where it is",
        )
        # A name that leads elsewhere cuts nobody off.
        cursor.execute("SELECT @@server_id")
        assert cursor.fetchone()[0] == aurora.server(old).settings.server_id


def test_a_flapping_endpoint_leads_to_both_by_turns(aurora: Aurora) -> None:
    new = aurora.other
    aurora.aws.set(stale=600, flap=0.1)
    aurora.client("rds").failover_db_cluster(DBClusterIdentifier="lab")
    aurora.until_writer(new)
    seen: list[int] = []

    def by_turns() -> bool:
        seen.append(ask(aurora, aurora.aws.endpoint, "SELECT @@server_id"))
        return len(set(seen)) == 2 and seen[-1] == seen[0]

    aurora.until(by_turns, "it stays where it is")
    aurora.aws.set(stale=0)


def test_a_reader_that_does_not_catch_up_is_a_failed_failover(aurora: Aurora) -> None:
    old, new = aurora.writer, aurora.other
    aurora.aws.set(catch_up=0.5)
    aurora.server(new).execute("STOP REPLICA SQL_THREAD")
    aurora.server(old).execute("CREATE DATABASE IF NOT EXISTS late")
    aurora.server(old).execute("DROP DATABASE late")
    aurora.client("rds").failover_db_cluster(DBClusterIdentifier="lab")
    aurora.until(lambda: messages(aurora, "lab")[-1] == f"Promoting previous primary again: {old}.", "it did not fail")
    assert "failover failed" in messages(aurora, "lab")[-2]
    aurora.until_writer(old)
    assert not ask(aurora, aurora.aws.endpoint, "SELECT @@super_read_only")
    aurora.server(new).execute("START REPLICA")


def test_a_writer_that_dies_is_followed_by_a_failover_and_what_it_had_is_kept(aurora: Aurora) -> None:
    old, new = aurora.writer, aurora.other
    aurora.server(new).execute("STOP REPLICA IO_THREAD")
    aurora.server(old).execute("CREATE DATABASE unsent")
    aurora.server(old).kill9()
    aurora.server(new).execute("START REPLICA")
    aurora.aws.set(detect=0.1)
    aurora.until_writer(new)
    assert ask(
        aurora, aurora.aws.endpoint, "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='unsent'"
    )
    assert ask(aurora, aurora.aws.reader, "SELECT @@super_read_only")


def test_a_reader_that_comes_again_after_a_crash_is_a_reader(aurora: Aurora) -> None:
    reader = aurora.server(aurora.other)
    reader.kill9()
    aurora.server(aurora.writer).execute("CREATE DATABASE IF NOT EXISTS while_it_was_down")
    reader.start()
    reader.release()
    aurora.until(lambda: bool(reader.execute("SELECT @@super_read_only")[0][0]), "it takes writes")
    aurora.until(lambda: bool(reader.execute("SHOW DATABASES LIKE 'while_it_was_down'")), "it does not follow")


def test_a_global_switchover_waits_for_all_and_a_failover_with_data_loss_does_not(aurora: Aurora) -> None:
    rds, far = aurora.client("rds"), aurora.client("rds", names.SECOND_REGION)
    made = rds.create_global_cluster(GlobalClusterIdentifier="other", SourceDBClusterIdentifier=REPLICA)
    assert made["GlobalCluster"]["GlobalClusterMembers"][0]["DBClusterArn"] == REPLICA
    rds.remove_from_global_cluster(GlobalClusterIdentifier="other", DbClusterIdentifier=REPLICA)
    rds.delete_global_cluster(GlobalClusterIdentifier="other")
    assert [each["GlobalClusterIdentifier"] for each in rds.describe_global_clusters()["GlobalClusters"]] == [
        "lab-global"
    ]
    with pytest.raises(ClientError, match="GlobalClusterNotFoundFault"):
        rds.describe_global_clusters(GlobalClusterIdentifier="nope")

    def primary() -> str | None:
        found = far.describe_global_clusters(GlobalClusterIdentifier="lab-global")["GlobalClusters"][0]
        writers = [each["DBClusterArn"] for each in found["GlobalClusterMembers"] if each["IsWriter"]]
        return writers[0] if found["Status"] == "available" else None

    distant = aurora.server("lab-eu-1")
    with connected(aurora, aurora.aws.endpoint) as cursor:
        distant.execute("STOP REPLICA SQL_THREAD")
        cursor.execute("CREATE DATABASE waited_for")
        far.switchover_global_cluster(GlobalClusterIdentifier="lab-global", TargetDbClusterIdentifier=FAR)
        aurora.until(
            lambda: any("Waiting" in each for each in messages(aurora, "lab-eu", names.SECOND_REGION)), "no wait"
        )
        distant.execute("START REPLICA")
    aurora.until(lambda: primary() == FAR, "lab-eu did not become the primary")
    assert distant.execute("SHOW DATABASES LIKE 'waited_for'")
    assert not distant.execute("SELECT @@super_read_only")[0][0]
    for instance in ("lab-1", "lab-2"):
        assert aurora.server(instance).execute("SELECT @@super_read_only")[0][0], instance
    with pytest.raises(pymysql.err.OperationalError):
        ask(aurora, aurora.aws.endpoint, "SELECT 1")
    told = messages(aurora, "lab-eu", names.SECOND_REGION)
    assert told[-1] == "Global switchover to DB cluster lab-eu in Region eu-west-1 finished."

    # Back, though `lab` has not all: what is missing is lost.
    pair = [aurora.server(instance) for instance in ("lab-1", "lab-2")]
    for server in pair:
        aurora.until(lambda s=server: bool(s.execute("SHOW DATABASES LIKE 'waited_for'")), "lab does not follow lab-eu")
        server.execute("STOP REPLICA IO_THREAD")
    distant.execute("CREATE DATABASE lost")
    rds.failover_global_cluster(
        GlobalClusterIdentifier="lab-global", TargetDbClusterIdentifier=NEAR, AllowDataLoss=True
    )
    aurora.until(lambda: primary() == NEAR, "lab did not become the primary again")
    assert aurora.aws.status()["lost"].startswith(distant.execute("SELECT @@server_uuid")[0][0])
    for server in pair:
        assert not server.execute("SHOW DATABASES LIKE 'lost'")

    # It has what the primary never had. AWS makes it anew; here it may as well write on its own.
    with pytest.raises(ClientError, match="InvalidGlobalClusterStateFault"):
        far.remove_from_global_cluster(GlobalClusterIdentifier="lab-global", DbClusterIdentifier=NEAR)
    far.remove_from_global_cluster(GlobalClusterIdentifier="lab-global", DbClusterIdentifier=FAR)
    cluster = far.describe_db_clusters(DBClusterIdentifier="lab-eu")["DBClusters"][0]
    assert ask(aurora, (cluster["Endpoint"], cluster["Port"]), "SELECT @@server_id") == 3
    assert not distant.execute("SELECT @@super_read_only")[0][0]
    aurora.rejoin()
    assert distant.execute("SELECT @@super_read_only")[0][0]


def test_parameter_groups_have_defaults_and_rules_and_wait_for_a_reboot(aurora: Aurora) -> None:
    rds = aurora.client("rds")

    def value(group: str, name: str) -> str:
        found = rds.describe_db_cluster_parameters(DBClusterParameterGroupName=group)["Parameters"]
        return str(next(each for each in found if each["ParameterName"] == name)["ParameterValue"])

    def states() -> set[str]:
        found = rds.describe_db_clusters(DBClusterIdentifier="lab")["DBClusters"][0]
        return {each["DBClusterParameterGroupStatus"] for each in found["DBClusterMembers"]}

    def change(name: str, value: str, method: str) -> None:
        rds.modify_db_cluster_parameter_group(
            DBClusterParameterGroupName=names.PARAMETERS,
            Parameters=[{"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}],
        )

    assert value("default.aurora-mysql8.0", "binlog_format") == "OFF"
    assert value(names.PARAMETERS, "binlog_format") == "ROW"
    for name, given, method, words in (
        ("server_id", "7", "immediate", "cannot be modified"),
        ("binlog_format", "ROW", "immediate", "static parameter"),
        ("binlog_row_metadata", "SOME", "immediate", "allowed values"),
        ("no_such", "1", "immediate", "Could not find"),
    ):
        with pytest.raises(ClientError, match=words):
            change(name, given, method)
    waiting = states()
    change("binlog_row_metadata", "FULL", "immediate")
    assert ask(aurora, aurora.aws.endpoint, "SELECT @@GLOBAL.binlog_row_metadata") == "FULL"
    assert states() == waiting
    change("aurora_enhanced_binlog", "1", "pending-reboot")
    assert states() == {"pending-reboot"}
    for instance in ("lab-1", "lab-2"):
        rds.reboot_db_instance(DBInstanceIdentifier=instance)
    aurora.until(lambda: states() == {"in-sync"}, "a reboot changes nothing")
    change("binlog_row_metadata", "MINIMAL", "immediate")


def test_a_reboot_brings_what_waits_in_the_group_to_that_instance_alone(aurora: Aurora) -> None:
    rds = aurora.client("rds")
    writer = aurora.aws.writer
    address = aurora.aws.endpoint

    def put(**changes: str) -> None:
        rds.modify_db_cluster_parameter_group(
            DBClusterParameterGroupName=names.PARAMETERS,
            Parameters=[
                {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
                for name, value in changes.items()
            ],
        )

    def shown() -> tuple[str, ...]:
        return tuple(ask(aurora, address, f"SELECT @@GLOBAL.{name}") for name in ("binlog_format", "binlog_row_image"))

    def reboot(*instances: str) -> None:
        for instance in instances:
            rds.reboot_db_instance(DBInstanceIdentifier=instance)
        aurora.until(
            lambda: all(
                each["DBClusterParameterGroupStatus"] == "in-sync"
                for each in rds.describe_db_clusters(DBClusterIdentifier="lab")["DBClusters"][0]["DBClusterMembers"]
                if each["DBInstanceIdentifier"] in instances
            ),
            "a reboot changes nothing",
        )

    old = shown()
    put(binlog_format="MIXED", binlog_row_image="minimal")
    assert shown() == old == ("ROW", "FULL")
    reboot(aurora.other)
    assert shown() == old
    reboot(writer)
    assert shown() == ("MIXED", "MINIMAL")
    put(binlog_format="ROW", binlog_row_image="full")
    reboot(writer, aurora.other)
    assert shown() == old


def test_another_parameter_group_waits_for_a_reboot_whole(aurora: Aurora) -> None:
    rds = aurora.client("rds")

    def attach(group: str) -> set[str]:
        rds.modify_db_cluster(DBClusterIdentifier="lab", DBClusterParameterGroupName=group)
        found = rds.describe_db_clusters(DBClusterIdentifier="lab")["DBClusters"][0]
        assert found["DBClusterParameterGroup"] == group
        return {each["DBClusterParameterGroupStatus"] for each in found["DBClusterMembers"]}

    with pytest.raises(ClientError, match="DBClusterParameterGroupNotFound"):
        attach("no-such")
    assert attach("default.aurora-mysql8.0") == {"pending-reboot"}
    attach(names.PARAMETERS)
    for instance in ("lab-1", "lab-2"):
        rds.reboot_db_instance(DBInstanceIdentifier=instance)
    aurora.until(lambda: attach(names.PARAMETERS) == {"in-sync"}, "a reboot changes nothing")


def test_binlog_retention_is_set_by_the_procedures_of_rds_and_survives_a_failover(aurora: Aurora) -> None:
    def shown() -> str | None:
        with connected(aurora, aurora.aws.endpoint) as cursor:
            cursor.execute("CALL mysql.rds_show_configuration")
            found: str | None = dict(row[:2] for row in cursor.fetchall())["binlog retention hours"]
            return found

    def put(hours: str) -> None:
        with connected(aurora, aurora.aws.endpoint) as cursor:
            cursor.execute(f"CALL mysql.rds_set_configuration('binlog retention hours', {hours})")

    assert shown() is None
    for hours in ("0", "2161"):
        with pytest.raises(pymysql.Error, match="between 1 and 2160"):
            put(hours)
    put("2160")
    new = aurora.other
    aurora.client("rds").failover_db_cluster(DBClusterIdentifier="lab")
    aurora.until_writer(new)
    assert shown() == "2160"
    assert ask(aurora, aurora.aws.endpoint, "SELECT @@GLOBAL.binlog_expire_logs_seconds") == 2160 * 3600
    put("NULL")
    assert shown() is None


def test_faults_are_what_clients_of_aws_know(aurora: Aurora) -> None:
    aurora.aws.fault("throttling", service="rds", times=2)
    # boto3 tries again.
    assert aurora.client("rds").describe_db_clusters()["DBClusters"]
    assert not aurora.aws.status()["faults"]
    aurora.aws.fault("expired-token", action="FailoverDBCluster")
    assert aurora.client("rds").describe_db_clusters()["DBClusters"]
    refused = aurora.cli("rds", "failover-db-cluster", "--db-cluster-identifier", "lab")
    assert (refused.returncode, "ExpiredToken" in refused.stderr) == (255, True)
    aurora.aws.fault("access-denied", service="cloudwatch")
    with pytest.raises(ClientError, match="not authorized to perform: cloudwatch:ListMetrics"):
        aurora.client("cloudwatch").list_metrics()
    aurora.aws.fault("unavailable", times=0)
    once = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab", "endpoint_url": aurora.aws.url}
    import boto3

    with pytest.raises(ClientError) as refusal:
        boto3.client("sns", region_name=names.REGION, config=once, **keys).list_topics()
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    aurora.aws.heal()
    answer = aurora.client("sns").list_topics()
    assert "not AWS" in answer["ResponseMetadata"]["HTTPHeaders"]["x-emulator"]
