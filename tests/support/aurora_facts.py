"""Facts of a healthy Aurora cluster and its global database, to be made worse one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from support.failover_facts import NEW, PRIMARY, REPLICA, SHOP
from tailrace.ops.aws.rds import Cluster, Global, Instance
from tailrace.ops.failover.aurora.facts import AuroraFacts
from tailrace.ops.failover.facts import CANDIDATE, Connector, Member

ARN = "arn:aws:rds:eu-west-1:1:cluster:shop"
FAR = "arn:aws:rds:us-east-1:1:cluster:shop-us"
WRITER = Instance("shop-1", True, 1, "in-sync", "available", "shop-1.x:3306")  # noqa: FBT003
READER = Instance("shop-2", False, 1, "in-sync", "available", "shop-2.x:3306")  # noqa: FBT003
CLUSTER = Cluster(
    ARN,
    "shop",
    "available",
    "aurora-mysql",
    "8.0.mysql_aurora.3.08.0",
    "shop.cluster-x:3306",
    "shop.cluster-ro-x:3306",
    (WRITER, READER),
    "shop-parameters",
    (("gtid-mode", "ON"), ("enforce_gtid_consistency", "ON"), ("binlog_format", "ROW")),
)
SECOND = replace(
    CLUSTER,
    arn=FAR,
    name="shop-us",
    address="shop-us.cluster-x:3306",
    reader_address="shop-us.cluster-ro-x:3306",
    instances=(replace(READER, name="shop-us-1", address="shop-us-1.x:3306"),),
)
WHOLE = Global("shop-global", "available", ((ARN, True), (FAR, False)))
ENDPOINT = replace(PRIMARY, address=CLUSTER.address, instance="shop-1")
MEMBERS = (
    replace(PRIMARY, name="shop-1", address=WRITER.address),
    replace(REPLICA, name="shop-2", address=READER.address, following=None),
)
STANDBY = replace(REPLICA, name="shop-us-1", address="shop-us-1.x:3306", following=None, uuid=NEW)
AWAY = Member(CANDIDATE, SECOND.address, error="refused")
HERE = replace(SHOP, address=CLUSTER.address)


def facts(connector: Connector = HERE, source: Member = ENDPOINT, **cluster: Any) -> AuroraFacts:
    """`cluster`: what is different about it."""
    return AuroraFacts(replace(CLUSTER, **cluster), source, MEMBERS, retention_hours="168", connectors=(connector,))


def global_facts(found: AuroraFacts | None = None, target: Cluster | None = SECOND, **more: Any) -> AuroraFacts:
    """With a secondary cluster, whose endpoint is not active."""
    base = found or facts()
    return replace(
        base, **{"whole": WHOLE, "target": target, "candidate": AWAY, "instances": (*MEMBERS, STANDBY), **more}
    )
