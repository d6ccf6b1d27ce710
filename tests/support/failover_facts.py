"""Facts of a healthy primary with its replica, to be made worse one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tailrace.ops.failover.facts import CANDIDATE, SOURCE, Connector, Facts, Following, Member

OLD = "aaaaaaaa-0000-0000-0000-000000000001"
NEW = "bbbbbbbb-0000-0000-0000-000000000002"
THIRD = "cccccccc-0000-0000-0000-000000000003"

PRIMARY = Member(
    SOURCE,
    "old:3306",
    uuid=OLD,
    has_gtids=True,
    log_bin=True,
    log_replica_updates=True,
    file="binlog.000009",
    position=900,
    executed=f"{OLD}:1-100",
)
FOLLOWING = Following("old", 3306, "repl", OLD, receiving=True, applying=True, received=f"{OLD}:1-99", error="")
REPLICA = replace(
    PRIMARY,
    name=CANDIDATE,
    address="new:3306",
    uuid=NEW,
    file="binlog.000002",
    position=200,
    executed=f"{OLD}:1-98",
    read_only=True,
    super_read_only=True,
    following=FOLLOWING,
)
AWAY = Member(SOURCE, "old:3306", error="MySQL error 2003: refused")
SHOP = Connector(
    "shop",
    "RUNNING, task 0 RUNNING",
    is_running=True,
    why="",
    address="old:3306",
    user="capture",
    gtids=f"{OLD}:1-97",
    place="binlog.9:7",
    in_snapshot=False,
    worker="http://worker:8083",
)


def facts(
    source: Member = PRIMARY, connector: Connector = SHOP, replicas: tuple[Member, ...] = (), **candidate: Any
) -> Facts:
    """`candidate`: what is different about it."""
    return Facts(source, replace(REPLICA, **candidate), replicas, (connector,))
