"""Checks over facts of servers that cannot be had here: AWS, old releases, skewed clocks, several brokers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from support.aurora_facts import CLUSTER, READER, WRITER
from support.doctor_cases import ON_REAL_SERVERS
from support.doctor_facts import connector, facts, follower, kafka, server, table
from tailrace.model.table import Column
from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.checks import BUILTIN, all_checks
from tailrace.ops.doctor.facts import Facts, Following, Other, Profile, Registered, Topic, Unread
from tailrace.ops.doctor.finding import How, Severity
from tailrace.ops.doctor.judge import judge

if TYPE_CHECKING:
    from tailrace.ops.aws.rds import Cluster
    from tailrace.ops.doctor.finding import Finding
    from tailrace.ops.doctor.judge import Judgement

ERROR, WARNING, INFO = Severity
AURORA, RDS = Profile.AURORA, Profile.RDS
UUID = "11111111-1111-1111-1111-111111111111"


def found(judgement: Judgement) -> dict[str, tuple[Finding, ...]]:
    return {outcome.check.id: outcome.findings for outcome in judgement.outcomes if outcome.findings}


def on_aurora(cluster: Cluster, where: str = CLUSTER.address) -> Facts:
    return facts(source=server(where), profile=AURORA, clusters=(cluster,))


CASES: tuple[tuple[str, Facts, Severity, str], ...] = (
    ("server.version", facts(source=server(changes={"version": "10.11.6-MariaDB"})), ERROR, "10.11.6"),
    ("server.version", facts(source=server(changes={"version": "5.7.44-log"})), ERROR, "5.7.44"),
    ("server.version", facts(source=server(changes={"version": "8.0.41"})), INFO, "8.0.41"),
    ("server.clock", facts(source=server(clock_ahead=-7.25)), WARNING, "7.2 s behind"),
    (
        "server.role",
        facts(source=server(changes={"innodb_read_only": "ON"}), profile=AURORA),
        ERROR,
        "innodb_read_only",
    ),
    ("server.role", facts(source=server(changes={"innodb_read_only": "ON"})), ERROR, "innodb_read_only"),
    ("server.id-clash", facts(source=server(registered=(Registered(1, "db9", "99"),))), WARNING, "server id 1 twice"),
    (
        "server.time-zone",
        facts(source=server(changes={"time_zone": "Europe/Berlin"}), connector=connector()),
        WARNING,
        "Europe/Berlin",
    ),
    (
        "binlog.enhanced",
        facts(source=server(status={"aurora_enhanced_binlog": "ACTIVE"}), profile=AURORA),
        INFO,
        "ACTIVE",
    ),
    (
        "binlog.enhanced",
        facts(source=server(status={"aurora_enhanced_binlog": "ACTIVE"}), profile=AURORA, global_name="shop-global"),
        WARNING,
        "shop-global",
    ),
    ("aurora.backtrack", on_aurora(replace(CLUSTER, backtrack_hours=24.0)), WARNING, "24 h"),
    (
        "aurora.parameters",
        on_aurora(replace(CLUSTER, instances=(WRITER, replace(READER, parameters="pending-reboot")))),
        WARNING,
        "pending-reboot at shop-2",
    ),
    ("aurora.reader", on_aurora(replace(CLUSTER, instances=(WRITER,))), WARNING, "one instance, shop-1"),
    ("aurora.endpoint", on_aurora(CLUSTER, CLUSTER.reader_address), ERROR, CLUSTER.reader_address),
    ("aurora.endpoint", on_aurora(CLUSTER, WRITER.address), WARNING, "the instance shop-1"),
    (
        "aurora.endpoint",
        replace(on_aurora(CLUSTER), connector=connector(config={"database.hostname": "shop-1.x"})),
        WARNING,
        "shop-1.x:3306",
    ),
    ("binlog.retention-hours", facts(source=server(retention_hours="24"), profile=RDS), WARNING, "= 24"),
    (
        "binlog.retention",
        facts(source=server(changes={"binlog_expire_logs_seconds": "0"})),
        INFO,
        "binlog_expire_logs_seconds = 0",
    ),
    (
        "account.locks",
        facts(
            source=server(privileges=frozenset({"SELECT", "RELOAD", "REPLICATION SLAVE"} | {"REPLICATION CLIENT"})),
            profile=AURORA,
        ),
        WARNING,
        "lacks LOCK TABLES",
    ),
    (
        "tables.types",
        facts(tables=(table(columns=(Column("id", "int"), Column("x", "hyperspace"))),)),
        ERROR,
        "x hyperspace",
    ),
    (
        "tables.cascades",
        facts(tables=(table(cascades=True),)),
        WARNING,
        "shop.orders",
    ),
    (
        "replica.running",
        facts(replicas=(follower(following=Following("db1:3306", "Yes", "Yes", "", 3600)),)),
        WARNING,
        "Seconds_Behind_Source: 3600",
    ),
    ("replica.running", facts(replicas=(follower(following=None),)), WARNING, "is empty"),
    (
        "replica.commit-order",
        facts(source=follower("db1:3306", changes={"replica_preserve_commit_order": "OFF"})),
        ERROR,
        "replica_preserve_commit_order = OFF",
    ),
    ("connector.state", facts(connector=connector("FAILED")), ERROR, "FAILED"),
    ("connector.state", facts(connector=connector("PAUSED")), WARNING, "PAUSED"),
    (
        "connector.offset",
        facts(connector=connector("STOPPED", offset={"file": "binlog.000000", "pos": 4})),
        ERROR,
        "binlog.000000",
    ),
    (
        "connector.offset",
        facts(connector=connector("STOPPED", offset={"file": "b", "pos": 4, "gtids": f"{UUID}:1-12"})),
        ERROR,
        f"missing: {UUID}:11-12",
    ),
    (
        "connector.properties",
        facts(connector=connector(config={"max.batchsize": "9"})),
        WARNING,
        "max.batchsize",
    ),
    (
        "kafka.replication",
        facts(connector=connector(), kafka=kafka(3, a=Topic(1, 1, {}))),
        WARNING,
        "a (1): of 3 brokers",
    ),
    (
        "kafka.replication",
        facts(connector=connector(), kafka=kafka(3, a=Topic(1, 3, {"min.insync.replicas": "3"}))),
        WARNING,
        "min.insync.replicas = 3 of 3",
    ),
    (
        "kafka.history",
        facts(connector=connector(config={"schema.history.internal.kafka.topic": "h"}), kafka=kafka(1)),
        ERROR,
        "no topic h",
    ),
    (
        "kafka.history",
        facts(
            connector=connector(config={"schema.history.internal.kafka.topic": "h"}), kafka=kafka(1, h=Topic(2, 1, {}))
        ),
        ERROR,
        "h has 2 partitions",
    ),
    (
        "kafka.compaction",
        facts(
            connector=connector(),
            tables=(replace(table(), table=replace(table().table, primary_key=())),),
            kafka=kafka(1, **{"shop.shop.orders": Topic(1, 1, {"cleanup.policy": "compact"})}),
        ),
        ERROR,
        "shop.shop.orders",
    ),
)


@pytest.mark.parametrize(("check", "given", "severity", "evidence"), CASES, ids=lambda part: str(part)[:30])
def test_what_cannot_be_broken_here_is_found(check: str, given: Facts, severity: Severity, evidence: str) -> None:
    finding = found(judge(given, BUILTIN))[check][0]
    assert (finding.severity, evidence in finding.evidence) == (severity, True), finding


def test_every_check_is_met_by_a_broken_server_or_by_facts_of_one() -> None:
    assert {check.id for check in BUILTIN} == ON_REAL_SERVERS | {check for check, *_ in CASES}
    assert len({check.id for check in BUILTIN}) == len(BUILTIN)
    only_on_paper = {check.id for check in BUILTIN} - ON_REAL_SERVERS
    assert only_on_paper == {
        "server.version",
        "server.clock",
        "server.role",
        "binlog.enhanced",
        "aurora.backtrack",
        "aurora.endpoint",
        "aurora.parameters",
        "aurora.reader",
        "tables.types",
        "kafka.replication",
    }


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    well = facts(replicas=(follower(),), connector=connector(), kafka=kafka(3, **{"shop.shop.orders": Topic(3, 3, {})}))
    judgement = judge(well, BUILTIN)
    assert found(judgement) == {}
    assert not judgement.skipped
    assert not judgement.has_problem
    for profile in (RDS, AURORA):
        assert found(judge(replace(well, profile=profile), BUILTIN)) == {}


@pytest.mark.parametrize(
    "names",
    [
        {"log_slave_updates": "OFF", "slave_preserve_commit_order": "OFF", "slave_parallel_workers": "4"},
        {"log_replica_updates": "OFF", "replica_preserve_commit_order": "OFF", "replica_parallel_workers": "4"},
    ],
)
def test_servers_before_8_0_26_are_known_by_their_own_names(names: dict[str, str]) -> None:
    plain = {name: value for name, value in server().variables.items() if "replica" not in name}
    judgement = judge(facts(source=follower(variables={**plain, **names}), tables=()), BUILTIN)
    updates, order = list(names)[:2]
    finding = found(judgement)["binlog.replica-updates"][0]
    assert finding.evidence == f"{updates} = OFF"
    assert finding.repair is not None
    assert finding.repair.statements == (f"SET PERSIST_ONLY {updates} = ON",)
    assert found(judgement)["replica.commit-order"][0].evidence.startswith(f"{order} = OFF")


@pytest.mark.parametrize(
    ("profile", "check", "changes", "repair"),
    [
        (
            AURORA,
            "binlog.format",
            {"binlog_format": "MIXED"},
            (
                "aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name PARAMETER_GROUP"
                " --parameters ParameterName=binlog_format,ParameterValue=ROW,ApplyMethod=pending-reboot"
            ),
        ),
        (
            RDS,
            "binlog.image",
            {"binlog_row_image": "MINIMAL"},
            (
                "aws rds modify-db-parameter-group --db-parameter-group-name PARAMETER_GROUP"
                " --parameters ParameterName=binlog_row_image,ParameterValue=FULL,ApplyMethod=immediate"
            ),
        ),
        (
            AURORA,
            "gtid.mode",
            {"gtid_mode": "OFF"},
            (
                "aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name PARAMETER_GROUP"
                " --parameters ParameterName=enforce_gtid_consistency,ParameterValue=ON,ApplyMethod=pending-reboot"
                " ParameterName=gtid-mode,ParameterValue=ON,ApplyMethod=pending-reboot"
            ),
        ),
        (
            RDS,
            "binlog.on",
            {"log_bin": "OFF"},
            (
                "aws rds modify-db-instance --db-instance-identifier INSTANCE --backup-retention-period 7"
                " --apply-immediately"
            ),
        ),
    ],
)
def test_repairs_on_aws_are_commands_of_aws(profile: Profile, check: str, changes: dict[str, str], repair: str) -> None:
    finding = found(judge(facts(source=server(changes=changes), profile=profile), BUILTIN))[check][0]
    assert finding.repair is not None
    assert finding.repair.statements == (repair,)


def test_no_repair_on_aws_sets_a_variable() -> None:
    for _, given, _, _ in CASES:
        for profile in (RDS, AURORA):
            for findings in found(judge(replace(given, profile=profile), BUILTIN)).values():
                for finding in findings:
                    statements = finding.repair.statements if finding.repair else ()
                    assert not [text for text in statements if text.startswith("SET ") and "GTID_NEXT" not in text]


@pytest.mark.parametrize("kind", ["source", "connector"])
def test_what_could_not_be_read_never_passes(kind: str) -> None:
    why = Unread("the account may not")
    blank: Any = {
        "account": why, "binlog": why, "dumps": why, "registered": why, "following": why, "filters": why,
        "prepared": why, "retention_hours": why,
    }  # fmt: skip
    given = facts(source=server(**blank), tables=why)
    if kind == "connector":
        given = replace(given, connector=connector(problems=why, config={"heartbeat.interval.ms": "0"}), kafka=why)
    judgement = judge(given, BUILTIN)
    blind = {outcome.check.id for outcome in judgement.outcomes if outcome.unread == "the account may not"}
    assert {"server.id-clash", "server.xa", "binlog.filters", "account.plugin", "tables.keys"} <= blind
    assert ({"connector.reader", "connector.valid", "connector.tables", "kafka.size"} <= blind) is (kind == "connector")
    assert judgement.has_problem


def test_tailrace_is_not_told_to_keep_a_history_that_it_keeps_anyway() -> None:
    short = connector(config={"schema.history.internal.store.only.captured.tables.ddl": "true"})
    assert "connector.history" in found(judge(facts(connector=short), BUILTIN))
    ours = replace(short, is_debezium=False)
    assert "connector.history" not in found(judge(facts(connector=ours), BUILTIN))


def test_a_transaction_that_the_source_has_is_not_errant_and_too_many_are_not_written_out() -> None:
    stray = "33333333-3333-3333-3333-333333333333"
    well = facts(replicas=(follower(executed=f"{UUID}:1-9"),))
    assert found(judge(well, BUILTIN)) == {}
    few = found(judge(facts(replicas=(follower(executed=f"{stray}:4-5:tag:1"),)), BUILTIN))["replica.errant"][0]
    assert few.repair is not None
    assert [text for text in few.repair.statements if text.startswith("SET")] == [
        f"SET GTID_NEXT = '{stray}:4'",
        f"SET GTID_NEXT = '{stray}:5'",
        f"SET GTID_NEXT = '{stray}:tag:1'",
        "SET GTID_NEXT = 'AUTOMATIC'",
    ]
    many = found(judge(facts(replicas=(follower(executed=f"{stray}:1-1000000"),)), BUILTIN))["replica.errant"][0]
    assert many.repair is not None
    assert many.repair.how is How.SETTING


ENDED = "error 1236: A replica with the same server_uuid/server_id as this replica has connected to the source"


def _two(mine: str, theirs: str, trace: str = "") -> Facts:
    """Two connectors of one id, in these states."""
    first = connector(mine, config={"database.server.id": "7", "topic.prefix": "other"})
    made = connector(theirs).status
    status = replace(made, name="copy", tasks=tuple(replace(task, trace=trace) for task in made.tasks))
    config = {**first.config, "topic.prefix": "copy"}
    return facts(connector=replace(first, others=(Other("copy", config, status),)), kafka=kafka())


@pytest.mark.parametrize(
    ("given", "severity", "words"),
    [
        (_two("RUNNING", "RUNNING"), ERROR, "the server ends one when the other comes"),
        (_two("RUNNING", "FAILED", ENDED), ERROR, "the server ends one when the other comes"),
        (_two("RUNNING", "FAILED", "no such table"), WARNING, "once both read"),
        (_two("STOPPED", "RUNNING"), WARNING, "once both read"),
        (facts(replicas=(follower(changes={"server_id": "1"}),)), WARNING, "cannot follow"),
        (
            facts(
                replicas=(
                    follower(
                        changes={"server_id": "1"},
                        following=Following(
                            "db1:3306",
                            "No",
                            "Yes",
                            "Fatal error: The replica I/O thread stops because source and replica have equal MySQL "
                            "server ids",
                            None,
                        ),
                    ),
                )
            ),
            ERROR,
            "has stopped by that",
        ),
        (
            facts(
                source=server(registered=(Registered(7, "db9", "99"),)),
                connector=connector(config={"database.server.id": "7"}),
                kafka=kafka(),
            ),
            INFO,
            "neither is ended",
        ),
    ],
)
def test_one_id_for_two_is_an_error_only_where_one_is_seen_to_end_the_other(
    given: Facts, severity: Severity, words: str
) -> None:
    (finding,) = found(judge(given, BUILTIN))["server.id-clash"]
    assert finding.severity is severity
    assert words in finding.message


def test_checks_of_others_come_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = Check(id="their.own", title="", why="", look=lambda _: ())

    class Point:
        name, value = "own", "theirs:CHECK"

        @staticmethod
        def load() -> Check:
            return theirs

    monkeypatch.setattr("tailrace.ops.doctor.checks.entry_points", lambda group: [Point] if group else [])
    assert all_checks() == (*BUILTIN, theirs)


def test_a_check_says_what_it_needs() -> None:
    judgement = judge(facts(), BUILTIN)
    assert {check.group for check in judgement.skipped} == {"connector", "signal", "kafka", "replica", "tables"}
    assert all(check.needs is not Need.NOTHING for check in judgement.skipped)
