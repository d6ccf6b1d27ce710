from __future__ import annotations

import importlib.util
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tailrace.config.field import Password
from tailrace.config.source import SourceConfig, SslMode
from tailrace.errors import AccessDenied, ConnectionLost, PositionPurged, TailraceError, UnsupportedSource
from tailrace.mysql.connection import connect
from tailrace.mysql.dump import DumpSocket, open_dump
from tailrace.mysql.server import check_streamable, read_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab

_spec = importlib.util.spec_from_file_location("proxy", Path(__file__).parents[1] / "support" / "proxy.py")
assert _spec
assert _spec.loader
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
Proxy: Any = _module.Proxy


@pytest.fixture
def source(mysql: lab.Server) -> SourceConfig:
    return SourceConfig(
        mysql.host, mysql.port, mysql.user, Password(mysql.password), server_id=77_001, connect_timeout_ms=5_000
    )


@pytest.fixture
def proxy(mysql: lab.Server) -> Iterator[Any]:
    with Proxy(mysql.port) as made:
        yield made


def _read_for_ever(stream: DumpSocket) -> None:
    buffer = bytearray(1 << 20)
    while True:
        stream.recv_into(buffer)


def _none(_a: str, _b: str) -> str:
    return ""


def test_session_is_utc_and_unlimited(source: SourceConfig) -> None:
    with connect(source) as connection:
        names = "@@time_zone, @@sql_mode, @@character_set_client, @@max_execution_time, @@autocommit"
        assert connection.query(f"SELECT {names}") == (("+00:00", "", "utf8mb4", 0, 1),)
        assert connection.encrypted


def test_password_without_tls_is_accepted_by_caching_sha2(mysql: lab.Server, source: SourceConfig) -> None:
    mysql.execute("FLUSH PRIVILEGES")  # forgets cached passwords: full authentication by RSA follows
    with connect(replace(source, ssl_mode=SslMode.DISABLED)) as connection:
        assert not connection.encrypted
        assert connection.query("SELECT 1") == ((1,),)


def test_known_authority_is_accepted(mysql: lab.Server, source: SourceConfig) -> None:
    with connect(replace(source, ssl_mode=SslMode.VERIFY_CA, ssl_ca=mysql.ca)) as connection:
        assert connection.encrypted


@pytest.mark.parametrize("mode", [SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY])
def test_unknown_authority_is_refused(source: SourceConfig, mode: SslMode) -> None:
    with pytest.raises(AccessDenied, match="certificate"):
        connect(replace(source, ssl_mode=mode))


def test_certificate_of_another_host_is_refused(mysql: lab.Server, source: SourceConfig) -> None:
    with pytest.raises(AccessDenied, match="certificate"):
        connect(replace(source, ssl_mode=SslMode.VERIFY_IDENTITY, ssl_ca=mysql.ca))


def test_wrong_password_is_denied_and_not_told(source: SourceConfig) -> None:
    with pytest.raises(AccessDenied) as caught:
        connect(replace(source, password=Password("s3cret-typo")))
    assert "s3cret-typo" not in str(caught.value)
    assert caught.value.where == f"{source.host}:{source.port}"


def test_closed_port_is_connection_lost(source: SourceConfig, proxy: Any) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionLost):
        connect(replace(source, port=proxy.port))


def test_stalled_handshake_is_noticed(source: SourceConfig, proxy: Any) -> None:
    proxy.stall()
    with pytest.raises(ConnectionLost):
        connect(replace(source, port=proxy.port, connect_timeout_ms=300))


@pytest.mark.parametrize("after", [10, 90, 1500])
def test_handshake_cut_inside_a_packet_is_connection_lost(source: SourceConfig, proxy: Any, after: int) -> None:
    proxy.cut_after(after)
    with pytest.raises(ConnectionLost):
        connect(replace(source, port=proxy.port))


def test_killed_session_is_connection_lost(mysql: lab.Server, source: SourceConfig) -> None:
    with connect(source) as connection:
        mysql.execute(f"KILL {connection.thread_id}")
        with pytest.raises(ConnectionLost):
            connection.query("SELECT 1")


def test_facts_tell_what_the_server_says(mysql: lab.Server, source: SourceConfig) -> None:
    with connect(source) as connection:
        facts = read_facts(connection)
    assert (facts.version, facts.uuid) == mysql.execute("SELECT @@version, @@server_uuid")[0]
    assert facts.file == facts.files[-1]
    assert facts.may("RELOAD")
    assert not facts.may("SUPER")
    check_streamable(facts, None, _none)


def test_missing_replication_grants_are_named(mysql: lab.Server, source: SourceConfig) -> None:
    mysql.execute("CREATE USER IF NOT EXISTS poor@'%' IDENTIFIED BY 'p'")
    try:
        with connect(replace(source, user="poor", password=Password("p"))) as connection:
            facts = read_facts(connection)
    finally:
        mysql.execute("DROP USER poor@'%'")
    with pytest.raises(AccessDenied) as caught:
        check_streamable(facts, None, _none)
    assert caught.value.hint == "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'poor'@'%'"


def test_statement_format_and_purged_positions_are_refused(source: SourceConfig) -> None:
    from tailrace.model.offset import Offset

    with connect(source) as connection:
        facts = read_facts(connection)
    with pytest.raises(UnsupportedSource, match="STATEMENT"):
        check_streamable(replace(facts, binlog_format="STATEMENT"), None, _none)
    with pytest.raises(UnsupportedSource, match="no binlog"):
        check_streamable(replace(facts, log_bin=False), None, _none)
    with pytest.raises(PositionPurged, match=r"binlog\.000000"):
        check_streamable(facts, Offset("binlog.000000", 4, ""), _none)
    with pytest.raises(PositionPurged, match="u:9"):
        check_streamable(facts, Offset("x", 4, "u:9"), lambda a, b: a if b == facts.gtid_executed else "")
    with pytest.raises(PositionPurged, match=r"purged.*u:1"):
        check_streamable(replace(facts, gtid_purged="u:1"), Offset("x", 4, "u:9"), lambda a, _: "" if a == "u:9" else a)


@pytest.mark.parametrize("mode", [SslMode.DISABLED, SslMode.REQUIRED])
def test_dump_brings_events_by_file_and_by_gtid(source: SourceConfig, mode: SslMode) -> None:
    chosen = replace(source, ssl_mode=mode)
    with connect(chosen) as connection:
        file = read_facts(connection).files[0]
    for request in ({"file": file}, {"gtids": bytes(8)}):
        stream = open_dump(chosen, **request)  # type: ignore[arg-type]
        buffer = bytearray(1 << 16)
        got = stream.recv_into(buffer)
        # Packet header, OK byte, event header with type ROTATE (4).
        assert got > 10
        assert buffer[4] == 0
        assert buffer[9] == 4
        stream.close()
        stream.release()


def test_idle_dump_lives_by_heartbeats_and_a_stalled_one_is_noticed(source: SourceConfig, proxy: Any) -> None:
    stream = open_dump(
        replace(source, port=proxy.port, server_id=77_002, heartbeat_ms=100, silence_ms=3_000), gtids=bytes(8)
    )
    buffer = bytearray(1 << 20)
    for _ in range(40):  # whatever is in the binlog, then heartbeats for longer than the silence allowed
        stream.recv_into(buffer)
    proxy.stall()
    with pytest.raises(ConnectionLost, match=r"no heartbeat for 3 s"):
        _read_for_ever(stream)
    stream.release()


def test_close_ends_a_waiting_reader_at_once(source: SourceConfig) -> None:
    stream = open_dump(replace(source, server_id=77_003, heartbeat_ms=None, silence_ms=None), gtids=bytes(8))
    seen: list[TailraceError] = []

    def read() -> None:
        try:
            _read_for_ever(stream)
        except TailraceError as error:
            seen.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    stream.close()
    reader.join(10)
    stream.release()
    assert [type(error) for error in seen] == [ConnectionLost]
