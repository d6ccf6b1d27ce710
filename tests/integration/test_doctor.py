"""`tailrace doctor` on real servers: each check finds a server that is broken in its way, and passes when that is
repaired as it was printed.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support.cli import tailrace
from support.doctor_cases import CERTIFICATE, FOLLOWERS, OPTIONS, SOURCE, STATIC, WELL, Case
from tailrace import lab
from tailrace.lab.server import Account, await_condition
from tailrace.ops.doctor.checks import BUILTIN
from tailrace.ops.doctor.finding import How
from tailrace.ops.doctor.gather import gather
from tailrace.ops.doctor.judge import Judgement, judge
from tailrace.ops.dsn import parse_dsn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tailrace.config import SourceConfig
    from tailrace.ops.doctor.finding import Finding

PATIENT = Account("patient", "secret")


@pytest.fixture(scope="module")
def source() -> Iterator[lab.Server]:
    """A server that no check has anything to say about."""
    with lab.server(options=WELL) as server:
        yield server


@dataclass
class Doctor:
    """Asks about `server`."""

    server: lab.Server
    account: Account
    case: Case
    replica: lab.Server | None = None

    def judgement(self) -> Judgement:
        replicas = [login(self.replica, self.replica.capture)] if self.replica else []
        return judge(gather(login(self.server, self.account), replicas=replicas, profile=self.case.profile), BUILTIN)

    def findings(self, check: str) -> tuple[Finding, ...]:
        return found(self.judgement())[check]


def login(server: lab.Server, account: Account) -> SourceConfig:
    # One that the server draws may have a '%'.
    dsn = f"mysql://{account.user}:{quote(account.password, safe='')}@{server.host}:{server.port}"
    return parse_dsn("${env:DSN}", {"DSN": dsn})


def found(judgement: Judgement) -> dict[str, tuple[Finding, ...]]:
    return {outcome.check.id: outcome.findings for outcome in judgement.outcomes}


def complaints(judgement: Judgement) -> set[str]:
    return {outcome.check.id for outcome in judgement.outcomes if outcome.findings}


def unread(judgement: Judgement) -> dict[str, str]:
    return {outcome.check.id: outcome.unread for outcome in judgement.outcomes if outcome.unread}


def run(server: lab.Server, statements: Sequence[str]) -> list[tuple[object, ...]]:
    """In one session of the administrator; the rows of the last statement."""
    rows: list[tuple[object, ...]] = []
    with server.connect() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            rows = list(cursor.fetchall())
    return rows


@pytest.fixture(scope="module")
def replica(source: lab.Server) -> Iterator[lab.Server]:
    """Follows `source`, as it should."""
    with lab.server(options=(*WELL, "--super-read-only=ON"), server_id=2) as server:
        login = source.capture
        follow = (
            f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{source.host}', SOURCE_PORT = {source.port},"
            f" SOURCE_USER = '{login.user}', SOURCE_PASSWORD = '{login.password}', SOURCE_AUTO_POSITION = 1,"
            " SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1"
        )
        run(server, [follow, "START REPLICA"])
        assert await_condition(lambda: bool(source.execute("SHOW REPLICAS")), 30)
        yield server


def test_a_replica_that_follows_as_it_should_gives_no_finding(source: lab.Server, replica: lab.Server) -> None:
    doctor = Doctor(source, source.capture, SOURCE[0], replica)
    assert await_condition(lambda: not complaints(doctor.judgement()), 20)
    assert unread(doctor.judgement()) == {}


@pytest.mark.parametrize("case", FOLLOWERS, ids=str)
def test_a_replica_that_is_broken_is_found_and_repaired_as_printed(
    source: lab.Server, replica: lab.Server, case: Case
) -> None:
    doctor = Doctor(source, source.capture, case, replica)
    run(replica, case.broken)
    try:
        judgement = doctor.judgement()
        assert complaints(judgement) == {case.check, *case.also}
        (finding,) = found(judgement)[case.check]
        assert (finding.severity, case.evidence in finding.evidence) == (case.severity, True), finding
        assert finding.repair is not None
        assert finding.where == f"{replica.host}:{replica.port}"
        where = source if finding.repair.at == f"{source.host}:{source.port}" else replica
        run(where, finding.repair.statements)
        assert await_condition(lambda: not doctor.findings(case.check), 20)
    finally:
        run(replica, [*case.after, "SET GLOBAL super_read_only = ON", "RESET PERSIST"])


def test_errant_transactions_that_were_taken_over_are_on_both_servers(source: lab.Server, replica: lab.Server) -> None:
    (both,) = source.execute("SELECT @@gtid_executed")
    assert replica.execute("SELECT GTID_SUBTRACT(@@gtid_executed, %s)", both) == (("",),)


@pytest.mark.parametrize("case", SOURCE, ids=str)
def test_a_server_that_is_broken_is_found_and_repaired_as_printed(source: lab.Server, case: Case) -> None:
    doctor = Doctor(source, source.capture, case)
    if case.account:
        identified, grants = case.account
        run(source, [f"CREATE USER patient {identified}", f"GRANT {grants} ON *.* TO patient"])
        doctor.account = PATIENT
    run(source, case.broken)
    try:
        judgement = doctor.judgement()
        assert complaints(judgement) == {case.check, *case.also}
        (finding,) = found(judgement)[case.check]
        assert (finding.severity, case.evidence in finding.evidence) == (case.severity, True), finding
        if finding.repair is None or finding.repair.how is not How.SQL:
            assert case.check in {"server.time-zone", "tables.topics"}
            return
        assert not finding.repair.restart
        rows = run(source, finding.repair.statements)
        if "RANDOM PASSWORD" in finding.repair.statements[-1]:
            doctor.account = replace(PATIENT, password=str(rows[0][2]))
        assert doctor.findings(case.check) == ()
    finally:
        run(source, [*case.after, "DROP USER IF EXISTS patient"])


def test_a_healthy_server_gives_no_finding_and_one_screen(source: lab.Server) -> None:
    with mock.patch.dict(os.environ, {"DSN": source.dsn, "COLUMNS": "80"}):
        said = tailrace("doctor", "--source", "${env:DSN}")
    assert (said.code, said.err) == (0, "")
    assert "43 fine" in said.out
    lines = said.out.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert source.password not in said.out


def tells_of_cascades(server: lab.Server) -> bool:
    """Whether the rows that went with another table's are in the binlog: what `tables.cascades` claims."""
    fill = ["INSERT INTO ward.head VALUES (1)", "INSERT INTO ward.line VALUES (5, 1)"]
    run(server, [*fill, "FLUSH BINARY LOGS", "DELETE FROM ward.head"])
    assert server.execute("SELECT COUNT(*) FROM ward.line") == ((0,),)
    events = server.execute(f"SHOW BINLOG EVENTS IN '{server.binlog_files()[-1].name}'")
    return any("(ward.line)" in str(event[5]) for event in events)


def test_what_counts_at_a_start_is_repaired_by_a_restart(source: lab.Server) -> None:
    options = {option for case in STATIC for option in case.broken}
    with lab.server(options=(*WELL, *options)) as server:
        line = "b INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES ward.head (a) ON DELETE CASCADE"
        tables = ["CREATE TABLE ward.head (a INT PRIMARY KEY)", f"CREATE TABLE ward.line ({line})"]
        run(server, ["CREATE DATABASE ward", *tables])
        alone = Doctor(server, server.capture, SOURCE[0])
        beside = Doctor(source, source.capture, SOURCE[0], server)
        assert complaints(alone.judgement()) == {case.check for case in STATIC} - {"replica.updates"}
        assert not tells_of_cascades(server)
        for case in STATIC:
            (finding,) = (beside if case.check.startswith("replica.") else alone).findings(case.check)
            assert (finding.severity, case.evidence in finding.evidence) == (case.severity, True), finding
            assert finding.repair is not None
            assert finding.repair.restart
            run(server, finding.repair.statements)
        # The lab's servers read no option file, and so not this one either: what they would read is what is asked for.
        stored = run(server, ["SELECT * FROM performance_schema.persisted_variables ORDER BY 1"])
        assert {("innodb_native_foreign_keys", "OFF"), ("log_replica_updates", "ON")} <= set(stored)
        server.restart(WELL)
        assert complaints(alone.judgement()) == set()
        assert beside.findings("replica.updates") == ()
        assert tells_of_cascades(server)
        for case in OPTIONS:
            server.restart([*WELL, *case.broken])
            (finding,) = alone.findings(case.check)
            assert (finding.severity, finding.evidence) == (case.severity, case.evidence)


def test_a_certificate_that_ends_soon_is_found_and_taken_anew_as_printed(source: lab.Server, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def write(days: int) -> None:
        secret = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ward")])
        now = dt.datetime.now(dt.UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(secret.public_key())
        made = made.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=days))
        cert.write_bytes(made.sign(secret, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, *plain))

    doctor = Doctor(source, source.capture, SOURCE[0])
    write(days=5)
    named = [f"SET GLOBAL ssl_cert = '{cert}'", f"SET GLOBAL ssl_key = '{key}'", f"SET GLOBAL ssl_ca = '{cert}'"]
    run(source, [*named, "ALTER INSTANCE RELOAD TLS"])
    (finding,) = doctor.findings(CERTIFICATE.check)
    assert (finding.severity, CERTIFICATE.evidence in finding.evidence) == (CERTIFICATE.severity, True)
    assert finding.repair is not None
    write(days=365)
    run(source, finding.repair.statements)
    assert doctor.findings(CERTIFICATE.check) == ()


def test_what_the_account_may_not_see_never_passes(source: lab.Server) -> None:
    run(source, ["CREATE USER patient IDENTIFIED BY 'secret'", "GRANT REPLICATION CLIENT ON *.* TO patient"])
    try:
        judgement = Doctor(source, PATIENT, SOURCE[0]).judgement()
    finally:
        run(source, ["DROP USER patient"])
    because = unread(judgement)
    assert "GRANT REPLICATION SLAVE ON *.* TO 'patient'@'%'" in because["server.id-clash"]
    assert "XA_RECOVER_ADMIN ON *.* TO 'patient'@'%'" in because["server.xa"]
    assert judgement.has_problem


def test_a_retention_that_the_account_may_not_ask_for_is_not_taken_for_none(source: lab.Server) -> None:
    case = next(case for case in SOURCE if case.check == "binlog.retention-hours")
    run(source, [*case.broken, "CREATE USER patient IDENTIFIED BY 'secret'"])
    try:
        judgement = Doctor(source, PATIENT, case).judgement()
    finally:
        run(source, ["DROP USER patient", *case.after])
    grant = "GRANT EXECUTE ON PROCEDURE mysql.rds_show_configuration TO 'patient'@'%'"
    assert grant in unread(judgement)["binlog.retention-hours"]


def test_a_server_that_is_away_is_told_by_the_exit_code() -> None:
    with mock.patch.dict(os.environ, {"MYSQL_PWD": "secret"}):
        said = tailrace("doctor", "--source", "mysql://nobody@127.0.0.1:1", "--json")
    assert said.code == 3
    assert "secret" not in said.out + said.err
