"""Every error of the server and of the driver as one of `tailrace.errors`. Numbers: MySQL's error message reference."""

from __future__ import annotations

import re
import ssl
from typing import Final

import pymysql

from tailrace.errors import (
    AccessDenied,
    ConnectionLost,
    PositionPurged,
    SnapshotConflict,
    SourceError,
    TailraceError,
    UnsupportedSource,
)

_LOST: Final = frozenset(
    {
        1040,  # too many connections
        1053,  # server shutdown
        1152,  # aborted connection
        1158,  # errors reading or writing packets, here and the three that follow
        1159,
        1160,
        1161,
        1927,  # connection killed
        2002,  # errors of the client library from here on
        2003,
        2006,
        2013,
        2055,
        3169,  # session killed
        4031,  # closed by the server for inactivity
    }
)
_ENCRYPTED_ONLY: Final = 3159
_DENIED: Final = frozenset({1044, 1045, 1142, 1143, 1227, 1370, 1698, 3118, 3159})
_TABLE_CHANGED: Final = frozenset(
    {
        1051,  # unknown table
        1054,  # unknown column
        1146,  # no such table
        1412,  # table definition has changed
    }
)
_DUMP_REFUSED: Final = 1236
_INTERRUPTED: Final = 1317
_PRIVILEGE: Final = re.compile(r"at least one of\) the (.+?) privilege")
_COMMAND: Final = re.compile(r"(?:^|\W)(SELECT|LOCK TABLES|SHOW VIEW|TRIGGER) command denied")


def source_error(code: int, message: str, where: str) -> SourceError:
    """An ERR packet of the server, or an error number of the client library; `server_code` keeps the number."""
    error = _classified(code, message, where)
    error.server_code = code
    return error


def _classified(code: int, message: str, where: str) -> SourceError:
    story = f"MySQL error {code}: {message}"
    if code in _DENIED:
        return AccessDenied(story, where=where, hint=_grant(code, message))
    if code == _DUMP_REFUSED:
        return _dump_refused(message, where)
    if code in _LOST or code == _INTERRUPTED:
        return ConnectionLost(story, where=where, hint="check that the server runs and that host and port are right")
    if code in _TABLE_CHANGED:
        return SnapshotConflict(story, where=where, hint="the table changed while it was read: take the snapshot again")
    return SourceError(story, where=where)


def translate(error: Exception, where: str) -> TailraceError:
    """What PyMySQL, the socket or TLS raised. An error that is none of theirs is a bug and is raised as it is."""
    if isinstance(error, TailraceError):
        return error
    if isinstance(error, pymysql.MySQLError):
        cause = getattr(error, "original_exception", None) or error.__cause__
        if isinstance(cause, ssl.SSLError):
            return translate(cause, where)
        code = error.args[0] if error.args else 0
        message = str(error.args[1]) if len(error.args) > 1 else str(error)
        if code == 2026 or "SSL is required" in message:  # noqa: PLR2004 -- CR_SSL_CONNECTION_ERROR
            return UnsupportedSource(
                "the server offers no TLS, and database.ssl.mode asks for it",
                where=where,
                hint="set database.ssl.mode=disabled, or give the server a certificate",
            )
        if isinstance(error, pymysql.err.InterfaceError):
            return ConnectionLost("the connection is closed", where=where)
        return source_error(code if isinstance(code, int) else 0, message, where)
    if isinstance(error, ssl.SSLCertVerificationError):
        return AccessDenied(
            f"the server's certificate is refused: {error.verify_message or error.reason}",
            where=where,
            hint="give its authority as database.ssl.ca, and with verify_identity the host name it was issued for",
        )
    if isinstance(error, TimeoutError):
        return ConnectionLost("the server does not answer", where=where, hint="check the network and the server")
    if isinstance(error, OSError):
        return ConnectionLost(f"the connection failed: {error}", where=where, hint="check the network and the server")
    raise error


def _grant(code: int, message: str) -> str:
    if code == _ENCRYPTED_ONLY:
        return "the server takes encrypted sessions only: database.ssl.mode=required"
    if code in {1045, 1698, 3118}:
        return "check database.user and database.password, and the hosts the user may connect from"
    found = _PRIVILEGE.search(message)
    if found:
        # SUPER is the old name of many others, and nobody has it on RDS and Aurora.
        named = [name.strip() for name in re.split(r",| or ", found.group(1))]
        wanted = next((name for name in named if name != "SUPER"), named[0])
        return f"GRANT {wanted} ON *.* TO the capture user"
    command = _COMMAND.search(message)
    return f"GRANT {command.group(1) if command else 'SELECT'} ON the captured databases TO the capture user"


def _dump_refused(message: str, where: str) -> SourceError:
    """ER_SOURCE_FATAL_ERROR_READING_BINLOG: one number, many stories (sql/rpl_binlog_sender.cc)."""
    story = f"the server refuses the binlog stream: {message}"
    if "same server_uuid/server_id" in message or "same server_uuid" in message:
        return ConnectionLost(
            f"server id clash: {message}", where=where, hint="give this connector a database.server.id of its own"
        )
    if "purged" in message or "Could not find first log file" in message:
        return PositionPurged(
            story,
            where=where,
            hint="take a new snapshot: snapshot.mode=when_needed, or remove the stored offset; what was deleted"
            " meanwhile stays at the consumers",
        )
    if "Binary log is not open" in message:
        return UnsupportedSource(story, where=where, hint="start the server with --log-bin")
    if "impossible position" in message or "GTIDs than the source has" in message or "more GTIDs" in message:
        return PositionPurged(
            story, where=where, hint="this server lacks what the offset has: check that it is the right one"
        )
    return SourceError(story, where=where)


def from_kernel(error: SourceError, where: str) -> SourceError:
    """An ERR packet that the kernel met in a stream: it carries `server_code`."""
    return error if error.server_code is None else source_error(error.server_code, error.message, where)
