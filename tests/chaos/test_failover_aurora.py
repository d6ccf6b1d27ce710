"""Failovers of Aurora under writes, on the lab's double of AWS: the sink has what the new writer has, once."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from support.aurora_drill import IN_REGION, TO_REGION, AuroraDrill
from support.aws import Aurora
from support.cli import Said, tailrace
from support.rest import Client
from support.workers import TailraceWorker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RATE = 300.0
SECRET = "p-of-the-switcher"


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with TailraceWorker(tmp_path_factory.mktemp("worker")) as made:
        yield Client(made.url)


class Asked:
    """`tailrace failover` as the account that docs/how-to/failover.md describes."""

    def __init__(self, aurora: Aurora, folder: Path) -> None:
        self.aurora = aurora
        self._journal = folder / "failover.jsonl"
        writer = aurora.server(aurora.writer)
        writer.execute("DROP USER IF EXISTS switcher@'%'")
        writer.execute(f"CREATE USER switcher@'%' IDENTIFIED BY '{SECRET}'")
        writer.execute("GRANT REPLICATION CLIENT, SELECT ON *.* TO switcher@'%'")
        writer.execute("GRANT EXECUTE ON PROCEDURE mysql.rds_show_configuration TO switcher@'%'")
        host, port = aurora.aws.endpoint
        self.environment = {
            **aurora.environment,
            "ENDPOINT": f"mysql://switcher:{SECRET}@{host}:{port}",
            "OTHER": f"mysql://switcher:{SECRET}@{host}:{aurora.aws.settings.second_port}",
            "READERS": f"mysql://switcher:{SECRET}@{aurora.aws.reader[0]}:{port}",
        }

    def call(self, command: str, *options: str, cluster: str = "lab", source: str = "${env:ENDPOINT}") -> Said:
        given = ["--aurora", cluster, "--source", source, "--journal", str(self._journal), "--deadline", "30"]
        with mock.patch.dict("os.environ", self.environment):
            said = tailrace("failover", command, *given, "--settle", "0.5", *options)
        assert SECRET not in said.out + said.err
        return said

    def message(self, *options: str, cluster: str = "lab") -> tuple[int, str]:
        said = self.call("plan", "--json", *options, cluster=cluster)
        document = json.loads(said.err.splitlines()[-1]) if said.err else said.json["refused"][0]
        return said.code, " ".join(str(each) for each in document.values())


@pytest.fixture
def asked(aurora: Aurora, tmp_path: Path) -> Asked:
    aurora.usual()
    return Asked(aurora, tmp_path)


def test_a_failover_is_shown_carried_out_and_verified(asked: Asked) -> None:
    aurora = asked.aurora
    old, new = aurora.writer, aurora.other
    aurora.server(old).execute("DROP DATABASE IF EXISTS verified")
    aurora.server(old).execute("CREATE DATABASE verified")
    aurora.server(old).execute("CREATE TABLE verified.t (id INT PRIMARY KEY)")
    # So that the same GTID is at another file and position on the two.
    aurora.server(old).execute("FLUSH BINARY LOGS")
    aurora.server(old).execute("INSERT INTO verified.t VALUES (1), (2)")
    gtids = aurora.server(old).execute("SELECT @@GLOBAL.gtid_executed")[0][0].replace("\n", "")
    aurora.server(new).execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 30)", (gtids,))

    planned = asked.call("plan")
    assert planned.code == 0, planned.err
    lines = planned.out.splitlines()
    assert next(line for line in lines if line.startswith("gtid_executed")).count(gtids) == 3
    assert len(set(next(line for line in lines if line.startswith("file:position")).split()[1:])) == 2
    assert asked.call("run").code == 2  # nobody is there to ask
    done = asked.call("run", "--yes", "--json", "--target", new)
    assert done.code == 0, done.err
    assert {step["state"] for step in done.json["steps"]} == {"done"}
    assert aurora.writer == new
    verified = asked.call("verify", "--table", "verified.t")
    assert verified.code == 0, verified.out + verified.err
    assert "2 and 2 rows" in verified.out
    assert f"Completed failover to DB instance: {new}" in verified.out
    readers = asked.call("plan", source="${env:READERS}")
    assert readers.code == 1
    assert "leads to a reader" in readers.out


def test_what_is_wrong_at_aws_is_told_with_what_to_do(asked: Asked) -> None:
    aws = asked.aurora.aws
    assert asked.message(cluster="labb") == (1, mock.ANY)
    assert "did you mean lab" in asked.message(cluster="labb")[1]
    assert "did you mean lab-" in asked.message("--target", "lab-9")[1]
    assert "did you mean lab-global" in asked.message("--global", "lab-globl", "--candidate", "${env:OTHER}")[1]
    assert asked.call("plan", "--global", "lab-global").code == 2
    assert asked.call("plan", "--dead").code == 2
    assert asked.call("plan", "--fence-command", "true").code == 2
    aws.fault("access-denied", action="DescribeDBInstances")
    code, words = asked.message()
    assert code == 1
    assert "allow rds:DescribeDBInstances" in words
    aws.fault("expired-token")
    assert "aws sso login" in asked.message()[1]
    aws.fault("throttling", times=2)
    assert asked.call("plan").code == 0
    with mock.patch.dict(asked.environment, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}):
        assert asked.message()[0] == 3


def test_a_cluster_of_one_instance_is_refused_with_the_reason(asked: Asked) -> None:
    rds = asked.aurora.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="alone", Engine="aurora-mysql", MasterUsername="a", MasterUserPassword="p" * 9
    )
    rds.create_db_instance(
        DBInstanceIdentifier="alone-1",
        DBClusterIdentifier="alone",
        Engine="aurora-mysql",
        DBInstanceClass="db.r6g.large",
    )
    try:
        rds.describe_db_clusters(DBClusterIdentifier="alone")  # `creating` is told once
        code, words = asked.message(cluster="alone")
        assert code == 1
        assert "InvalidDBClusterStateFault" in words
    finally:
        rds.delete_db_instance(DBInstanceIdentifier="alone-1", SkipFinalSnapshot=True)
        rds.delete_db_cluster(DBClusterIdentifier="alone", SkipFinalSnapshot=True)


def test_the_doctor_sees_in_aws_what_the_server_does_not_show(asked: Asked) -> None:
    def found(source: str) -> dict[str, str]:
        with mock.patch.dict("os.environ", asked.environment):
            said = tailrace("doctor", "--aurora", "lab", "--source", source, "--json")
        assert SECRET not in said.out + said.err
        assert said.json["profile"] == "aurora"
        return {one["check"]: one["evidence"] for one in said.json["findings"] if one["check"].startswith("aurora.")}

    assert set(found("${env:ENDPOINT}")) <= {"aurora.parameters"}
    assert set(found("${env:READERS}")) >= {"aurora.endpoint"}
    asked.aurora.set_parameters(binlog_backup="0")
    assert "pending-reboot" in found("${env:ENDPOINT}")["aurora.parameters"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kinds", [IN_REGION, ("runbook",), TO_REGION])
def test_a_failover_of_aurora_loses_and_doubles_nothing(
    kinds: tuple[str, ...], seed: int, worker: Client, aurora: Aurora, tmp_path_factory: pytest.TempPathFactory
) -> None:
    draw = random.Random(f"{kinds} {seed}")
    kind = draw.choice(kinds)
    outcome = AuroraDrill(kind, draw.randrange(10**6), tmp_path_factory.mktemp("d"), worker, aurora, RATE).play()
    assert outcome.unequal == []
    assert outcome.doubled == 0
    assert outcome.transactions > RATE


@pytest.mark.timeout(300)
def test_a_connector_that_has_what_the_other_region_lost_is_held_and_the_transactions_are_named(
    seed: int, worker: Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Of its own: afterwards one cluster has what the other never had.
    with Aurora(tmp_path_factory.mktemp("lost")) as mine:
        outcome = AuroraDrill("lost", seed % 10**6, tmp_path_factory.mktemp("d"), worker, mine, RATE).play()
    assert outcome.refused
