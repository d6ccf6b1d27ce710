"""What the lab's CloudWatch has, for exercises that ask it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tailrace.lab.aws.names import REGION, REPLICA_CLUSTER, SECOND_CLUSTER, SECOND_REGION
from tailrace.learn.stage import CONNECTOR
from tailrace.ops.lag.cloudwatch import NAMESPACE

if TYPE_CHECKING:
    from tailrace.learn.stage import Stage

RDS: Final = "AWS/RDS"
SECONDS: Final = {"Seconds": 1.0, "Milliseconds": 0.001}


@dataclass(frozen=True)
class Figure:
    """A series of lag."""

    region: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]


BINLOG_REPLICA: Final = Figure(
    SECOND_REGION, RDS, "AuroraBinlogReplicaLag", {"DBClusterIdentifier": REPLICA_CLUSTER, "Role": "WRITER"}
)
READER: Final = Figure(REGION, RDS, "AuroraReplicaLag", {"DBInstanceIdentifier": "lab-2"})
GLOBAL: Final = Figure(SECOND_REGION, RDS, "AuroraGlobalDBReplicationLag", {"DBClusterIdentifier": SECOND_CLUSTER})
OWN: Final = Figure(REGION, NAMESPACE, "Lag", {"Connector": CONNECTOR})
"""Of the exercises' connector, where `tailrace lag publish` has put it."""


def recent(stage: Stage, figure: Figure, seconds: float) -> list[float]:
    """What came within so many seconds, oldest first, in seconds; -1 stays what it is, whatever the unit."""
    now = time.time()
    found = stage.aws.call(
        "cloudwatch",
        "get_metric_statistics",
        region=figure.region,
        Namespace=figure.namespace,
        MetricName=figure.metric,
        Dimensions=dimensions(figure),
        StartTime=now - seconds,
        EndTime=now + 1,
        Period=1,
        Statistics=["Maximum"],
    )["Datapoints"]
    return [
        each["Maximum"] if each["Maximum"] < 0 else each["Maximum"] * SECONDS[each["Unit"]]
        for each in sorted(found, key=lambda each: each["Timestamp"])
    ]


def dimensions(figure: Figure) -> list[dict[str, str]]:
    """As AWS's API has them."""
    return [{"Name": name, "Value": value} for name, value in figure.dimensions.items()]


def alarms(stage: Stage, figure: Figure) -> list[tuple[Figure, dict[str, Any]]]:
    """Those of this figure, whatever their further dimensions, as DescribeAlarms tells them; each with its series."""
    first = next(iter(figure.dimensions.items()))
    found = []
    for alarm in stage.aws.call("cloudwatch", "describe_alarms", region=figure.region)["MetricAlarms"]:
        has = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        of = alarm.get("Namespace"), alarm.get("MetricName")
        if of == (figure.namespace, figure.metric) and first in has.items():
            found.append((replace(figure, dimensions=has), alarm))
    return found
