"""Where the MySQL server is and how to reach it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tailrace.config.field import (
    BOOLEAN,
    INT,
    LONG,
    PASSWORD,
    STRING,
    Field,
    Kind,
    Password,
    Values,
    at_least,
    between,
    one_of,
)

SERVER_IDS = range(1_000_000_000, 2_000_000_000)
"""Where a replica id is drawn from when none is given: far above what people give their servers by hand."""


class SslMode(StrEnum):
    """`--ssl-mode` of MySQL's own clients, in Debezium's spelling."""

    DISABLED = "disabled"
    PREFERRED = "preferred"
    REQUIRED = "required"
    VERIFY_CA = "verify_ca"
    VERIFY_IDENTITY = "verify_identity"


def _not_blank(value: str) -> str | None:
    return None if value.strip() else "must not be empty"


def _statements(text: str) -> tuple[str, ...]:
    """Debezium's list: `;` ends a statement, `;;` is a semicolon."""
    parts = (part.replace("\0", ";").strip() for part in text.replace(";;", "\0").split(";"))
    return tuple(part for part in parts if part)


HOSTNAME = Field(
    "database.hostname", STRING, None, "Host name or address of the server.", _not_blank, "high", required=True
)
PORT = Field("database.port", INT, 3306, "TCP port of the server.", between(1, 65535), "high")
USER = Field(
    "database.user",
    STRING,
    None,
    "MySQL user; needs SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE and REPLICATION CLIENT.",
    _not_blank,
    "high",
    required=True,
)
PASSWORD_ = Field("database.password", PASSWORD, Password(""), "Password of the user.", importance="high")
SERVER_ID = Field(
    "database.server.id",
    LONG,
    None,
    "Replica id of this connector, unique among the server and all its replicas. Without one, a random id from "
    f"{SERVER_IDS.start} to {SERVER_IDS.stop - 1} is drawn at each start.",
    between(1, 2**32 - 1),
    "high",
)
SSL_MODE = Field(
    "database.ssl.mode",
    one_of(SslMode),
    SslMode.PREFERRED,
    "disabled: no TLS; preferred: TLS if the server offers it; required: TLS or nothing; verify_ca: the certificate "
    "must be signed by a known authority; verify_identity: and be issued for database.hostname.",
)
SSL_CA = Field("database.ssl.ca", STRING, None, "PEM file of the authorities trusted; else those of the system.")
SSL_CERT = Field("database.ssl.cert", STRING, None, "PEM file of the client certificate, for REQUIRE X509 users.")
SSL_KEY = Field("database.ssl.key", STRING, None, "PEM file of the client certificate's key.")
TRUSTSTORE = Field(
    "database.ssl.truststore", STRING, None, "PKCS12 store of the authorities trusted, in place of database.ssl.ca."
)
TRUSTSTORE_PASSWORD = Field("database.ssl.truststore.password", PASSWORD, None, "Password of that store.")
KEYSTORE = Field(
    "database.ssl.keystore",
    STRING,
    None,
    "PKCS12 store of the client certificate and its key, in place of database.ssl.cert and database.ssl.key.",
)
KEYSTORE_PASSWORD = Field("database.ssl.keystore.password", PASSWORD, None, "Password of that store and its key.")
CONNECT_TIMEOUT = Field(
    "connect.timeout.ms", INT, 30_000, "How long one attempt to connect may take, in ms.", at_least(1)
)
KEEP_ALIVE = Field(
    "connect.keep.alive",
    BOOLEAN,
    default=True,
    doc="Ask the server for binlog heartbeats and reconnect when they stay out.",
)
KEEP_ALIVE_INTERVAL = Field(
    "connect.keep.alive.interval.ms",
    LONG,
    60_000,
    "Longest silence, in ms, after which a connection without any event or heartbeat is taken for dead.",
    at_least(100),
)
HEARTBEAT_PERIOD = Field(
    "tailrace.binlog.heartbeat.ms",
    INT,
    500,
    "Period of the heartbeats asked of an idle server, in ms (`@source_heartbeat_period`); a connection is taken for "
    "dead after three of them stay out, or after connect.keep.alive.interval.ms if that is sooner.",
    between(1, 60_000),
    "low",
)
INITIAL_STATEMENTS = Field(
    "database.initial.statements",
    Kind("STRING", _statements),
    None,
    "SQL to run on each new connection, separated by `;` (`;;` is a semicolon).",
    importance="low",
)
NET_WRITE_TIMEOUT = Field(
    "binlog.net.write.timeout",
    LONG,
    0,
    "net_write_timeout of the connection that reads the binlog, in seconds; 0: the server's.",
    at_least(0),
    "low",
)
NET_READ_TIMEOUT = Field(
    "binlog.net.read.timeout",
    LONG,
    0,
    "net_read_timeout of the connection that reads the binlog, in seconds; 0: the server's.",
    at_least(0),
    "low",
)

FIELDS: tuple[Field[Any], ...] = (
    HOSTNAME,
    PORT,
    USER,
    PASSWORD_,
    SERVER_ID,
    SSL_MODE,
    SSL_CA,
    SSL_CERT,
    SSL_KEY,
    TRUSTSTORE,
    TRUSTSTORE_PASSWORD,
    KEYSTORE,
    KEYSTORE_PASSWORD,
    CONNECT_TIMEOUT,
    KEEP_ALIVE,
    KEEP_ALIVE_INTERVAL,
    HEARTBEAT_PERIOD,
    INITIAL_STATEMENTS,
    NET_WRITE_TIMEOUT,
    NET_READ_TIMEOUT,
)


@dataclass(frozen=True, slots=True)
class Store:
    """A PKCS12 file."""

    path: Path
    password: Password | None


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """How to reach the server. Times in ms."""

    host: str
    port: int
    user: str
    password: Password
    server_id: int
    ssl_mode: SslMode = SslMode.PREFERRED
    ssl_ca: Path | None = None
    ssl_cert: Path | None = None
    ssl_key: Path | None = None
    truststore: Store | None = None
    keystore: Store | None = None
    connect_timeout_ms: int = 30_000
    heartbeat_ms: int | None = 500
    """Period of binlog heartbeats; None: none are asked for."""
    silence_ms: int | None = 1_500
    """How long nothing may come from the server before the connection is taken for dead; None: for ever."""
    initial_statements: tuple[str, ...] = ()
    net_write_timeout_s: int = 0
    net_read_timeout_s: int = 0

    @classmethod
    def read(cls, values: Values) -> SourceConfig:
        """From parsed properties; draws the server id where none is given."""
        heartbeat = values[HEARTBEAT_PERIOD] if values[KEEP_ALIVE] else None
        return cls(
            host=values[HOSTNAME],
            port=values[PORT],
            user=values[USER],
            password=values[PASSWORD_],
            server_id=values.get(SERVER_ID) or _draw_server_id(),
            ssl_mode=values[SSL_MODE],
            ssl_ca=_path(values.get(SSL_CA)),
            ssl_cert=_path(values.get(SSL_CERT)),
            ssl_key=_path(values.get(SSL_KEY)),
            truststore=_store(values, TRUSTSTORE, TRUSTSTORE_PASSWORD),
            keystore=_store(values, KEYSTORE, KEYSTORE_PASSWORD),
            connect_timeout_ms=values[CONNECT_TIMEOUT],
            heartbeat_ms=heartbeat,
            silence_ms=min(3 * heartbeat, values[KEEP_ALIVE_INTERVAL]) if heartbeat else None,
            initial_statements=values.get(INITIAL_STATEMENTS) or (),
            net_write_timeout_s=values[NET_WRITE_TIMEOUT],
            net_read_timeout_s=values[NET_READ_TIMEOUT],
        )


def _draw_server_id() -> int:
    return SERVER_IDS[int.from_bytes(os.urandom(8), "big") % len(SERVER_IDS)]


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _store(values: Values, place: Field[str], password: Field[Password]) -> Store | None:
    path = _path(values.get(place))
    return Store(path, values.get(password)) if path else None


def problems(values: Values) -> list[str]:
    """What no single field can see."""
    found = []
    if (values.get(SSL_CERT) is None) != (values.get(SSL_KEY) is None):
        found.append("database.ssl.cert and database.ssl.key: give both or neither")
    for one, other in ((TRUSTSTORE, SSL_CA), (KEYSTORE, SSL_CERT)):
        if values.get(one) is not None and values.get(other) is not None:
            found.append(f"{one.name} and {other.name}: give one of them")
    files: tuple[Field[str], ...] = (SSL_CA, SSL_CERT, SSL_KEY, TRUSTSTORE, KEYSTORE)
    for field in files:
        path = _path(values.get(field))
        if path and not path.is_file():
            found.append(f"{field.name}: no such file: {path}")
    return found
