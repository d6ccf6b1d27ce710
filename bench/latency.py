"""From commit to sink: one-row transactions at a set rate, and when each was in the file."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from source import OPTIONS
from tailrace import lab
from workloads import DATABASE, ORDER_VALUES, ORDERS

if TYPE_CHECKING:
    from tailrace.lab import Server

READER = Path(__file__).parent / "peers" / "tailrace_reader.py"
THREADS = 4


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the commit time in the binlog to the return of the sink's write."""

    transactions: int
    rate: float
    """Transactions per second that were reached."""
    median: float
    p99: float
    worst: float


def latency(scratch: Path, rate: float = 1000.0, seconds: float = 10.0) -> Latency:
    """Tailrace's, from a JSONL sink on this machine."""
    total = int(rate * seconds)
    with lab.server(options=OPTIONS) as server:
        server.execute(f"CREATE DATABASE {DATABASE}")
        server.execute(ORDERS.format(table=f"{DATABASE}.events"))
        properties = {
            "name": "bench",
            "topic.prefix": "bench",
            "database.hostname": server.host,
            "database.port": server.port,
            "database.user": server.admin.user,
            "database.password": server.admin.password,
            "database.server.id": 4713,
            "table.include.list": f"{DATABASE}.events",
            "snapshot.mode": "no_data",
            "storage.path": str(scratch / "state.db"),
            "sink.type": "jsonl",
            "sink.path": str(scratch / "events.jsonl"),
        }
        asked = {"kind": "latency", "properties": properties, "offset": None, "rows": total}
        reader = subprocess.Popen([sys.executable, str(READER), json.dumps(asked)], stdout=subprocess.PIPE, text=True)
        _await_stream(server)
        reached = _write(server, total, rate)
        output, _ = reader.communicate(timeout=60)
    told = json.loads(output.splitlines()[-1])
    return Latency(total, reached, told["median"], told["p99"], told["worst"])


def _await_stream(server: Server) -> None:
    streaming = "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%%'"
    while not server.execute(streaming)[0][0]:
        time.sleep(0.05)


def _write(server: Server, total: int, rate: float) -> float:
    began = time.monotonic()

    def write(first: int) -> None:
        with server.connect(server.admin, database=DATABASE) as connection, connection.cursor() as cursor:
            for n in range(first, total, THREADS):
                pause = began + n / rate - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                cursor.execute(f"INSERT INTO events SELECT {ORDER_VALUES} FROM (SELECT {n} AS n) AS one")

    threads = [threading.Thread(target=write, args=(first,)) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total / (time.monotonic() - began)
