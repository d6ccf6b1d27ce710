"""Into Kafka: `python bench/into_kafka.py [--rows N] [--debezium-rows N] [--rounds N]`.

Rows a second from the binlog to a topic of one partition, from the first record there to the last, beside Debezium in
Kafka Connect and Confluent's producer by itself, which sends the same records out of memory. One broker, a fresh topic
for each run, all on the same cores; the median of the rounds counts. Written to bench/results.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import measure
from source import Source, source
from tailrace.kafka.producer import DEFAULTS as OWN_SETTINGS
from tailrace.lab import connect, kafka
from workloads import DATABASE, WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Callable

PEERS = Path(__file__).parent / "peers"
RESULTS = Path(__file__).parent / "results"
SAMPLE = 10_000
NO_LIMIT_SECONDS = 900
AT_LEAST_ONCE = {"exactly.once.source.support": "disabled"}
"""Kafka Connect's default."""


@dataclass
class Arrivals:
    """Watches a topic's end: when the first record was there, and when the last of `rows`."""

    bootstrap: str
    topic: str
    rows: int
    first: float = 0.0
    last: float = 0.0
    _thread: threading.Thread = field(init=False)
    _end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """The topic is made, and watched from now on."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        admin.create_topics([NewTopic(self.topic, 1, 1)])[self.topic].result()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        settings = {"bootstrap.servers": self.bootstrap, "group.id": "bench"}
        with (
            closing(Consumer({**settings, "isolation.level": "read_uncommitted"})) as begun,
            closing(Consumer({**settings, "isolation.level": "read_committed"})) as done,
        ):
            place = TopicPartition(self.topic, 0)
            while not self.last and not self._end.wait(0.01):
                watched = done if self.first else begun
                end = watched.get_watermark_offsets(place, timeout=10)[1]
                now = time.time()
                if watched is done and end >= self.rows:
                    self.last = now
                elif watched is begun and end:
                    self.first = now

    def seconds(self) -> float:
        """From the first to the last. Raises RuntimeError where they do not come."""
        self._thread.join(NO_LIMIT_SECONDS)
        self._end.set()
        if not self.last:
            raise RuntimeError(f"{self.topic}: not all of {self.rows} records have come")
        return self.last - self.first


@dataclass(frozen=True)
class Run:
    """One peer's figures: CPU of its own process, in seconds, and its largest resident set, in bytes."""

    rows: int
    seconds: float
    cpu: float | None = None
    peak: int | None = None


class Bench:
    """A broker and a filled server; each peer gets a topic of its own."""

    def __init__(self, broker: kafka.Broker, filled: Source, scratch: Path) -> None:
        self.broker = broker
        self.source = filled
        self.scratch = scratch
        self._number = 0

    def _prefix(self) -> str:
        self._number += 1
        return f"b{self._number}"

    def _common(self, prefix: str) -> dict[str, Any]:
        server = self.source.server
        return {
            "name": prefix,
            "topic.prefix": prefix,
            "database.hostname": server.host,
            "database.port": server.port,
            "database.user": server.admin.user,
            "database.password": server.admin.password,
            "database.server.id": 4712 + self._number,
            "table.include.list": f"{DATABASE}.events",
            "snapshot.mode": "recovery",
        }

    def tailrace(self, **properties: str) -> Run:
        """The engine of `tailrace run`, with the sink into Kafka."""
        prefix = self._prefix()
        given = {
            **self._common(prefix),
            "storage.path": str(self.scratch / f"{prefix}.db"),
            "sink.type": "kafka",
            "bootstrap.servers": self.broker.bootstrap,
            **{name.replace("__", "."): value for name, value in properties.items()},
        }
        offset = {"file": self.source.file, "position": self.source.start, "gtids": self.source.gtids}
        asked = {"kind": "sink", "properties": given, "offset": offset, "rows": self.source.rows}
        arrivals = Arrivals(self.broker.bootstrap, f"{prefix}.{DATABASE}.events", self.source.rows)
        command = [sys.executable, str(PEERS / "tailrace_reader.py"), json.dumps(asked)]
        usage = measure.run(command, self.scratch / f"{prefix}.log")
        return Run(self.source.rows, arrivals.seconds(), usage.cpu, usage.peak)

    def producer(self, records: Path, settings: dict[str, str]) -> Run:
        """Confluent's `produce_batch`."""
        topic = self._prefix()
        arrivals = Arrivals(self.broker.bootstrap, topic, self.source.rows)
        producer = {"bootstrap.servers": self.broker.bootstrap, **settings}
        asked = {"producer": producer, "topic": topic, "rows": self.source.rows, "records": str(records)}
        command = [sys.executable, str(PEERS / "produce_batch.py"), json.dumps(asked)]
        usage = measure.run(command, self.scratch / f"{topic}.log")
        return Run(self.source.rows, arrivals.seconds(), usage.cpu, usage.peak)

    def sample(self) -> Path:
        """Records of the last run, one `[key, value]` a line."""
        kept = self.scratch / "records"
        settings = {"bootstrap.servers": self.broker.bootstrap, "group.id": "bench"}
        with closing(Consumer(settings)) as consumer, kept.open("w", encoding="utf-8") as out:
            consumer.assign([TopicPartition(f"b{self._number}.{DATABASE}.events", 0, 0)])
            found = 0
            while found < min(SAMPLE, self.source.rows):
                for message in consumer.consume(1000, 10):
                    out.write(json.dumps([(message.key() or b"").decode(), (message.value() or b"").decode()]) + "\n")
                    found += 1
        return kept

    def debezium(self, worker: connect.Connect, rows: int) -> Run:
        """A connector of Kafka Connect, from the workload's start on, until `rows` are there."""
        prefix = self._prefix()
        given = {
            **self._common(prefix),
            "connector.class": "io.debezium.connector.mysql.MySqlConnector",
            "schema.history.internal.kafka.bootstrap.servers": self.broker.bootstrap,
            "schema.history.internal.kafka.topic": f"{prefix}.history",
            "topic.creation.default.partitions": 1,
            "topic.creation.default.replication.factor": 1,
        }
        config = {name: str(value) for name, value in given.items()}
        arrivals = Arrivals(self.broker.bootstrap, f"{prefix}.{DATABASE}.events", rows)
        place = f"{worker.url}/connectors"
        _ask("POST", place, {"name": prefix, "config": config, "initial_state": "STOPPED"})
        source_offset = {"ts_sec": 0, "file": self.source.file, "pos": self.source.start, "gtids": self.source.gtids}
        offsets = [{"partition": {"server": prefix}, "offset": source_offset}]
        _until(lambda: _state(f"{place}/{prefix}/status") == "STOPPED")
        _ask("PATCH", f"{place}/{prefix}/offsets", {"offsets": offsets})
        _ask("PUT", f"{place}/{prefix}/resume", None)
        seconds = arrivals.seconds()
        _ask("DELETE", f"{place}/{prefix}", None)
        return Run(rows, seconds)


def _state(url: str) -> str | None:
    try:
        return str(_ask("GET", url, None)["connector"]["state"])
    except urllib.error.HTTPError:
        return None  # it is not known at once


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("it takes too long")
        time.sleep(0.1)


def _ask(method: str, url: str, body: object) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310 - http
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
        text = answer.read()
    return json.loads(text) if text else None


def measured(rows: int, debezium_rows: int, rounds: int) -> dict[str, list[Run]]:
    """All peers, one after the other, round by round."""
    found: dict[str, list[Run]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        source(WORKLOADS["inserts"], rows) as filled,
        kafka.broker(options={"log.retention.bytes": str(1 << 30)}) as broker,
    ):
        bench = Bench(broker, filled, Path(folder))
        bench.tailrace()  # the broker's JVM is warm for all that follow
        records = bench.sample()
        peers: dict[str, Callable[[], Run]] = {
            "tailrace": bench.tailrace,
            "tailrace, exactly once": lambda: bench.tailrace(exactly__once__support="required"),
            "produce_batch, tailrace's settings": lambda: bench.producer(records, OWN_SETTINGS),
            "tailrace, without headers": lambda: bench.tailrace(extended__headers__enabled="false"),
            "tailrace, uncompressed": lambda: bench.tailrace(**{"producer.override.compression.type": "none"}),
            "produce_batch, acks=all": lambda: bench.producer(records, {"acks": "all"}),
        }
        for number in range(rounds):
            for name, run in peers.items():
                found.setdefault(name, []).append(run())
                _show(number, name, found[name][-1])
        if debezium_rows:
            with connect.worker(broker.bootstrap, options=AT_LEAST_ONCE) as worker:
                for number in range(rounds):
                    found.setdefault("debezium in connect", []).append(bench.debezium(worker, debezium_rows))
                    _show(number, "debezium in connect", found["debezium in connect"][-1])
    return found


def _show(number: int, name: str, run: Run) -> None:
    print(f"round {number + 1}  {name:36} {run.rows / run.seconds:>10,.0f} rows/s", flush=True)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--debezium-rows", type=int, default=300_000, help="0: without Debezium")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    report: dict[str, Any] = {}
    for name, runs in measured(args.rows, args.debezium_rows, args.rounds).items():
        middle = sorted(runs, key=lambda run: run.seconds / run.rows)[len(runs) // 2]
        report[name] = {
            "rows_per_second": round(middle.rows / middle.seconds),
            "cpu_seconds_per_million": middle.cpu and round(middle.cpu / middle.rows * 1e6, 2),
            "peak_mb": middle.peak and middle.peak >> 20,
            "all": [round(run.rows / run.seconds) for run in runs],
        }
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    name = f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%dT%H%M}-{commit.stdout.strip() or 'none'}-kafka.json"
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"rows": args.rows, "rounds": args.rounds, "peers": report}, indent=1)
    (RESULTS / name).write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
