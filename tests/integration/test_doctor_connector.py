"""`tailrace doctor --connector`: a connector of Debezium's in Connect, and one of ours, with server and topics."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from support.cli import tailrace
from support.doctor_cases import INVALID, LINTS, LIVE, PURGED, READ_ONLY, TWIN, WELL, Case
from tailrace import lab
from tailrace.errors import WorkerError
from tailrace.lab import jvm
from tailrace.lab.connect import debezium_config
from tailrace.lab.server import await_condition
from tailrace.ops.connect import Connect
from tailrace.ops.doctor.checks import BUILTIN
from tailrace.ops.doctor.finding import How, Severity
from tailrace.ops.doctor.gather import gather
from tailrace.ops.doctor.judge import Judgement, judge
from tailrace.ops.dsn import parse_dsn
from tailrace.ops.http import Access, ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from support.workers import TailraceWorker
    from tailrace.lab import connect as lab_connect
    from tailrace.lab.kafka import Broker
    from tailrace.ops.doctor.finding import Finding, Repair

NAME = "clinic"
ROWS = f"{NAME}.{NAME}.visit"
HISTORY = f"{NAME}.schema-history"
REMARKS = {"connector.secrets"}
KAFKA_TOOLS = {
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
}


@dataclass
class Ward:
    """A connector, its server and its topics; `administrator`: as whom the doctor logs in instead of the connector."""

    server: lab.Server
    kafka: Broker
    worker: Connect
    config: dict[str, str]
    administrator: bool = False

    def judgement(self, replica: lab.Server | None = None) -> Judgement:
        source = parse_dsn("${env:DSN}", {"DSN": self.server.admin_dsn}) if self.administrator else None
        replicas = [parse_dsn("${env:DSN}", {"DSN": replica.dsn})] if replica else []
        return judge(gather(source, replicas=replicas, connect=self.worker, connector=NAME), BUILTIN)

    def is_captured(self) -> bool:
        """It streams, as far as the worker and the server tell."""
        stored = [each["offset"] for each in self.worker.offsets(NAME)]
        streams = bool(stored) and not stored[0].get("snapshot")
        return streams and self.worker.status(NAME).is_running and self.dumps() != []

    def dumps(self) -> list[int]:
        return [row[0] for row in self.server.execute("SHOW PROCESSLIST") if str(row[4]).startswith("Binlog Dump")]

    def stop(self) -> None:
        self.worker.stop(NAME)
        self.worker.await_status(NAME, lambda status: status is not None and status.is_stopped, seconds=60)

    def configure(self, changes: Mapping[str, str | None]) -> None:
        whole = {**self.config, **changes}
        self.worker.replace(NAME, {name: value for name, value in whole.items() if value is not None})

    def set_offset(self, entry: dict[str, Any]) -> None:
        """Connect may fail to, with a 500, while a change of the configuration is under way."""

        def is_set() -> bool:
            with contextlib.suppress(WorkerError):
                self.worker.set_offsets(NAME, [entry])
                return True
            return False

        assert await_condition(is_set, 60, every=1)

    def repair(self, repair: Repair) -> None:
        """As printed."""
        if repair.how is How.SQL:
            for statement in repair.statements:
                self.server.execute(statement)
            return
        assert repair.how is How.SHELL
        for command in repair.statements:
            words = shlex.split(command)
            if words[0] == "tailrace":
                said = tailrace(*words[1:], "--url", self.worker.access.url)
                assert said.code == 0, said.err
            else:
                program = [*jvm.command("128m"), KAFKA_TOOLS[words[0]], *words[1:]]
                subprocess.run(program, check=True, capture_output=True, timeout=60)


def of(judgement: Judgement, check: str) -> tuple[Finding, ...]:
    return next(outcome.findings for outcome in judgement.outcomes if outcome.check.id == check)


def complaints(judgement: Judgement) -> set[str]:
    assert not [outcome for outcome in judgement.outcomes if outcome.unread]
    return {outcome.check.id for outcome in judgement.outcomes if outcome.findings}


def assert_found(case: Case, judgement: Judgement) -> Finding:
    findings = of(judgement, case.check)
    assert findings, case.check
    assert (findings[0].severity, case.evidence in findings[0].evidence) == (case.severity, True), findings[0]
    return findings[0]


@pytest.fixture(scope="module")
def source() -> Iterator[lab.Server]:
    with lab.server(options=WELL) as server:
        for statement in (
            "CREATE DATABASE clinic",
            "CREATE TABLE clinic.visit (id INT PRIMARY KEY)",
            "INSERT INTO clinic.visit VALUES (1), (2)",
            "CREATE TABLE clinic.quiet (id INT PRIMARY KEY)",
        ):
            server.execute(statement)
        yield server


@pytest.fixture(scope="module")
def ward(source: lab.Server, kafka: Broker, connect: lab_connect.Connect) -> Iterator[Ward]:
    """A connector of Debezium's that streams, and that no check has anything but a remark about."""
    config = debezium_config(source, kafka.bootstrap, NAME, NAME, server_id=9301)
    config |= {"heartbeat.interval.ms": "10000", "database.ssl.mode": "required"}
    made = Ward(source, kafka, Connect(Access(connect.url)), config)
    made.worker.create(NAME, config)
    assert await_condition(made.is_captured, 90, every=0.25)
    yield made
    for name in (NAME, "twin"):
        with contextlib.suppress(WorkerError):
            made.worker.delete(name)


def test_a_connector_that_runs_is_judged_with_its_server_and_topics(ward: Ward) -> None:
    judgement = ward.judgement()
    assert complaints(judgement) == REMARKS
    assert not judgement.has_problem
    assert {check.needs.value for check in judgement.skipped} == {"--replica"}
    with mock.patch.dict(os.environ, {"COLUMNS": "80"}):
        said = tailrace("doctor", "--connector", NAME, "--url", ward.worker.access.url)
    assert (said.code, said.err) == (0, "")
    assert "Debezium connector clinic" in said.out
    assert ward.server.password not in said.out
    whole = tailrace("doctor", "--connector", NAME, "--url", ward.worker.access.url, "--json")
    assert ward.server.password not in whole.out
    assert (whole.json["problem"], whole.json["connector"]) == (False, NAME)


def test_a_replica_with_the_id_of_the_connector_ends_nobody_and_is_no_error(ward: Ward) -> None:
    login, threads = ward.server.capture, ward.dumps()
    with lab.server(options=(*WELL, "--super-read-only=ON"), server_id=9302) as replica:
        replica.execute(
            f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{ward.server.host}', SOURCE_PORT = {ward.server.port},"
            f" SOURCE_USER = '{login.user}', SOURCE_PASSWORD = '{login.password}', SOURCE_AUTO_POSITION = 1,"
            " GET_SOURCE_PUBLIC_KEY = 1"
        )
        replica.execute("START REPLICA")
        assert await_condition(lambda: len(ward.dumps()) == len(threads) + 1, 30)
        # A connector is in no list of replicas: who is there is another one.
        assert complaints(ward.judgement()) == REMARKS
        replica.execute("STOP REPLICA")
        replica.execute("SET GLOBAL server_id = 9301")
        replica.execute("START REPLICA")
        assert await_condition(lambda: [row[0] for row in ward.server.execute("SHOW REPLICAS")] == [9301], 30)
        (finding,) = of(ward.judgement(), "server.id-clash")
        assert (finding.severity, finding.evidence) == (Severity.INFO, "server id 9301 twice")
        assert set(threads) < set(ward.dumps())
        assert ward.worker.status(NAME).is_running
    # The source notices that it is gone when it has something to send.
    ward.server.execute("FLUSH BINARY LOGS")
    assert await_condition(lambda: not ward.server.execute("SHOW REPLICAS"), 30)


def test_a_connector_that_runs_and_reads_nothing_is_found(ward: Ward) -> None:
    for thread in ward.dumps():
        ward.server.execute(f"KILL {thread}")
    assert await_condition(lambda: not ward.dumps(), 20)
    finding = assert_found(LIVE[0], ward.judgement())
    assert finding.repair is not None
    ward.repair(finding.repair)
    assert await_condition(ward.is_captured, 90, every=0.25)
    assert complaints(ward.judgement()) == REMARKS


def test_a_stopped_connector_is_resumed_as_printed(ward: Ward) -> None:
    ward.stop()
    finding = assert_found(LIVE[1], ward.judgement())
    assert finding.repair is not None
    ward.repair(finding.repair)
    assert await_condition(ward.is_captured, 90, every=0.25)
    ward.stop()


@pytest.fixture(scope="module")
def stopped(ward: Ward) -> Ward:
    if ward.worker.status(NAME).state != "STOPPED":
        ward.stop()
    return ward


def _set(kafka: Broker, topic: str, **settings: str) -> None:
    entries = [
        ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(30)


def _break(ward: Ward, cases: Sequence[Case]) -> None:
    for case in cases:
        for statement in case.broken:
            ward.server.execute(statement)
    ward.configure({name: value for case in cases for name, value in case.changes.items()})


def _repair_each(ward: Ward, cases: Sequence[Case]) -> None:
    judgement = ward.judgement()
    for case in cases:
        assert_found(case, judgement)
        for finding in of(judgement, case.check) if case.cured else ():
            assert finding.repair is not None, case
            ward.repair(finding.repair)
    after = complaints(ward.judgement())
    assert {case.check for case in cases if case.cured} & after == set()
    for case in cases:
        for statement in case.after:
            ward.server.execute(statement)


def test_what_is_wrong_with_a_connector_is_found_and_repaired_as_printed(stopped: Ward) -> None:
    ward = stopped
    ward.server.execute("CREATE TABLE clinic.bill (id BIGINT UNSIGNED PRIMARY KEY)")
    _set(ward.kafka, HISTORY, retention_ms="604800000")
    _set(ward.kafka, ROWS, cleanup_policy="compact", max_message_bytes="1000")
    _break(ward, LINTS)
    _repair_each(ward, LINTS)


def test_two_connectors_that_share_what_is_of_one_are_found(stopped: Ward) -> None:
    ward = stopped
    ward.configure({})
    body = {"name": "twin", "config": {**ward.config, "name": "twin"}, "initial_state": "STOPPED"}
    made = ask(ward.worker.access, "POST", "/connectors", body)
    assert made.status == 201, made
    # Connect leaves a connector out of its list until its status has come back by the topic.
    ward.worker.await_status("twin", lambda status: status is not None, seconds=30)
    _repair_each(ward, TWIN)
    ward.worker.delete("twin")


def test_what_a_read_only_server_means_for_a_connector(stopped: Ward) -> None:
    _break(stopped, READ_ONLY)
    _repair_each(stopped, READ_ONLY)


def test_a_signalling_table_of_another_shape_is_put_aside(stopped: Ward) -> None:
    ward = stopped
    ward.configure({"signal.data.collection": "clinic.signals"})
    for columns, evidence in (
        ("data TEXT, id VARCHAR(42) PRIMARY KEY, type VARCHAR(32)", "clinic.signals has data, id, type"),
        ("id VARCHAR(8) PRIMARY KEY, type TEXT, data VARCHAR(100)", "id holds less than 42 characters, data holds"),
    ):
        ward.server.execute("DROP TABLE IF EXISTS clinic.signals, clinic.signals_before")
        ward.server.execute(f"CREATE TABLE clinic.signals ({columns})")
        (finding,) = of(ward.judgement(), "signal.table")
        assert evidence in finding.evidence
        assert finding.repair is not None
        ward.repair(finding.repair)
        assert of(ward.judgement(), "signal.table") == ()


def test_tables_that_stand_still_beside_busy_ones_are_found(stopped: Ward) -> None:
    ward = stopped
    ward.configure({"heartbeat.interval.ms": "0", "table.include.list": r"clinic\.quiet"})
    (finding,) = of(ward.judgement(), "connector.heartbeat")
    assert "0 rows of captured tables were written, 2 of others" in finding.evidence
    assert finding.repair is not None
    ward.repair(finding.repair)
    assert of(ward.judgement(), "connector.heartbeat") == ()


def test_filters_that_let_nothing_through_are_found(stopped: Ward) -> None:
    stopped.configure({"table.include.list": "visit"})
    (finding,) = of(stopped.judgement(), "connector.tables")
    assert finding.message.startswith("no table is captured: of ")
    assert finding.repair is not None
    stopped.repair(finding.repair)
    assert of(stopped.judgement(), "connector.tables") == ()


def test_a_place_that_was_purged_is_found(stopped: Ward) -> None:
    ward = stopped
    ward.configure({})
    with lab.server(options=WELL, server_id=2) as replica:
        for server in (ward.server, replica):
            for statement in ("CREATE DATABASE gone", "FLUSH BINARY LOGS"):
                server.execute(statement)
            server.execute(f"PURGE BINARY LOGS TO '{server.binlog_files()[-1].name}'")
        (entry,) = ward.worker.offsets(NAME)
        uuid = ward.server.execute("SELECT @@server_uuid")[0][0]
        offset = {**entry["offset"], "gtids": f"{uuid}:1", "ts_sec": int(time.time()) - 25 * 86_400}
        ward.set_offset({**entry, "offset": offset})
        judgement = ward.judgement(replica)
        for case in PURGED:
            finding = assert_found(case, judgement)
            assert finding.repair is not None
            if case.cured:
                ward.repair(finding.repair)
        assert of(ward.judgement(), "connector.lag") == ()
    for case in PURGED:
        for statement in case.after:
            ward.server.execute(statement)


def test_a_configuration_that_is_valid_no_more_is_found(stopped: Ward) -> None:
    ward = stopped
    ward.server.execute("ALTER USER tailrace IDENTIFIED BY 'another'")
    ward.administrator = True
    try:
        assert_found(INVALID, ward.judgement())
        said = tailrace("doctor", "--connector", NAME, "--url", ward.worker.access.url)
        assert said.code == 1
        assert "Access denied" in said.err
    finally:
        ward.server.execute("ALTER USER tailrace IDENTIFIED BY %s", (ward.server.password,))
        ward.administrator = False
    assert of(ward.judgement(), INVALID.check) == ()


def test_a_connector_of_ours_is_judged_too(source: lab.Server, tailrace_worker: TailraceWorker, tmp_path: Path) -> None:
    worker = Connect(Access(tailrace_worker.url))
    config = {
        "connector.class": "MySql",
        "topic.prefix": "ours",
        "database.hostname": source.host,
        "database.port": str(source.port),
        "database.user": source.user,
        "database.password": source.password,
        "database.ssl.mode": "required",
        "table.include.list": r"clinic\.visit",
        "sink.type": "jsonl",
        "sink.path": str(tmp_path / "events"),
    }
    worker.create("doctored", config)
    try:

        def judgement() -> Judgement:
            with mock.patch.dict(os.environ, {"MYSQL_PWD": source.password}):
                return judge(gather(None, connect=worker, connector="doctored"), BUILTIN)

        assert await_condition(lambda: complaints(judgement()) == set(), 60, every=0.25), complaints(judgement())
        assert "connector.reader" in {outcome.check.id for outcome in judgement().outcomes if outcome.is_fine}
        refused = tailrace("doctor", "--connector", "doctored", "--url", tailrace_worker.url)
        assert (refused.code, "MYSQL_PWD" in refused.err) == (2, True)
    finally:
        worker.delete("doctored")
