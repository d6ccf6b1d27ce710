"""What cannot work says so: what happened, what to do, the exit code of the contract, and the offset as it was."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from support.connector import Connector, doubled
from tailrace.lab.server import await_condition
from tailrace.lab.verify import verify
from tailrace.storage.sqlite import SqliteStorage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ServerFactory
    from tailrace.lab import Server
    from tailrace.model.offset import Offset

PROBLEM, CONFIGURATION, UNREACHED = 1, 2, 3


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    mysql.execute("CREATE DATABASE refusals")
    mysql.execute("CREATE TABLE refusals.t (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(2000))")
    mysql.execute("CREATE TABLE refusals.marker (id INT PRIMARY KEY)")
    yield "refusals"
    mysql.execute("DROP DATABASE refusals")


@pytest.fixture
def connector(mysql: Server, database: str, tmp_path: Path) -> Connector:
    return Connector(tmp_path, mysql, database)


def _refused(connector: Connector) -> tuple[int, dict[str, Any]]:
    """Exit code, and the error as JSON."""
    connector.start()
    return _ended(connector)


def _ended(connector: Connector) -> tuple[int, dict[str, Any]]:
    code, errors = connector.wait()
    error = json.loads(errors.splitlines()[-1])
    assert "Traceback" not in errors
    assert str(connector.properties["database.password"]) not in errors
    assert error["hint"] or error["message"]
    return code, error


def _offset(connector: Connector) -> Offset | None:
    storage = SqliteStorage(connector.folder / "state.db", "test")
    try:
        return storage.load().offset
    finally:
        storage.close()


def test_every_wrong_property_is_named_at_once(connector: Connector) -> None:
    connector.properties |= {"database.port": "many", "snapshot.mode": "sometimes", "max.queue.size.in.bytes": -1}
    code, error = _refused(connector)
    assert code == CONFIGURATION
    for name in ("database.port", "snapshot.mode", "max.queue.size.in.bytes"):
        assert name in error["message"]


def test_a_config_file_that_is_not_there(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tailrace.cli", "run", str(tmp_path / "none.properties")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == CONFIGURATION
    assert "none.properties" in ended.stderr


def test_a_wrong_password(connector: Connector) -> None:
    connector.properties["database.password"] = "not it"
    code, error = _refused(connector)
    assert (code, error["error"]) == (PROBLEM, "AccessDenied")
    assert "database.password" in error["hint"]


def test_a_server_that_is_not_there(connector: Connector) -> None:
    connector.properties["database.port"] = 1
    code, error = _refused(connector)
    assert (code, error["error"]) == (UNREACHED, "ConnectionLost")
    assert error["hint"]


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ("SELECT, RELOAD, REPLICATION CLIENT", "REPLICATION SLAVE"),
        ("SELECT, RELOAD, REPLICATION SLAVE", "REPLICATION CLIENT"),
    ],
)
def test_missing_grants_are_named_with_the_statement_that_gives_them(
    granted: str, missing: str, mysql: Server, connector: Connector
) -> None:
    mysql.execute("CREATE USER narrow@'%%' IDENTIFIED BY 'p-narrow'")
    try:
        mysql.execute(f"GRANT {granted} ON *.* TO narrow@'%%'")
        connector.properties |= {"database.user": "narrow", "database.password": "p-narrow"}
        code, error = _refused(connector)
        assert (code, error["error"]) == (PROBLEM, "AccessDenied")
        assert f"GRANT {missing} ON *.* TO" in error["hint"]
        mysql.execute(error["hint"].replace("%", "%%"))
        connector.start()
        connector.catch_up(mysql, "refusals")
        assert connector.stop() == 0
    finally:
        mysql.execute("DROP USER narrow@'%%'")


def test_grants_that_come_from_a_role_count(mysql: Server, connector: Connector) -> None:
    mysql.execute("CREATE ROLE capturing")
    mysql.execute("GRANT SELECT, RELOAD, LOCK TABLES, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO capturing")
    mysql.execute("CREATE USER narrow@'%%' IDENTIFIED BY 'p-narrow' DEFAULT ROLE capturing")
    try:
        connector.properties |= {"database.user": "narrow", "database.password": "p-narrow"}
        connector.start()
        connector.catch_up(mysql, "refusals")
        assert connector.stop() == 0
    finally:
        mysql.execute("DROP USER narrow@'%%'")
        mysql.execute("DROP ROLE capturing")


def test_tables_that_do_not_exist_are_not_waited_for(connector: Connector) -> None:
    connector.properties["table.include.list"] = "refusals.orders,refusals.payments"
    code, error = _refused(connector)
    assert (code, error["error"]) == (CONFIGURATION, "ConfigError")
    assert "refusals.orders" in error["message"]
    assert "refusals.t" in error["hint"]


def test_statement_format_set_for_the_server(mysql_server_factory: ServerFactory, tmp_path: Path) -> None:
    server = mysql_server_factory("--binlog-format=STATEMENT")
    code, error = _refused(Connector(tmp_path, server, "refusals"))
    assert (code, error["error"]) == (PROBLEM, "UnsupportedSource")
    assert "SET PERSIST binlog_format" in error["hint"]


@pytest.mark.parametrize(("default", "table"), [("refusals", "t"), (None, "`refusals`.t"), ("mysql", "refusals . t")])
def test_a_statement_in_the_binlog_stops_before_it_and_keeps_the_offset(
    mysql: Server, connector: Connector, default: str | None, table: str
) -> None:
    connector.start()
    connector.catch_up(mysql, "refusals")
    with mysql.connect(database=default) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION binlog_format = 'STATEMENT'")
        cursor.execute(f"INSERT INTO {table} (note) VALUES ('as a statement')")
        session.commit()
    code, error = _ended(connector)
    assert (code, error["error"]) == (PROBLEM, "UnsupportedSource")
    assert f"INSERT INTO {table}" in error["message"]
    before = _offset(connector)
    assert before
    assert _refused(connector)[1]["message"] == error["message"]
    assert _offset(connector) == before


def test_no_binlog(mysql_server_factory: ServerFactory, tmp_path: Path) -> None:
    server = mysql_server_factory("--skip-log-bin")
    code, error = _refused(Connector(tmp_path, server, "refusals"))
    assert (code, error["error"]) == (PROBLEM, "UnsupportedSource")
    assert "log_bin" in error["hint"]


def test_a_purged_position_names_what_is_lost_and_when_needed_takes_a_new_snapshot(
    mysql_server_factory: ServerFactory, tmp_path: Path
) -> None:
    server = mysql_server_factory()
    server.execute("CREATE DATABASE refusals")
    server.execute("CREATE TABLE refusals.marker (id INT PRIMARY KEY)")
    connector = Connector(tmp_path, server, "refusals")
    connector.start()
    connector.catch_up(server, "refusals", 1)
    assert connector.stop() == 0
    before = _offset(connector)
    server.execute("INSERT INTO refusals.marker VALUES (2)")
    server.execute("FLUSH BINARY LOGS")
    server.execute(f"PURGE BINARY LOGS TO '{server.execute('SHOW BINARY LOGS')[-1][0]}'")
    code, error = _refused(connector)
    assert (code, error["error"]) == (PROBLEM, "PositionPurged")
    assert "snapshot.mode=when_needed" in error["hint"]
    assert _offset(connector) == before
    connector.properties["snapshot.mode"] = "when_needed"
    connector.start()
    connector.await_row("refusals", "marker", {"id": 2})
    assert connector.stop() == 0


def test_a_full_disk_stops_and_goes_on_where_it_was(mysql: Server, connector: Connector) -> None:
    connector.start()
    connector.catch_up(mysql, "refusals", 1)
    # What a process may write to a file, as a quota; events are longer than the rest of it.
    assert connector.pid
    limit = sum(file.stat().st_size for file in connector.files) + 100_000
    resource.prlimit(connector.pid, resource.RLIMIT_FSIZE, (limit, limit))
    for _ in range(40):
        mysql.execute("INSERT INTO refusals.t (note) VALUES (REPEAT('x', 2000)), (REPEAT('y', 2000))")
    code, error = _ended(connector)
    assert (code, error["error"]) == (PROBLEM, "SinkError")
    assert "events" in str(error["where"])
    connector.start()
    connector.catch_up(mysql, "refusals", 2)
    assert connector.stop() == 0
    assert doubled(connector.events()) == []
    with mysql.connect() as connection:
        assert all(verdict.equal for verdict in verify(connection, "refusals", connector.files))


def test_a_second_process_on_the_same_state_is_refused(mysql: Server, connector: Connector) -> None:
    connector.start()
    connector.catch_up(mysql, "refusals")
    second = Connector(connector.folder, mysql, "refusals")
    code, error = _refused(second)
    assert code == PROBLEM
    assert "state.db" in str(error["where"])
    assert connector.stop() == 0


def test_the_end_of_the_reader_is_no_error(mysql: Server, connector: Connector) -> None:
    mysql.execute("INSERT INTO refusals.t (note) VALUES ('a'), ('b')")
    connector.properties["sink.type"] = "stdout"
    del connector.properties["sink.path"]
    connector.start()
    first = connector.stdout.readline()
    assert json.loads(first)["op"] == "r"
    connector.stdout.close()
    mysql.execute("INSERT INTO refusals.t (note) VALUES ('c')")
    assert await_condition(lambda: not connector.running, 30)
    assert connector.wait()[0] in (0, -signal.SIGPIPE)
