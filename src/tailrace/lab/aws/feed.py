"""AWS/RDS figures of the emulated clusters, from the lab's servers; each minute of CloudWatch's clock.

AuroraBinlogReplicaLag is the figure of a cluster that is a binlog replica of another server (here: `lab-replica`), in
seconds; -1 where its replication does not run. It says nothing of a connector that reads from a cluster. Source:
Amazon Aurora User Guide, 'Amazon CloudWatch metrics for Amazon Aurora'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pymysql

from tailrace.errors import LabError
from tailrace.lab.aws import names
from tailrace.lab.aws.aurora import Aurora
from tailrace.lab.aws.database import Database

NAMESPACE = "AWS/RDS"
INACTIVE = -1.0
_MILLISECONDS = 1000


@dataclass(frozen=True)
class Figure:
    """One datapoint."""

    region: str
    name: str
    value: float
    unit: str
    dimensions: dict[str, str]


def figures(aurora: Aurora) -> Iterator[Figure]:
    """Of this moment. A server that is down has none, but the lag of a replica is then -1."""
    for place in aurora.places.values():
        for instance in place.instances:
            database, writer = aurora.databases[instance], instance == aurora.roles.writers[place.name]
            role = "WRITER" if writer and place.name == aurora.roles.primary else "READER"
            for name, value, unit in _of(database, role):
                for dimensions in _dimensions(place.name, instance, role):
                    yield Figure(place.region, name, value, unit, dimensions)
    lag = _lag(aurora.databases[names.REPLICA_INSTANCE])
    for dimensions in (
        {"DBClusterIdentifier": names.REPLICA_CLUSTER, "Role": "WRITER"},
        {"DBClusterIdentifier": names.REPLICA_CLUSTER},
    ):
        yield Figure(
            names.SECOND_REGION,
            "AuroraBinlogReplicaLag",
            INACTIVE if lag is None else lag,
            "Seconds",
            dimensions,
        )
    for place in aurora.places.values():
        behind = _lag(aurora.databases[aurora.roles.writers[place.name]])
        if place.name != aurora.roles.primary and behind is not None:
            dimensions = {"DBClusterIdentifier": place.name}
            yield Figure(
                place.region, "AuroraGlobalDBReplicationLag", behind * _MILLISECONDS, "Milliseconds", dimensions
            )


def _dimensions(cluster: str, instance: str, role: str) -> Iterator[dict[str, str]]:
    yield {"DBInstanceIdentifier": instance}
    yield {"DBClusterIdentifier": cluster, "Role": role}
    yield {"DBClusterIdentifier": cluster}


def _of(database: Database, role: str) -> Iterator[tuple[str, float, str]]:
    try:
        files = database.ask("SHOW BINARY LOGS")
        connections = database.ask("SELECT COUNT(*) FROM performance_schema.threads WHERE TYPE = 'FOREGROUND'")[0][0]
    except (pymysql.Error, LabError):
        return
    yield "DatabaseConnections", float(connections), "Count"
    if role == "WRITER":
        yield "NumBinaryLogFiles", float(len(files)), "Count"
        yield "SumBinaryLogSize", float(sum(file[1] for file in files)), "Bytes"
    elif (lag := _lag(database)) is not None:
        # Aurora's readers lag by milliseconds, through the shared storage; here it is that of a binlog replica.
        yield "AuroraReplicaLag", lag * _MILLISECONDS, "Milliseconds"


def _lag(database: Database) -> float | None:
    try:
        now = database.replication()
    except (pymysql.Error, LabError):
        return None
    return now.seconds if now and now.running else None
