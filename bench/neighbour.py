"""Whether a busy connector starves a quiet one of the same worker: `python bench/neighbour.py`.

One connector gets 100 transactions a second from a server of its own, in three situations: alone; beside one of the
same worker that reads the binlog of another server as fast as it can; and beside one in another worker, which takes as
much of the machine, but not of this process. Latency is the connector's own figure, from the commit at the source to
the return of the sink's write, of all transactions of the situation.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idle import RESULTS, ask, await_streaming, create, fill, worker
from tailrace import lab

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 100
"""Transactions a second of the quiet connector."""
ROUNDS = 3


@contextmanager
def trickle(server: lab.Server) -> Iterator[list[int]]:
    """Writes `RATE` one-row transactions a second; the list's one number: how many so far."""
    ended, written = threading.Event(), [0]

    def write() -> None:
        begun = time.monotonic()
        with server.connect() as connection, connection.cursor() as cursor:
            while not ended.is_set():
                cursor.execute("INSERT INTO quiet.t (v) VALUES ('x')")
                connection.commit()
                written[0] += 1
                ended.wait(max(0.0, begun + written[0] / RATE - time.monotonic()))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        ended.set()
        thread.join()


def progress(address: str, name: str) -> Any:
    """What a connector does now."""
    return ask(address, "GET", f"/tailrace/connectors/{name}/progress")


def restart(address: str, name: str) -> None:
    """Its figures begin anew."""
    ask(address, "PUT", f"/connectors/{name}/stop")
    ask(address, "PUT", f"/connectors/{name}/resume")
    await_streaming(address, [name])


def measured(address: str, server: lab.Server, meanwhile: Any) -> dict[str, float]:
    """Latency of the quiet connector in ms, while `meanwhile()` goes on."""
    restart(address, "quiet")
    with trickle(server) as written:
        meanwhile()
    while (found := progress(address, "quiet"))["transactions"] < written[0]:
        time.sleep(0.1)
    latency = found["latency"]
    return {"transactions": latency["count"]} | {name: round(latency[name] * 1000, 2) for name in ("p50", "p95", "p99")}


class Busy:
    """A connector that reads the same binlog again and again."""

    def __init__(self, address: str, folder: Path, server: lab.Server, start: tuple[str, int], rows: int) -> None:
        self._address, self._start, self._rows = address, start, rows
        create(address, folder, server, "busy", number=999, database="busy")
        await_streaming(address, ["busy"])
        self.rates: list[int] = []

    def read(self) -> None:
        """All of it once, from the beginning."""
        ask(self._address, "PUT", "/connectors/busy/stop")
        file, position = self._start
        entry = {"partition": {"server": "busy"}, "offset": {"file": file, "pos": position}}
        ask(self._address, "PATCH", "/connectors/busy/offsets", {"offsets": [entry]})
        ask(self._address, "PUT", "/connectors/busy/resume")
        begun = time.monotonic()
        while (found := progress(self._address, "busy"))["events"] < self._rows:
            if found["state"] == "failed":
                raise RuntimeError(found["reason"])
            time.sleep(0.2)
        self.rates.append(round(self._rows / (time.monotonic() - begun)))


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000, help="of the busy connector")
    parser.add_argument("--seconds", type=float, default=15.0, help="of the quiet connector alone")
    options = parser.parse_args()
    rounds: list[dict[str, Any]] = []
    with ExitStack() as opened:
        quiet, other = opened.enter_context(lab.server()), opened.enter_context(lab.server())
        quiet.execute("CREATE DATABASE quiet")
        quiet.execute("CREATE TABLE quiet.t (id BIGINT PRIMARY KEY AUTO_INCREMENT, v TEXT)")
        file, position, *_ = other.execute("SHOW BINARY LOG STATUS")[0]
        fill(other, options.rows)
        first, second = (Path(opened.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
        _, address = opened.enter_context(worker(first))
        _, elsewhere = opened.enter_context(worker(second))
        create(address, first, quiet, "quiet", number=1, database="quiet")
        await_streaming(address, ["quiet"])
        same = Busy(address, first, other, (file, position), options.rows)
        apart = Busy(elsewhere, second, other, (file, position), options.rows)
        for _ in range(ROUNDS):
            found: dict[str, Any] = {"load_before": os.getloadavg()[0]}
            found["alone"] = measured(address, quiet, lambda: time.sleep(options.seconds))
            found["beside_in_this_worker"] = measured(address, quiet, same.read)
            found["beside_in_another_worker"] = measured(address, quiet, apart.read)
            rounds.append(found | {"busy_rows_per_second": [same.rates[-1], apart.rates[-1]]})
            print(json.dumps(rounds[-1]))
    text = json.dumps({"rate": RATE, "rows": options.rows, "cores": os.cpu_count(), "rounds": rounds}, indent=1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"neighbour-{datetime.now(UTC):%Y-%m-%dT%H%M}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
