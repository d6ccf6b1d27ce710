"""From where to where the server's binlog reaches, and for how long it keeps files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailrace.mysql.server import BinlogEnd, read_binlog_end

if TYPE_CHECKING:
    from tailrace.mysql.connection import Connection


@dataclass(frozen=True, slots=True)
class BinlogExtent:
    """At one moment, or nearly."""

    end: BinlogEnd
    files: tuple[tuple[str, int], ...]
    """(name, bytes), oldest first."""
    expires_after: float | None
    """Seconds after its last write that a file may be purged (`binlog_expire_logs_seconds`); None: none is."""


def read_binlog_extent(connection: Connection) -> BinlogExtent:
    """Three statements. Raises AccessDenied without REPLICATION CLIENT."""
    # First: what is read later may only be longer.
    end = read_binlog_end(connection)
    files = tuple((str(row[0]), int(row[1])) for row in connection.query("SHOW BINARY LOGS"))
    found = {
        str(name).lower(): str(value)
        for name, value in connection.query("SHOW GLOBAL VARIABLES LIKE 'binlog_expire_logs%'")
    }
    seconds = float(found.get("binlog_expire_logs_seconds", "0"))
    # 8.0.29 and later.
    purges = found.get("binlog_expire_logs_auto_purge", "ON") == "ON"
    return BinlogExtent(end, files, seconds if seconds and purges else None)
