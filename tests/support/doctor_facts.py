"""Facts of a server, a connector and topics that nothing is wrong with, to be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tailrace.model.table import Column, Table, TableId
from tailrace.ops.connect import Status, Task
from tailrace.ops.doctor.facts import (
    Account,
    Binlog,
    Connector,
    Dump,
    Facts,
    Following,
    Kafka,
    Profile,
    Server,
    TableFacts,
    Topic,
)

VARIABLES = {
    "version": "8.4.6",
    "server_uuid": "11111111-1111-1111-1111-111111111111",
    "server_id": "1",
    "log_bin": "ON",
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "binlog_row_metadata": "FULL",
    "binlog_row_value_options": "",
    "binlog_checksum": "CRC32",
    "binlog_error_action": "ABORT_SERVER",
    "binlog_order_commits": "ON",
    "binlog_expire_logs_seconds": "2592000",
    "gtid_mode": "ON",
    "enforce_gtid_consistency": "ON",
    "log_replica_updates": "ON",
    "replica_preserve_commit_order": "ON",
    "replica_parallel_workers": "4",
    "max_allowed_packet": "67108864",
    "net_write_timeout": "60",
    "time_zone": "SYSTEM",
    "system_time_zone": "UTC",
    "sync_binlog": "1",
    "innodb_flush_log_at_trx_commit": "1",
    "super_read_only": "OFF",
    "default_password_lifetime": "0",
}


def server(where: str = "db1:3306", *, changes: dict[str, str] | None = None, **facts: Any) -> Server:
    made = Server(
        where=where,
        account_name="'capture'@'%'",
        user="capture",
        variables={**VARIABLES, **(changes or {})},
        status={},
        encrypted=True,
        clock_ahead=0.0,
        privileges=frozenset({"SELECT", "RELOAD", "LOCK TABLES", "REPLICATION SLAVE", "REPLICATION CLIENT"}),
        narrower=(),
        account=Account("caching_sha2_password", "DEFAULT", ()),
        binlog=Binlog("binlog.000002", 197, files=(("binlog.000001", 500), ("binlog.000002", 197))),
        executed="11111111-1111-1111-1111-111111111111:1-10",
        purged="",
        dumps=(Dump("capture", ""),),
        registered=(),
        following=None,
        filters=(),
        prepared=(),
        waits=(),
        retention_hours="168",
    )
    return replace(made, **facts)


def follower(where: str = "db2:3306", **facts: Any) -> Server:
    changes = {
        "server_id": "2",
        "server_uuid": "22222222-2222-2222-2222-222222222222",
        "super_read_only": "ON",
        **facts.pop("changes", {}),
    }
    following = Following("db1:3306", "Yes", "Yes", "", 0)
    return server(where, changes=changes, **{"following": following, **facts})


def table(name: str = "shop.orders", *, columns: tuple[Column, ...] = (), **facts: Any) -> TableFacts:
    database, _, short = name.partition(".")
    whole = columns or (Column("id", "int", nullable=False),)
    made = TableFacts(Table(TableId(database, short), whole, ("id",)), "InnoDB", 10, cascades=False, writes=10)
    return replace(made, **facts)


def connector(state: str = "RUNNING", *, config: dict[str, str] | None = None, **facts: Any) -> Connector:
    task = (Task(0, state, "w", "java.lang.Boom\nCaused by: it broke\n" if state == "FAILED" else ""),)
    made = Connector(
        name="shop",
        config={
            "connector.class": "io.debezium.connector.mysql.MySqlConnector",
            "database.hostname": "db1",
            "database.user": "capture",
            "database.password": "${file:/secrets:mysql}",
            "database.ssl.mode": "required",
            "topic.prefix": "shop",
            "heartbeat.interval.ms": "10000",
            **(config or {}),
        },
        is_debezium=True,
        status=Status("shop", state, "w", "", () if state == "STOPPED" else task),
        offset={"file": "binlog.000002", "pos": 197, "gtids": "11111111-1111-1111-1111-111111111111:1-10"},
        problems={},
    )
    return replace(made, **facts)


def kafka(brokers: int = 3, **topics: Topic) -> Kafka:
    return Kafka("kafka:9092", brokers, topics, tuple(topics))


def facts(**given: Any) -> Facts:
    made = Facts(profile=Profile.SELF_MANAGED, now=1_800_000_000.0, source=server(), tables=(table(),))
    return replace(made, **given)
