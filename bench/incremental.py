"""An incremental snapshot while others write: `python bench/incremental.py [--rows N] [--debezium-rows N] [--rate N]`.

Rows a second from the signal to the last row in the file, under one-row updates at a set rate; of Tailrace also how
long those updates took from commit to file, before and during the snapshot. Both write JSON lines, both are asked by a
row of the signalling table, both read 1,024 rows at a time.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from peer_runs import classpath, debezium
from source import OPTIONS
from tailrace import lab
from tailrace.config import load_properties, parse
from tailrace.engine import Engine
from tailrace.sinks import Batch, Sink, create_sink, sink_fields
from workloads import DATABASE, ORDER_VALUES, ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailrace.lab import Server

THREADS = 4
SIGNALS = "CREATE TABLE {}.asked (id VARCHAR(42) PRIMARY KEY, type VARCHAR(32), data VARCHAR(2048))"
MARK = b'"snapshot":"incremental"'
IDLE_SECONDS = 10.0


class Writers:
    """Updates of random rows at a set rate, each its own transaction."""

    def __init__(self, server: Server, rows: int, rate: float) -> None:
        self._server, self._rows, self._rate = server, rows, rate
        self._end = threading.Event()
        self._done = [0] * THREADS
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(THREADS)]
        self._began = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    @property
    def rate(self) -> float:
        """Transactions a second that were reached."""
        return sum(self._done) / (time.monotonic() - self._began)

    def _write(self, number: int) -> None:
        draw = random.Random(number)  # noqa: S311 - which rows does not matter
        opened = self._server.connect(self._server.admin, database=DATABASE, autocommit=True)
        with opened as connection, connection.cursor() as cursor:
            while not self._end.is_set():
                due = self._began + self._done[number] * THREADS / self._rate
                if (pause := due - time.monotonic()) > 0:
                    time.sleep(pause)
                cursor.execute(
                    "UPDATE events SET flags = (flags + 1) %% 100 WHERE id = %s", (draw.randrange(self._rows),)
                )
                self._done[number] += 1


class Timed:
    """The sink, how many rows of the snapshot it took, and how long each update was on its way (ms)."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.open, self.end_transaction, self.rollback = sink.open, sink.end_transaction, sink.rollback
        self.flush, self.stored, self.close = sink.flush, sink.stored, sink.close
        self.interrupt = sink.interrupt
        self.batches: list[tuple[float, bytes]] = []
        self.rows = 0

    def write(self, batch: Batch) -> None:
        """As the sink does."""
        self._sink.write(batch)
        written = time.time()
        if any(reads for *_, reads in batch.counts):  # type: ignore[attr-defined] # the kernel's own
            self.rows += batch.rows
        else:
            self.batches.append((written, bytes(batch)))

    def latencies(self, since: float, until: float) -> list[float]:
        """Of updates written in that time, sorted."""
        return sorted(
            written * 1000 - json.loads(line)["source"]["ts_us"] / 1000
            for written, lines in self.batches
            if since <= written < until
            for line in lines.splitlines()
        )


@contextmanager
def filled(rows: int) -> Iterator[Server]:
    """A server with the table."""
    with lab.server(options=OPTIONS) as server:
        server.execute(f"CREATE DATABASE {DATABASE}")
        server.execute(SIGNALS.format(DATABASE))
        server.execute(ORDERS.format(table=f"{DATABASE}.events"))
        opened = server.connect(server.admin, database=DATABASE, autocommit=True)
        with opened as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION cte_max_recursion_depth = 4294967295")
            numbers = f"WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {rows})"
            cursor.execute(f"INSERT INTO events {numbers} SELECT {ORDER_VALUES} FROM s")
        yield server


def properties(server: Server, scratch: Path) -> dict[str, Any]:
    """What both are told."""
    return {
        "name": "bench",
        "topic.prefix": "bench",
        "database.hostname": server.host,
        "database.port": server.port,
        "database.user": server.admin.user,
        "database.password": server.admin.password,
        "database.server.id": 4714,
        "table.include.list": f"{DATABASE}.events,{DATABASE}.asked",
        "snapshot.mode": "no_data",
        "signal.data.collection": f"{DATABASE}.asked",
        "scratch": scratch,
    }


def ask(server: Server) -> float:
    """The signal, and when it was sent."""
    data = json.dumps({"data-collections": [f"{DATABASE}.events"], "type": "incremental"})
    server.execute(f"INSERT INTO {DATABASE}.asked VALUES ('bench', 'execute-snapshot', %s)", (data,))
    return time.time()


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Raises RuntimeError where it does not come true."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("it takes too long")
        time.sleep(0.02)


def tailrace(rows: int, rate: float) -> dict[str, object]:
    """Tailrace, with the latency of updates."""
    with tempfile.TemporaryDirectory() as folder, filled(rows) as server:
        given = properties(server, Path(folder))
        scratch = given.pop("scratch")
        given |= {"storage.path": scratch / "state.db", "sink.type": "jsonl", "sink.path": scratch / "events"}
        config = parse(load_properties(given), sink_fields)
        sink = Timed(create_sink(config.name, config.sink))
        engine = Engine(config, sink)
        thread = threading.Thread(target=engine.run)
        thread.start()
        until(lambda: engine.progress.state == "streaming", 60)
        with Writers(server, rows, rate) as writers:
            began = time.time()
            time.sleep(IDLE_SECONDS)
            asked = ask(server)
            until(lambda: any(told.type == "COMPLETED" for told in engine.notifications()), 600)
            done = time.time()
            reached = writers.rate
        engine.stop()
        thread.join()
        idle, busy = sink.latencies(began + 1, asked), sink.latencies(asked, done)
        return {
            "rows_per_second": rows / (done - asked),
            "seconds": done - asked,
            "rows": sink.rows,
            "transactions_per_second": reached,
            "idle_ms": quantiles(idle),
            "during_ms": quantiles(busy),
        }


def quantiles(found: list[float]) -> dict[str, float]:
    """Median and 99 %."""
    return {"median": found[len(found) // 2], "p99": found[len(found) * 99 // 100]}


def peer(rows: int, rate: float) -> dict[str, object]:
    """Debezium's embedded engine."""
    place = debezium()
    with tempfile.TemporaryDirectory() as folder, filled(rows) as server:
        given = properties(server, Path(folder))
        scratch = given.pop("scratch")
        given |= {
            "connector.class": "io.debezium.connector.mysql.MySqlConnector",
            "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
            "offset.storage.file.filename": scratch / "offsets",
            "schema.history.internal": "io.debezium.storage.file.history.FileSchemaHistory",
            "schema.history.internal.file.filename": scratch / "history",
            "converter.schemas.enable": "false",
        }
        config = scratch / "debezium.properties"
        config.write_text("".join(f"{key}={value}\n" for key, value in given.items()), encoding="utf-8")
        events = scratch / "events"
        with (scratch / "log").open("w", encoding="utf-8") as log:
            command = ["java", "-cp", classpath(place), "Capture", str(config), str(1 << 60), str(events)]
            process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                streams = "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%%'"
                until(lambda: bool(server.execute(streams)[0][0]), 120)
                with Writers(server, rows, rate) as writers:
                    time.sleep(IDLE_SECONDS)
                    asked = ask(server)
                    found = last = 0
                    ends = asked
                    with events.open("rb") as lines:
                        # Rows that changed meanwhile are left out of a piece: the end is when no more come.
                        while time.time() - ends < 10:  # noqa: PLR2004 - seconds
                            found += lines.read().count(MARK)
                            if found > last:
                                last, ends = found, time.time()
                            time.sleep(0.2)
                    reached = writers.rate
            finally:
                process.kill()
                process.wait()
    return {
        "rows_per_second": found / (ends - asked),
        "seconds": ends - asked,
        "rows": found,
        "transactions_per_second": reached,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--debezium-rows", type=int, default=200_000, help="0: without Debezium")
    parser.add_argument("--rate", type=float, default=1000.0)
    args = parser.parse_args()
    found = {"tailrace": tailrace(args.rows, args.rate)}
    if args.debezium_rows:
        found["debezium"] = peer(args.debezium_rows, args.rate)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
