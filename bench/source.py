"""The server that is read from: one data folder in the cache for each workload and size, filled once."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailrace.lab import cache
from tailrace.lab.server import Server
from workloads import DATABASE, Workload

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = (
    "--innodb-buffer-pool-size=1G",
    "--loose-innodb-redo-log-capacity=1G",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--max-binlog-size=1G",
    "--binlog-row-metadata=FULL",
)
LAYOUT = 1
"""Part of the folder's name: raise it when a workload or an option changes what is written."""


@dataclass(frozen=True)
class Source:
    """A filled server, and the binlog range of the workload: one file, `start` to `end` in bytes."""

    server: Server
    rows: int
    file: str
    start: int
    end: int
    gtids: str
    """The executed set at `start`."""


@contextmanager
def source(workload: Workload, rows: int) -> Iterator[Source]:
    """Start the server of a workload, filling it the first time."""
    rows = max(int(rows * workload.share), 1)
    folder = cache.folder() / "bench" / f"{workload.name}-{rows}-v{LAYOUT}"
    note = folder / "workload.json"
    if note.exists():
        server = Server.open(folder)
        server.start()
    else:
        shutil.rmtree(folder, ignore_errors=True)
        server = Server.create(folder, server_id=1, options=OPTIONS)
        server.start()
    try:
        if not note.exists():
            note.write_text(json.dumps(_fill(server, workload, rows)), encoding="utf-8")
        yield Source(server=server, rows=rows, **json.loads(note.read_text(encoding="utf-8")))
    finally:
        server.stop()


def _fill(server: Server, workload: Workload, rows: int) -> dict[str, object]:
    with server.connect(server.admin, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {DATABASE}")
        cursor.execute(f"USE {DATABASE}")
        cursor.execute("SET sql_log_bin = 0, SESSION cte_max_recursion_depth = 4294967295")
        cursor.execute("CREATE TABLE numbers (n BIGINT PRIMARY KEY)")
        cursor.execute(
            "INSERT INTO numbers WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < %s)"
            " SELECT n FROM s",
            (rows,),
        )
        cursor.execute("SET sql_log_bin = 1")
        cursor.execute(workload.create.format(table="events"))
        for statement in workload.prepare(rows):
            cursor.execute(statement)
        cursor.execute("FLUSH BINARY LOGS")
        cursor.execute("SHOW BINARY LOG STATUS")
        file, start, _, _, gtids = cursor.fetchone() or ("", 0, "", "", "")
        for statement in workload.statements(rows):
            cursor.execute(statement)
        cursor.execute("SHOW BINARY LOG STATUS")
        end_file, end, *_ = cursor.fetchone() or ("", 0)
    if end_file != file:
        raise SystemExit(f"the workload spans {file} to {end_file}: fewer rows, please (--rows)")
    return {"file": file, "start": start, "end": end, "gtids": gtids.replace("\n", "")}
