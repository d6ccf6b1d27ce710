"""What AWS answers, in pages and with words, is read as what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from support.aurora_facts import ARN, CLUSTER, FAR, WHOLE
from tailrace.errors import AwsError, AwsUnreachable
from tailrace.ops.aws.client import Aws
from tailrace.ops.aws.rds import read_cluster, read_ends, read_failure, read_global, read_writer

MEMBER = {"DBInstanceIdentifier": "shop-1", "IsClusterWriter": True, "DBClusterParameterGroupStatus": "in-sync"}
DESCRIBED = {
    "DBClusterArn": ARN,
    "DBClusterIdentifier": "shop",
    "Status": "available",
    "Engine": "aurora-mysql",
    "Endpoint": "shop.cluster-x",
    "ReaderEndpoint": "shop.cluster-ro-x",
    "Port": 3306,
    "DBClusterParameterGroup": "p",
    "DBClusterMembers": [MEMBER],
    "BacktrackWindow": 7200,
}


class Answers(Aws):
    """An AWS that knows these answers: by operation, or by (operation, Marker) for more pages."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.regions: list[str] = []

    def call(self, service: str, operation: str, parameters: Mapping[str, Any], region: str = "") -> dict[str, Any]:
        assert service == "rds"
        self.regions.append(region)
        # A name is asked for that is not there; the list of all is.
        found = self.answers.get("unknown") if parameters.get("DBClusterIdentifier") else None
        found = found or self.answers[operation]
        if isinstance(found, list):
            found = found[int(parameters.get("Marker", 0))]
        if isinstance(found, Exception):
            raise found
        return dict(found)


def refusal(code: str) -> AwsError:
    error = AwsError("no")
    error.code = code
    return error


def test_parameters_come_in_pages_and_those_that_do_not_matter_are_left_out() -> None:
    pages = [
        {"Parameters": [{"ParameterName": "time_zone", "ParameterValue": "UTC"}], "Marker": "1"},
        {"Parameters": [{"ParameterName": "gtid-mode", "ParameterValue": "ON"}, {"ParameterName": "binlog_format"}]},
    ]
    aws = Answers(
        describe_db_clusters={"DBClusters": [DESCRIBED]},
        describe_db_instances={"DBInstances": []},
        describe_db_cluster_parameters=pages,
    )
    cluster = read_cluster(aws, ARN)
    assert cluster.parameters == (("gtid-mode", "ON"),)
    assert cluster.backtrack_hours == 2
    assert cluster.writer == "shop-1"
    assert set(aws.regions) == {"eu-west-1"}


def test_an_unknown_cluster_is_told_with_the_names_that_are_near() -> None:
    aws = Answers(describe_db_clusters={"DBClusters": [DESCRIBED]}, unknown=refusal("DBClusterNotFoundFault"))
    with pytest.raises(AwsError, match="no cluster shopp") as caught:
        read_cluster(aws, "shopp")
    assert "did you mean shop?" in (caught.value.hint or "")
    with pytest.raises(AwsError) as caught:
        read_cluster(aws, "elsewhere-entirely")
    assert "there is shop" in (caught.value.hint or "")


def test_a_region_that_is_gone_is_a_fact_where_it_is_known_to_be_the_one() -> None:
    aws = Answers(describe_db_clusters=AwsUnreachable("timed out"))
    assert read_cluster(aws, ARN).status == "not reached: timed out"
    with pytest.raises(AwsUnreachable):
        read_cluster(aws, "shop")


def test_a_global_database_is_found_among_all_in_the_region_that_takes_over() -> None:
    member = {"DBClusterArn": ARN, "IsWriter": True}
    found = {"GlobalClusterIdentifier": "shop-global", "Status": "available", "GlobalClusterMembers": [member]}
    aws = Answers(describe_global_clusters={"GlobalClusters": [found | {"GlobalClusterIdentifier": "other"}, found]})
    assert read_global(aws, "shop-global", FAR).primary == ARN
    assert aws.regions == ["us-east-1"]
    assert read_writer(aws, "shop-global", "", is_global=True) == ("available", ARN)
    assert read_writer(aws, "gone", "", is_global=True) == ("not there", "")


def test_clusters_of_two_regions_may_have_one_name() -> None:
    assert WHOLE.named("shop") == ARN
    assert WHOLE.secondary("") == FAR
    assert WHOLE.secondary("shop") == ""


@pytest.mark.parametrize(
    ("message", "is_failure"),
    [
        ("Completed failover to DB instance: shop-2.", False),
        ("Global switchover to DB cluster shop-us in Region us-east-1 finished.", False),
        ("Global failover to DB cluster shop-us in Region us-east-1 completed.", False),
        ("Cluster failover failed, check the health of your cluster instances and try again.", True),
        ("Promoting previous primary again: shop-1.", True),
        ("Global switchover to DB cluster shop-us in Region us-east-1 was canceled.", True),
        ("Global failover to DB cluster shop-us in Region us-east-1 failed.", True),
        ("Started cross AZ failover to DB instance: shop-2.", None),
        ("Started resynchronizing members of DB cluster x in Region y after global failover.", None),
    ],
)
def test_an_event_that_ends_a_failover_is_told_from_one_that_begins_it(message: str, is_failure: bool | None) -> None:
    aws = Answers(describe_events={"Events": [{"Message": message, "Date": 1}]})
    assert [end.is_failure for end in read_ends(aws, CLUSTER, 60)] == ([] if is_failure is None else [is_failure])


def test_a_failure_counts_until_another_failover_begins() -> None:
    told = ["Started cross AZ failover to DB instance: shop-2.", "Promoting previous primary again: shop-1."]
    for words, expected in ((told, told[1]), ([*told, told[0]], ""), ([], "")):
        events = [{"Message": message, "Date": at} for at, message in enumerate(words)]
        assert read_failure(Answers(describe_events={"Events": events}), "shop", "", 60) == expected
