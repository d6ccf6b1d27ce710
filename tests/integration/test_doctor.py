"""`tailrace doctor` on real servers: each check finds a server that is broken in its way, and passes when that is
repaired as it was printed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from support.cli import tailrace
from support.doctor_cases import FOLLOWERS, OPTIONS, SOURCE, Case
from tailrace import lab
from tailrace.lab.server import Account, await_condition
from tailrace.ops.doctor.checks import BUILTIN
from tailrace.ops.doctor.finding import How
from tailrace.ops.doctor.gather import gather
from tailrace.ops.doctor.judge import Judgement, judge
from tailrace.ops.dsn import parse_dsn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailrace.config import SourceConfig
    from tailrace.ops.doctor.finding import Finding

WELL = ("--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1", "--binlog-row-metadata=FULL")
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
    dsn = f"mysql://{account.user}:{account.password}@{server.host}:{server.port}"
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
    assert "39 fine" in said.out
    lines = said.out.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert source.password not in said.out


@pytest.fixture(scope="module")
def replica(source: lab.Server) -> Iterator[lab.Server]:
    """Follows `source`, as it should."""
    with lab.server(options=(*WELL, "--super-read-only=ON"), server_id=2) as server:
        login = source.capture
        run(
            server,
            [
                f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{source.host}', SOURCE_PORT = {source.port},"
                f" SOURCE_USER = '{login.user}', SOURCE_PASSWORD = '{login.password}', SOURCE_AUTO_POSITION = 1,"
                " SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1",
                "START REPLICA",
            ],
        )
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


def test_what_only_options_break_is_repaired_by_a_restart(source: lab.Server) -> None:
    with lab.server(options=(*WELL, *(option for case in OPTIONS[:-1] for option in case.broken))) as server:
        run(
            server,
            [
                "CREATE DATABASE ward",
                "CREATE TABLE ward.head (a INT PRIMARY KEY)",
                "CREATE TABLE ward.line (b INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES ward.head (a)"
                " ON DELETE CASCADE)",
            ],
        )
        alone = Doctor(server, server.capture, SOURCE[0])
        beside = Doctor(source, source.capture, SOURCE[0], server)
        for doctor in (alone, beside):
            for case in OPTIONS[:-1]:
                if case.check.startswith("replica.") is (doctor is beside):
                    (finding,) = doctor.findings(case.check)
                    assert (finding.severity, case.evidence in finding.evidence) == (case.severity, True), finding
                    assert finding.repair is not None
                    assert finding.repair.restart
                    if finding.repair.how is How.SQL:
                        run(server, finding.repair.statements)
        assert complaints(alone.judgement()) == {case.check for case in OPTIONS[:-1]} - {"replica.updates"}
        server.restart([*WELL, *OPTIONS[1].broken, *OPTIONS[3].broken])
        assert complaints(alone.judgement()) == set()
        assert beside.findings("replica.updates") == ()
        server.restart([*WELL, *OPTIONS[-1].broken])
        (finding,) = alone.findings("binlog.on")
        assert (finding.severity, finding.evidence) == (OPTIONS[-1].severity, OPTIONS[-1].evidence)


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


def test_a_server_that_is_away_is_told_by_the_exit_code() -> None:
    with mock.patch.dict(os.environ, {"MYSQL_PWD": "secret"}):
        said = tailrace("doctor", "--source", "mysql://nobody@127.0.0.1:1", "--json")
    assert said.code == 3
    assert "secret" not in said.out + said.err
