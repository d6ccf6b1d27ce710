"""How to break a real server for each check of the doctor; `test_doctor.py` carries it out, and repairs as printed."""

from __future__ import annotations

from dataclasses import dataclass, field

from tailrace.lab import faults
from tailrace.lab.faults import FAULTS
from tailrace.ops.doctor.facts import Profile
from tailrace.ops.doctor.finding import Severity

ERROR, WARNING, INFO = Severity
WELL = ("--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1", "--binlog-row-metadata=FULL")
"""Options of a server that no check has anything to say about."""
GRANTS = "SELECT, RELOAD, LOCK TABLES, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, XA_RECOVER_ADMIN"


@dataclass(frozen=True)
class Case:
    """`broken` and `after` are the administrator's. The doctor logs in as the lab's capture account, or as `account`:
    what follows CREATE USER 'patient'@'%', and the privileges it has on everything.
    """

    check: str
    broken: tuple[str, ...]
    severity: Severity
    evidence: str
    account: tuple[str, str] | None = None
    also: frozenset[str] = frozenset()
    """Other checks that the same breaks."""
    after: tuple[str, ...] = ()
    profile: Profile = Profile.SELF_MANAGED
    changes: dict[str, str | None] = field(default_factory=dict)
    """Properties of the connector."""
    cured: bool = True
    """Whether the check passes after the printed repair; there may be none, or one that takes more than itself."""

    def __str__(self) -> str:
        return self.check


def _variable(check: str, name: str, value: object, severity: Severity, *also: str) -> Case:
    shown = f"{name} = {str(value).strip(chr(39))}"
    return Case(
        check,
        (f"SET GLOBAL {name} = {value}",),
        severity,
        shown,
        also=frozenset(also),
        after=(f"RESET PERSIST IF EXISTS {name}", *(["SET GLOBAL time_zone = DEFAULT"] if name == "time_zone" else [])),
    )


def _tables(check: str, severity: Severity, evidence: str, *statements: str, **more: object) -> Case:
    broken = ("CREATE DATABASE ward", *statements)
    after = ("SET SESSION foreign_key_checks = 0", "DROP DATABASE ward")
    return Case(check, broken, severity, evidence, after=after, **more)  # type: ignore[arg-type]


def _account(check: str, severity: Severity, evidence: str, identified: str, grants: str = GRANTS) -> Case:
    return Case(check, (), severity, evidence, account=(identified, grants))


def _without(privilege: str) -> str:
    return ", ".join(each for each in GRANTS.split(", ") if each != privilege)


BY_PASSWORD = "IDENTIFIED BY 'secret'"
HISTORY = "schema.history.internal"

SOURCE = (
    _variable("server.identity", "server_id", 0, ERROR),
    _variable("server.time-zone", "time_zone", "'+02:00'", INFO),
    _variable("server.packet", "max_allowed_packet", 1048576, WARNING),
    _variable("server.write-timeout", "net_write_timeout", 5, WARNING),
    _variable("server.durability", "sync_binlog", 0, INFO),
    _variable("binlog.format", "binlog_format", "'MIXED'", ERROR),
    _variable("binlog.image", "binlog_row_image", "'MINIMAL'", ERROR),
    _variable("binlog.metadata", "binlog_row_metadata", "'MINIMAL'", INFO),
    _variable("binlog.partial-json", "binlog_row_value_options", "'PARTIAL_JSON'", ERROR),
    _variable("binlog.checksum", "binlog_checksum", "'NONE'", WARNING),
    _variable("binlog.error-action", "binlog_error_action", "'IGNORE_ERROR'", ERROR),
    _variable("binlog.commit-order", "binlog_order_commits", "OFF", WARNING),
    Case(
        "binlog.retention",
        ("SET GLOBAL binlog_expire_logs_seconds = 7200",),
        WARNING,
        "kept for 2 h",
        after=("RESET PERSIST binlog_expire_logs_seconds", "SET GLOBAL binlog_expire_logs_seconds = DEFAULT"),
    ),
    Case(
        "gtid.mode",
        ("SET GLOBAL gtid_mode = ON_PERMISSIVE", "SET GLOBAL gtid_mode = OFF_PERMISSIVE"),
        ERROR,
        "gtid_mode = OFF_PERMISSIVE",
        after=("RESET PERSIST gtid_mode",),
    ),
    Case(
        "gtid.mode",
        (
            "SET GLOBAL gtid_mode = ON_PERMISSIVE",
            "SET GLOBAL gtid_mode = OFF_PERMISSIVE",
            "SET GLOBAL gtid_mode = OFF",
            "SET GLOBAL enforce_gtid_consistency = WARN",
        ),
        WARNING,
        "gtid_mode = OFF",
        also=frozenset({"gtid.consistency"}),
        after=("RESET PERSIST gtid_mode", "RESET PERSIST enforce_gtid_consistency"),
    ),
    Case(
        "gtid.consistency",
        (
            "SET GLOBAL gtid_mode = ON_PERMISSIVE",
            "SET GLOBAL gtid_mode = OFF_PERMISSIVE",
            "SET GLOBAL gtid_mode = OFF",
            "SET GLOBAL enforce_gtid_consistency = OFF",
        ),
        WARNING,
        "enforce_gtid_consistency = OFF",
        also=frozenset({"gtid.mode"}),
        after=(
            "SET GLOBAL gtid_mode = OFF_PERMISSIVE",
            "SET GLOBAL gtid_mode = ON_PERMISSIVE",
            "SET GLOBAL gtid_mode = ON",
            "RESET PERSIST enforce_gtid_consistency",
        ),
    ),
    Case(
        "binlog.retention-hours",
        (
            "CREATE TABLE mysql.rds_configuration (name VARCHAR(100) PRIMARY KEY, value VARCHAR(100))",
            "INSERT INTO mysql.rds_configuration VALUES ('binlog retention hours', NULL)",
            "CREATE PROCEDURE mysql.rds_show_configuration() SELECT name, value, '' FROM mysql.rds_configuration",
            "CREATE PROCEDURE mysql.rds_set_configuration(n TEXT, v INT) UPDATE mysql.rds_configuration SET value = v",
            "GRANT EXECUTE ON PROCEDURE mysql.rds_show_configuration TO tailrace@'%'",
        ),
        ERROR,
        "binlog retention hours = NULL",
        after=(
            "DROP PROCEDURE mysql.rds_show_configuration",
            "DROP PROCEDURE mysql.rds_set_configuration",
            "DROP TABLE mysql.rds_configuration",
        ),
        profile=Profile.RDS,
    ),
    _account("account.replication", ERROR, "lacks REPLICATION CLIENT", BY_PASSWORD, _without("REPLICATION CLIENT")),
    _account("account.select", ERROR, "lacks SELECT", BY_PASSWORD, _without("SELECT")),
    _account(
        "account.locks", WARNING, "lacks RELOAD, LOCK TABLES", BY_PASSWORD, GRANTS.replace("RELOAD, LOCK TABLES, ", "")
    ),
    _account("account.surplus", INFO, "has INSERT, DROP", BY_PASSWORD, f"{GRANTS}, INSERT, DROP"),
    _account("account.plugin", WARNING, "sha256_password", "IDENTIFIED WITH sha256_password BY 'secret'"),
    _account("account.expiry", WARNING, "INTERVAL 90 DAY", f"{BY_PASSWORD} PASSWORD EXPIRE INTERVAL 90 DAY"),
    _account("account.limits", WARNING, "MAX_USER_CONNECTIONS 9", f"{BY_PASSWORD} WITH MAX_USER_CONNECTIONS 9"),
    Case(
        "tls.on",
        ("SET GLOBAL ssl_cert = 'gone.pem'", "ALTER INSTANCE RELOAD TLS NO ROLLBACK ON ERROR"),
        WARNING,
        "Ssl_cipher",
        after=("RESET PERSIST ssl_ca", "RESET PERSIST ssl_cert", "RESET PERSIST ssl_key"),
    ),
    _tables("tables.keys", WARNING, "ward.loose", "CREATE TABLE ward.loose (a INT)"),
    _tables("tables.engines", WARNING, "ward.old (MyISAM)", "CREATE TABLE ward.old (a INT PRIMARY KEY) ENGINE=MyISAM"),
    _tables(
        "tables.topics",
        WARNING,
        "ward.a_b",
        "CREATE TABLE ward.`a$b` (a INT PRIMARY KEY)",
        "CREATE TABLE ward.a_b (a INT PRIMARY KEY)",
        cured=False,
    ),
    _tables(
        "snapshot.retention",
        WARNING,
        "the binlog is kept for 1 s",
        "CREATE TABLE ward.large (a INT AUTO_INCREMENT PRIMARY KEY)",
        "INSERT INTO ward.large VALUES ()",
        *["INSERT INTO ward.large (a) SELECT NULL FROM ward.large"] * 15,
        "ANALYZE TABLE ward.large",
        "SET GLOBAL binlog_expire_logs_seconds = 1",
        also=frozenset({"binlog.retention"}),
    ),
    Case(
        "server.xa",
        (
            "CREATE DATABASE ward",
            "CREATE TABLE ward.t (a INT PRIMARY KEY)",
            "XA START 'left''over', 'branch', 7",
            "INSERT INTO ward.t VALUES (1)",
            "XA END 'left''over', 'branch', 7",
            "XA PREPARE 'left''over', 'branch', 7",
        ),
        WARNING,
        "1 prepared",
        after=("DROP DATABASE ward",),
    ),
)
"""On one server, one after the other."""

FOLLOWERS = (
    Case(
        "replica.errant",
        ("SET GLOBAL super_read_only = OFF", "CREATE DATABASE stray", "DROP DATABASE stray"),
        ERROR,
        "errant: ",
        after=("SET GLOBAL super_read_only = ON",),
        also=frozenset({"replica.read-only"}),
    ),
    Case("replica.running", ("STOP REPLICA",), ERROR, "Replica_IO_Running: No, Replica_SQL_Running: No"),
    Case(
        "replica.commit-order",
        (
            "STOP REPLICA SQL_THREAD",
            "SET GLOBAL replica_preserve_commit_order = OFF",
            "START REPLICA SQL_THREAD",
        ),
        WARNING,
        "replica_preserve_commit_order = OFF, replica_parallel_workers = 4",
    ),
    Case(
        "replica.binlog",
        ("SET GLOBAL binlog_row_image = 'MINIMAL'",),
        WARNING,
        "binlog_row_image = MINIMAL, FULL on the source",
    ),
    Case(
        "replica.read-only",
        ("SET GLOBAL super_read_only = OFF",),
        WARNING,
        "read_only = ON, super_read_only = OFF",
    ),
    Case(
        "replica.filters",
        (
            "STOP REPLICA SQL_THREAD",
            "CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (hidden), REPLICATE_WILD_DO_TABLE = ('shop.%')",
            "START REPLICA SQL_THREAD",
        ),
        ERROR,
        "REPLICATE_IGNORE_DB = hidden",
    ),
    Case("server.id-clash", ("SET GLOBAL server_id = 1",), WARNING, "server id 1 twice"),
)
"""On a replica, the source as it should be."""

STATIC = (
    Case("binlog.replica-updates", ("--log-replica-updates=OFF",), WARNING, "log_replica_updates = OFF"),
    Case("replica.updates", ("--log-replica-updates=OFF",), ERROR, "log_replica_updates = OFF"),
    Case("tables.cascades", ("--innodb-native-foreign-keys=ON",), WARNING, "ward.line"),
)
"""`broken`: options whose repair is a statement, and counts at the next start."""
OPTIONS = (
    Case("binlog.filters", ("--binlog-ignore-db=hidden",), ERROR, "binlog_ignore_db = hidden", cured=False),
    Case("binlog.on", ("--skip-log-bin",), ERROR, "log_bin = OFF", cured=False),
)
"""`broken`: options of the server, repaired where they were given."""

LINTS = (
    Case("connector.properties", (), ERROR, "database.server.name", changes={"database.server.name": "clinic"}),
    Case(
        "connector.tables",
        (),
        WARNING,
        "table.include.list has orders",
        changes={"table.include.list": r"clinic\.(visit|bill|signals),orders"},
    ),
    Case("tables.unsigned", (), INFO, "clinic.bill"),
    Case(
        "connector.snapshot-mode",
        (),
        WARNING,
        "snapshot.mode = always",
        changes={"snapshot.mode": "always"},
    ),
    Case(
        "connector.locking",
        (),
        WARNING,
        "snapshot.locking.mode = none",
        changes={"snapshot.locking.mode": "none"},
    ),
    Case(
        "connector.history",
        (),
        WARNING,
        "store.only.captured.tables.ddl = true",
        changes={"schema.history.internal.store.only.captured.tables.ddl": "true"},
    ),
    Case(
        "connector.failures",
        (),
        WARNING,
        "event.processing.failure.handling.mode = skip",
        changes={"event.processing.failure.handling.mode": "skip"},
    ),
    Case(
        "connector.query",
        (),
        WARNING,
        "binlog_rows_query_log_events = OFF",
        changes={"include.query": "true"},
        after=("RESET PERSIST binlog_rows_query_log_events", "SET GLOBAL binlog_rows_query_log_events = OFF"),
    ),
    Case(
        "connector.tls",
        (),
        WARNING,
        "database.ssl.mode = disabled",
        changes={"database.ssl.mode": "disabled", "driver.allowPublicKeyRetrieval": "true"},
    ),
    Case(
        "connector.heartbeat",
        (),
        WARNING,
        "heartbeat.interval.ms = 0",
        changes={"heartbeat.interval.ms": "0", "heartbeat.action.query": "UPDATE clinic.visit SET id = id"},
    ),
    Case("signal.table", (), ERROR, "no clinic.signals", changes={"signal.data.collection": "clinic.signals"}),
    Case(
        "signal.grants",
        (),
        ERROR,
        "lacks INSERT on clinic.signals",
        after=("REVOKE INSERT ON clinic.signals FROM tailrace",),
    ),
    Case(
        "signal.channels",
        (),
        WARNING,
        "signal.enabled.channels = source",
        changes={"signal.kafka.topic": "clinic-signal", "signal.kafka.bootstrap.servers": "127.0.0.1:1"},
    ),
    Case("kafka.compaction", (), WARNING, "cleanup.policy = compact", changes={"tombstones.on.delete": "false"}),
    Case("kafka.size", (), WARNING, "max.message.bytes = 1000"),
    Case("kafka.history", (), ERROR, "retention.ms = 604800000"),
    Case("connector.secrets", (), INFO, "database.password", cured=False),
)
"""All at once in one stopped connector of Debezium's."""

LIVE = (
    Case("connector.reader", (), ERROR, "0 sessions of tailrace read the binlog"),
    Case("connector.state", (), WARNING, "STOPPED"),
)
"""Of the same connector while it runs, and when it is stopped."""

READ_ONLY = (
    Case(
        "signal.read-only",
        (
            "SET GLOBAL gtid_mode = ON_PERMISSIVE",
            "SET GLOBAL gtid_mode = OFF_PERMISSIVE",
            "SET GLOBAL gtid_mode = OFF",
        ),
        ERROR,
        "read.only = true, gtid_mode = OFF",
        changes={"read.only": "true"},
        after=(
            "SET GLOBAL gtid_mode = OFF_PERMISSIVE",
            "SET GLOBAL gtid_mode = ON_PERMISSIVE",
            "SET GLOBAL gtid_mode = ON",
        ),
    ),
    Case(
        "connector.writes",
        ("SET GLOBAL read_only = ON",),
        ERROR,
        "read_only = ON",
        changes={"heartbeat.action.query": "UPDATE clinic.visit SET id = id"},
        after=("SET GLOBAL read_only = OFF",),
    ),
    Case(
        "kafka.signals",
        (),
        ERROR,
        "no topic clinic-signal",
        changes={
            "signal.enabled.channels": "source,kafka",
            "signal.kafka.topic": "clinic-signal",
            "signal.kafka.bootstrap.servers": "127.0.0.1:1",
        },
    ),
)
"""At once, too."""

PURGED = (
    Case("connector.offset", (), ERROR, "purged: ", cured=False),
    Case("connector.lag", (), ERROR, "25 d behind", after=("RESET PERSIST binlog_expire_logs_seconds",)),
    Case("replica.offset", (), ERROR, "purged there", cured=False),
)
"""When the binlog after its offset is gone."""

TWIN = (
    Case("server.id-clash", (), WARNING, "server id 9301 twice"),
    Case("connector.shared", (), ERROR, "topic.prefix = clinic in both"),
)
"""When another connector was made of its configuration."""

INVALID = Case("connector.valid", (), ERROR, "the worker's validation of ", cured=False)
CERTIFICATE = Case("tls.certificate", (), WARNING, "it ends on ")

ON_REAL_SERVERS = frozenset(
    case.check
    for case in (
        *SOURCE,
        *FOLLOWERS,
        *STATIC,
        *OPTIONS,
        *LINTS,
        *LIVE,
        *READ_ONLY,
        *PURGED,
        *TWIN,
        INVALID,
        CERTIFICATE,
    )
) | {sign.name for fault in FAULTS for sign in fault.found_by if sign.how is faults.How.DOCTOR}
"""Checks that are met there, by these cases or by the faults of the lab (`test_faults.py`)."""
