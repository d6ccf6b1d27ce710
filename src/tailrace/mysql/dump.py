"""The binlog stream on a connection of its own (sql/rpl_source.cc: com_binlog_dump, com_binlog_dump_gtid)."""

from __future__ import annotations

import struct
import uuid
from typing import TYPE_CHECKING, Final

from pymysql.constants import COMMAND

from tailrace.errors import ConnectionLost
from tailrace.mysql.connection import Connection, connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailrace.config.source import SourceConfig

RECEIVE_BUFFER: Final = 4 << 20
"""Bytes: what the server can send on while a batch is decoded."""
_COM_BINLOG_DUMP_GTID: Final = 0x1E
_FIRST_EVENT: Final = 4
_NAMESPACE: Final = uuid.UUID("7d1f5f0e-5a0b-5c8e-9f57-2f0a6f1d3c11")


class DumpSocket:
    """MySQL packets of a binlog stream, as they come."""

    def __init__(self, connection: Connection, silence: float | None) -> None:
        self._connection = connection
        self._silence = silence
        self.where = connection.where

    def recv_into(self, buffer: bytearray | memoryview) -> int:
        """Fills as much of `buffer` as has come, at least one byte. Raises ConnectionLost when nothing comes."""
        try:
            return self._connection.recv_into(buffer)
        except ConnectionLost as lost:
            if isinstance(lost.__cause__, TimeoutError):
                raise ConnectionLost(
                    f"no heartbeat for {self._silence:g} s", where=self.where, hint="the connection is half dead"
                ) from lost
            raise

    def close(self) -> None:
        """Ends the stream; callable from another thread, whose reader then sees ConnectionLost at once.

        The descriptor itself is closed by `release`, so that a reader can never read from one that was reused.
        """
        self._connection.abort()

    def release(self) -> None:
        """Frees the descriptor: for the reading thread, when it has done."""
        self._connection.close()


def open_dump(
    source: SourceConfig,
    *,
    file: str = "",
    position: int = _FIRST_EVENT,
    gtids: bytes | None = None,
    check: Callable[[Connection], None] | None = None,
) -> DumpSocket:
    """Asks for all events after `gtids` (a set as `GtidSet.encode()` gives it), or after `file` and `position`.

    `check` looks at the server first, on this very connection: behind a proxy another one may lead elsewhere.

    A position that the server does not have shows as an ERR packet in the stream. Heartbeats come only while nothing
    else does: with the default of 500 ms they cost 150 bytes a second, and a dead connection is noticed after 1.5 s,
    which together with the first attempts to reconnect keeps the promise of streaming within 2 s.
    """
    connection = connect(source, receive_buffer=RECEIVE_BUFFER)
    try:
        if check is not None:
            check(connection)
        connection.query(_session(source.server_id, source.heartbeat_ms))
        for way, seconds in (("write", source.net_write_timeout_s), ("read", source.net_read_timeout_s)):
            if seconds:
                connection.query(f"SET SESSION net_{way}_timeout = {seconds:d}")
        silence = None if source.silence_ms is None else source.silence_ms / 1000
        connection.set_read_timeout(silence)
        if gtids is None:
            connection.send_command(COMMAND.COM_BINLOG_DUMP, file_request(source.server_id, file, position))
        else:
            connection.send_command(_COM_BINLOG_DUMP_GTID, gtid_request(source.server_id, gtids))
    except BaseException:
        connection.close()
        raise
    return DumpSocket(connection, silence)


def _session(server_id: int, heartbeat_ms: int | None) -> str:
    # Both spellings: servers before 8.0.26 know the old one only. The UUID is the same after a reconnect, so the server
    # ends a dump thread that our dead connection left behind (Binlog_sender, kill_zombie_dump_threads).
    replica = uuid.uuid5(_NAMESPACE, str(server_id))
    period = (heartbeat_ms or 0) * 1_000_000
    pairs = [f"@{word}_binlog_checksum='CRC32'" for word in ("source", "master")]
    pairs += [f"@{word}_heartbeat_period={period}" for word in ("source", "master")]
    pairs += [f"@{word}_uuid='{replica}'" for word in ("replica", "slave")]
    return "SET " + ", ".join(pairs)


def file_request(server_id: int, file: str, position: int) -> bytes:
    """Payload of COM_BINLOG_DUMP: position (4 bytes), flags (2), server id (4), file name."""
    return struct.pack("<IHI", position, 0, server_id) + file.encode()


def gtid_request(server_id: int, gtids: bytes) -> bytes:
    """Payload of COM_BINLOG_DUMP_GTID: flags (2), server id (4), file name (4 + n), position (8), set (4 + n)."""
    return struct.pack("<HIIQI", 0, server_id, 0, _FIRST_EVENT, len(gtids)) + gtids
