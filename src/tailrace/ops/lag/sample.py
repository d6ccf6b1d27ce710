"""What the retention of a snapshot is computed from, measured at the source by SQL."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tailrace.errors import ConfigError
from tailrace.model.table import TableId
from tailrace.mysql.connection import Connection
from tailrace.mysql.extent import read_binlog_extent
from tailrace.ops.lag import binlog

_CHUNK = 2000


def rows(connection: Connection, tables: Sequence[TableId]) -> int:
    """Of all these, as the server estimates. Raises ConfigError where there is no such table."""
    found = 0
    for table in tables:
        given = connection.query(
            "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", tuple(table)
        )
        if not given:
            raise ConfigError(f"there is no table {table}, or {connection.user} may not see it", where=connection.where)
        found += int(given[0][0] or 0)
    return found


def rows_per_second(connection: Connection, table: TableId, seconds: float) -> float | None:
    """How fast one client reads the table, by its primary key, for so long; None: it is empty."""
    began, read = time.monotonic(), 0
    name = f"`{table.database}`.`{table.table}`"
    while True:
        got = len(connection.query(f"SELECT * FROM {name} LIMIT {_CHUNK} OFFSET {read}"))  # noqa: S608 - a checked name
        read += got
        elapsed = time.monotonic() - began
        if got < _CHUNK or elapsed >= seconds:
            return read / elapsed if read else None


def write_rate(connection: Connection, seconds: float) -> float:
    """Bytes of binlog a second, over so long a time."""
    began, before = time.monotonic(), read_binlog_extent(connection)
    time.sleep(seconds)
    after = read_binlog_extent(connection)
    return (binlog.written(before.files, after.files) or 0) / (time.monotonic() - began)
