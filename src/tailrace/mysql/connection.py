"""A connection to the server: PyMySQL does handshake, authentication and TLS; its errors become ours."""

from __future__ import annotations

import secrets
import socket
import ssl
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Self

import pymysql
from pymysql.constants import COMMAND

from tailrace import keystore
from tailrace.config.field import Password
from tailrace.config.source import KEYSTORE, TRUSTSTORE, SourceConfig, SslMode, Store
from tailrace.mysql.failure import translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = tuple[Any, ...]

SESSION: Final = (
    "SET SESSION time_zone='+00:00', sql_mode='', net_write_timeout=31536000, net_read_timeout=3600,"
    " wait_timeout=31536000, max_execution_time=0"
)
"""A reader may pause for back pressure, or hold a read view while others read: no time limit may end it."""
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""Seconds, seconds, times: a peer that vanished under a silent query is noticed within a minute."""
_CALL_SECONDS: Final = 2.0
"""How long one SYN may stay without an answer."""


class Connection:
    """An open session: utf8mb4, UTC, autocommit. One thread uses it; `abort` may be called from any."""

    def __init__(self, driver: pymysql.connections.Connection[Any], where: str) -> None:
        self._driver: Any = driver
        self.where = where
        """`host:port`."""
        self.user = driver.user.decode() if isinstance(driver.user, bytes) else str(driver.user)

    @property
    def thread_id(self) -> int:
        """The server's id of this session, for KILL."""
        return int(self._driver.thread_id())

    @property
    def encrypted(self) -> bool:
        """Whether TLS is in use."""
        return isinstance(self._driver._sock, ssl.SSLSocket)  # noqa: SLF001 -- PyMySQL has no public way

    def query(self, sql: str, arguments: Sequence[object] = ()) -> tuple[Row, ...]:
        """The rows of one statement, `%s` for each argument; none for a statement without a result."""
        with self._translated(), self._driver.cursor() as cursor:
            cursor.execute(sql, tuple(arguments) or None)
            return tuple(cursor.fetchall())

    def query_named(self, sql: str) -> tuple[dict[str, Any], ...]:
        """The rows of one statement by the names of their columns: SHOW has more of them with every release."""
        with self._translated(), self._driver.cursor(pymysql.cursors.DictCursor) as cursor:
            cursor.execute(sql)
            return tuple(cursor.fetchall())

    def send_query(self, sql: str) -> None:
        """Sends a SELECT whose raw packets are then read by `recv_into` up to the end of the result set."""
        self.send_command(COMMAND.COM_QUERY, sql.encode())

    def send_command(self, command: int, payload: bytes) -> None:
        """Sends one command of the protocol; the answer is the caller's to read, by `recv_into`."""
        with self._translated():
            # The answers to all earlier commands were read to their end, so the driver's buffer is empty here.
            self._driver._execute_command(command, payload)  # noqa: SLF001 -- PyMySQL has no public way
            self._driver._sock.settimeout(self._driver._read_timeout)  # noqa: SLF001
            self._driver._current_timeout = self._driver._read_timeout  # noqa: SLF001

    def recv_into(self, buffer: bytearray | memoryview) -> int:
        """Bytes as they come from the server, at least one. Raises ConnectionLost at the end of the stream."""
        with self._translated():
            sock = self._driver._sock  # noqa: SLF001 -- PyMySQL has no public way
            got = _receive(sock, memoryview(buffer)) if sock else 0
            if not got:
                raise ConnectionResetError("closed by the server")
            return got

    def set_read_timeout(self, seconds: float | None) -> None:
        """How long an answer may take from now on; None: for ever (TCP keepalive still notices a vanished peer)."""
        self._driver._read_timeout = seconds  # noqa: SLF001 -- PyMySQL has no public way

    def close(self) -> None:
        """Ends the session; never raises."""
        with suppress(pymysql.MySQLError, OSError):
            self._driver._force_close()  # noqa: SLF001 -- COM_QUIT would wait for a peer that may be gone

    def abort(self) -> None:
        """Ends whatever another thread waits for on this connection, at once: it sees ConnectionLost."""
        sock = self._driver._sock  # noqa: SLF001 -- PyMySQL has no public way
        if sock is not None:
            with suppress(OSError):
                # Of the plain socket: SSLSocket.shutdown would drop the TLS state under the reader.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (pymysql.MySQLError, OSError) as error:
            raise translate(error, self.where) from error


def _receive(sock: socket.socket, view: memoryview) -> int:
    """What has come. A TLS record is at most 16 KiB: those behind the first are taken too, if they are there."""
    got = sock.recv_into(view)
    if got == 0 or not isinstance(sock, ssl.SSLSocket):
        return got
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        while got < len(view) and (more := sock.recv_into(view[got:])):
            got += more
    except ssl.SSLWantReadError:
        pass
    finally:
        sock.settimeout(timeout)
    return got


def connect(
    source: SourceConfig, *, read_timeout: float | None = None, receive_buffer: int | None = None
) -> Connection:
    """A session on the server. `read_timeout` in seconds; `receive_buffer`: bytes asked of the kernel for the socket.

    Raises ConnectionLost, AccessDenied or UnsupportedSource.
    """
    where = f"{source.host}:{source.port}"
    seconds = source.connect_timeout_ms / 1000
    driver: Any = pymysql.connections.Connection(
        host=source.host,
        port=source.port,
        user=source.user,
        # The driver takes text for latin1; the server wants the bytes of the connection's character set.
        password=source.password.reveal().encode(),
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=max(1, int(seconds)),
        read_timeout=seconds,
        write_timeout=seconds,
        program_name="tailrace",
        ssl_disabled=source.ssl_mode in {SslMode.DISABLED, SslMode.PREFERRED},
        ssl=_tls(source) if source.ssl_mode not in {SslMode.DISABLED, SslMode.PREFERRED} else None,
        defer_connect=True,
    )
    try:
        if source.ssl_mode is SslMode.PREFERRED:
            # As the driver does where it is asked for nothing, but with our context.
            driver.ssl, driver.ctx = True, _tls(source)
        driver.connect(_dial(source.host, source.port, seconds, receive_buffer))
        connection = Connection(driver, where)
        connection.query(SESSION)
        for statement in source.initial_statements:
            connection.query(statement)
    except (pymysql.MySQLError, OSError) as error:
        raise translate(error, where) from error
    connection.set_read_timeout(read_timeout)
    return connection


def _tls(source: SourceConfig) -> ssl.SSLContext:
    """`--ssl-mode` of MySQL's clients as a context (the driver's own would not check names without a CA file)."""
    # Without the strict checking of `create_default_context`: the certificates that mysqld makes for itself lack
    # extensions that it asks for. And the system's authorities, which take 50 ms to read, only where they count.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = source.ssl_mode is SslMode.VERIFY_IDENTITY
    if source.ssl_mode not in {SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY}:
        context.verify_mode = ssl.CERT_NONE
    elif source.ssl_ca:
        context.load_verify_locations(source.ssl_ca)
    elif source.truststore:
        store = source.truststore
        context.load_verify_locations(cadata=keystore.authorities(store.path, store.password, TRUSTSTORE.name))
    else:
        context.load_default_certs()
    if source.ssl_cert:
        context.load_cert_chain(source.ssl_cert, source.ssl_key)
    elif source.keystore:
        _load_identity(context, source.keystore)
    return context


def _load_identity(context: ssl.SSLContext, store: Store) -> None:
    """OpenSSL's wrapper takes files only: one for as long as it is read, its key under a password that nobody keeps."""
    passphrase = Password(secrets.token_urlsafe(32))
    found = keystore.identity(store.path, store.password, KEYSTORE.name, passphrase)
    with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as file:
        file.write(found.key.reveal() + found.chain)
        file.flush()
        context.load_cert_chain(file.name, password=passphrase.reveal())


def _dial(host: str, port: int, seconds: float, receive_buffer: int | None) -> socket.socket:
    """A TCP connection within `seconds`. A host that does not answer is called again and again: left to itself the
    system would call ever more seldom, and be late when the host comes back.
    """
    deadline = time.monotonic() + seconds
    while True:
        failure: OSError = OSError(f"no address for {host}")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(max(0.01, min(_CALL_SECONDS, deadline - time.monotonic())))
                _prepare(sock, receive_buffer)
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
            else:
                sock.settimeout(seconds)
                return sock
        if not isinstance(failure, TimeoutError) or time.monotonic() >= deadline:
            raise failure


def _prepare(sock: socket.socket, receive_buffer: int | None) -> None:
    if receive_buffer:
        # Before connect: the TCP window scale is agreed on then. The system may cap the size.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
