"""What a worker of many idle connectors costs, and what they notice of one that is busy: `python bench/idle.py`.

All but one follow a server on which nothing happens; the busy one reads a binlog of many rows from another server. CPU
and
memory are the operating system's figures for the worker's process. Latency is from the commit time in the binlog to the
arrival of the event in the file, of one row every 100 ms on each of a few quiet connectors.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailrace import lab

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = Path(__file__).parent / "results"
TICK = os.sysconf("SC_CLK_TCK")
WATCHED = 5


def ask(address: str, method: str, path: str, body: object = None) -> Any:
    """The answer's JSON; raises RuntimeError for an error."""
    connection = http.client.HTTPConnection(address, timeout=60)
    content = json.dumps(body) if body is not None else None
    connection.request(method, path, content, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    if reply.status >= 400:  # noqa: PLR2004 - where errors begin
        raise RuntimeError(f"{method} {path}: {reply.status} {text}")
    return json.loads(text) if text else None


@contextmanager
def worker(folder: Path) -> Iterator[tuple[int, str]]:
    """(process id, address) of a worker in a process of its own."""
    log = folder / "worker.log"
    command = [sys.executable, "-m", "tailrace.cli", "worker", "--quiet", "--listen", "127.0.0.1:0"]
    options = ["--set", f"worker.folder={folder}/worker", "--set", "metrics.listener=", "--set", "sink.type=jsonl"]
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen([*command, *options], stderr=out)
    try:
        while "listening on" not in (text := log.read_text(encoding="utf-8")):
            time.sleep(0.05)
        yield process.pid, text.partition("http://")[2].split()[0]
    finally:
        process.terminate()
        process.wait(60)


def create(address: str, folder: Path, server: lab.Server, name: str, *, number: int, database: str) -> None:
    """A connector that takes no snapshot."""
    config = {
        "connector.class": "mysql",
        "topic.prefix": name,
        "database.hostname": server.host,
        "database.port": server.port,
        "database.user": server.user,
        "database.password": server.password,
        "database.server.id": 9000 + number,
        "database.include.list": database,
        "snapshot.mode": "no_data",
        "sink.path": str(folder / name),
    }
    ask(address, "POST", "/connectors", {"name": name, "config": config})


def await_streaming(address: str, names: list[str]) -> None:
    """Until all of them stream."""
    for name in names:
        while (ask(address, "GET", f"/tailrace/connectors/{name}/progress") or {}).get("state") != "streaming":
            time.sleep(0.1)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def status(pid: int) -> dict[str, int]:
    """Resident bytes and threads of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    found = dict(line.split(":", 1) for line in lines)
    return {"rss_bytes": int(found["VmRSS"].split()[0]) * 1024, "threads": int(found["Threads"])}


class Latency(threading.Thread):
    """Writes a row every 100 ms, and looks for it in the files of a few connectors."""

    def __init__(self, server: lab.Server, folder: Path, names: list[str]) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._files = {name: folder / name for name in names}
        self.samples: list[float] = []
        self.ended = threading.Event()

    def run(self) -> None:
        """Until `ended` is set."""
        number = 0
        with self._server.connect() as connection, connection.cursor() as cursor:
            while not self.ended.is_set():
                number += 1
                cursor.execute("INSERT INTO quiet.t VALUES (%s, %s)", (time.time_ns() % (1 << 31), str(number)))
                connection.commit()
                committed = time.time()
                for folder in self._files.values():
                    while f'"v":"{number}"' not in _tail(folder):
                        time.sleep(0.001)
                    self.samples.append(time.time() - committed)
                self.ended.wait(0.1)


def _tail(folder: Path) -> str:
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        return ""
    with files[-1].open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
        return file.read().decode(errors="replace")


def percentiles(samples: list[float]) -> dict[str, float]:
    """In milliseconds."""
    cuts = statistics.quantiles(samples, n=100)
    return {"p50": round(cuts[49] * 1000, 2), "p99": round(cuts[98] * 1000, 2), "max": round(max(samples) * 1000, 2)}


def measure_latency(server: lab.Server, folder: Path, names: list[str], seconds: float) -> dict[str, float]:
    """For so many seconds."""
    latency = Latency(server, folder, names)
    latency.start()
    time.sleep(seconds)
    latency.ended.set()
    latency.join()
    return percentiles(latency.samples)


def fill(server: lab.Server, rows: int) -> None:
    """A binlog of so many rows, a thousand a statement."""
    server.execute("CREATE DATABASE busy")
    server.execute("CREATE TABLE busy.t (id INT PRIMARY KEY AUTO_INCREMENT, a INT, b VARCHAR(40), c DATETIME)")
    with server.connect() as connection, connection.cursor() as cursor:
        for _ in range(rows // 1000):
            cursor.execute("INSERT INTO busy.t (a, b, c) VALUES " + ",".join(["(1,'some text of a row',now())"] * 1000))
            connection.commit()


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connectors", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rows", type=int, default=2_000_000, help="of the busy connector")
    options = parser.parse_args()
    found: dict[str, Any] = {"connectors": options.connectors, "cores": os.cpu_count()}
    with (
        lab.server(options=["--max-connections=1000"]) as quiet,
        lab.server() as busy,
        tempfile.TemporaryDirectory() as place,
    ):
        folder = Path(place)
        quiet.execute("CREATE DATABASE quiet")
        quiet.execute("CREATE TABLE quiet.t (id BIGINT PRIMARY KEY, v TEXT)")
        start = busy.execute("SHOW BINARY LOG STATUS")[0]
        fill(busy, options.rows)
        names = [f"c{number}" for number in range(options.connectors)]
        with worker(folder) as (pid, address):
            found["empty"] = status(pid)
            for number, name in enumerate(names):
                create(address, folder, quiet, name, number=number, database="quiet")
            await_streaming(address, names)
            time.sleep(5)
            before = cpu_seconds(pid)
            time.sleep(options.seconds)
            found["idle_cpu_of_a_core"] = round((cpu_seconds(pid) - before) / options.seconds, 4)
            found["idle"] = status(pid)
            found["latency_ms_all_quiet"] = measure_latency(quiet, folder, names[:WATCHED], 10)
            create(address, folder, busy, "busy", number=999, database="busy")
            ask(address, "PUT", "/connectors/busy/stop")
            offset = {"file": start[0], "pos": start[1]}
            entry = {"partition": {"server": "busy"}, "offset": offset}
            ask(address, "PATCH", "/connectors/busy/offsets", {"offsets": [entry]})
            ask(address, "PUT", "/connectors/busy/resume")
            begun = time.monotonic()
            latency = Latency(quiet, folder, names[:WATCHED])
            latency.start()
            while ask(address, "GET", "/tailrace/connectors/busy/progress")["events"] < options.rows:
                time.sleep(0.2)
            found["busy_rows_per_second"] = round(options.rows / (time.monotonic() - begun))
            latency.ended.set()
            latency.join()
            found["latency_ms_beside_busy"] = percentiles(latency.samples)
            found["after_busy"] = status(pid)
    text = json.dumps(found, indent=1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"idle-{datetime.now(UTC):%Y-%m-%dT%H%M}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
