"""How long connectors stand still when the worker that has them is gone: `python bench/group.py`.

Three workers of one group share connectors through Kafka, exactly once. One worker is killed (kill -9) or ended in
order (SIGTERM); at that moment a row is written. Measured, from then on: until the REST interface says that each
of its connectors runs elsewhere, and until a consumer that reads what is committed has the row from each of them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer

from idle import ask
from tailrace import lab
from tailrace.lab.kafka import broker

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
WORKERS = 3
PATIENCE = 60.0
HOW = {"killed": signal.SIGKILL, "ended": signal.SIGTERM}


class Member:
    """A worker of the group, in a process of its own."""

    def __init__(self, folder: Path, bootstrap: str) -> None:
        self._folder = folder
        settings = {"worker.folder": folder, "metrics.listener": "", "rest.requests.per.second": 0, "group.id": "bench"}
        settings |= {"bootstrap.servers": bootstrap, "exactly.once.support": "required"}
        self._options = [f"--set={name}={value}" for name, value in settings.items()]
        self.start()

    def start(self) -> None:
        """Return when it listens."""
        self._folder.mkdir(exist_ok=True)
        log = self._folder / "log"
        command = [sys.executable, "-m", "tailrace.cli", "worker", "--listen", "127.0.0.1:0", *self._options]
        with log.open("w", encoding="utf-8") as out:
            self.process = subprocess.Popen(command, stderr=out)
        await_true(lambda: "listening on" in log.read_text(encoding="utf-8"))
        self.address = log.read_text(encoding="utf-8").partition("http://")[2].split()[0]

    def close(self) -> None:
        """No matter how."""
        self.process.kill()
        self.process.wait()


def await_true(condition: Callable[[], bool]) -> None:
    """Raises RuntimeError where it does not come to pass."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            message = "it did not come to pass"
            raise RuntimeError(message)
        time.sleep(0.02)


def owners(address: str) -> dict[str, str]:
    """Connectors that run, each with its worker."""
    found = ask(address, "GET", "/connectors?expand=status")
    return {
        name: each["status"]["connector"]["worker_id"]
        for name, each in found.items()
        if [task["state"] for task in each["status"]["tasks"]] == ["RUNNING"]
    }


def create(address: str, source: lab.Server, names: list[str]) -> None:
    """Connectors of one small table."""
    for name in names:
        config = {
            "connector.class": "mysql",
            "topic.prefix": name,
            "database.hostname": source.host,
            "database.port": source.port,
            "database.user": source.user,
            "database.password": source.password,
            "database.include.list": "bench",
            "sink.type": "kafka",
        }
        ask(address, "POST", "/connectors", {"name": name, "config": config})


def consumer(bootstrap: str) -> Consumer:
    """Of all topics of connectors."""
    made = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": uuid.uuid4().hex,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "topic.metadata.refresh.interval.ms": 500,
        }
    )
    made.subscribe([r"^c[0-9]+\.bench\.t$"])
    return made


def arrivals(reader: Consumer, wanted: dict[str, int]) -> dict[str, float]:
    """When (monotonic) each connector brought its row."""
    found: dict[str, float] = {}
    deadline = time.monotonic() + PATIENCE
    while wanted.keys() - found.keys():
        if time.monotonic() > deadline:
            message = f"nothing came from {wanted.keys() - found.keys()}"
            raise RuntimeError(message)
        record = reader.poll(0.02)
        if record is None or record.error() or record.value() is None:
            continue
        name = (record.topic() or "").partition(".")[0]
        if json.loads(record.value() or b"")["after"]["id"] == wanted.get(name):
            found.setdefault(name, time.monotonic())
    return found


def measure(
    how: signal.Signals, members: list[Member], source: lab.Server, reader: Consumer, number: int
) -> tuple[list[float], list[float]]:
    """Seconds of each connector of one worker: until it runs elsewhere, until the row is there."""
    victim, other = members[-1], members[0]
    before = owners(other.address)
    orphans = {name for name, owner in before.items() if owner == victim.address}
    began = time.monotonic()
    victim.process.send_signal(how)
    source.execute(f"INSERT INTO bench.t VALUES ({number})")
    elsewhere: dict[str, float] = {}

    def gone() -> bool:
        now = owners(other.address)
        for name in orphans - elsewhere.keys():
            if now.get(name, victim.address) != victim.address:
                elsewhere[name] = time.monotonic()
        return orphans == elsewhere.keys()

    await_true(gone)
    there = arrivals(reader, dict.fromkeys(before, number))
    victim.process.wait(60)
    victim.start()
    await_true(lambda: len(set(owners(other.address).values())) == WORKERS)
    return [elsewhere[name] - began for name in orphans], [there[name] - began for name in orphans]


def told(samples: list[float]) -> dict[str, float]:
    """In seconds."""
    return {"median": round(statistics.median(samples), 2), "worst": round(max(samples), 2)}


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connectors", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    found: dict[str, Any] = {"workers": WORKERS, "connectors": options.connectors, "cores": os.cpu_count()}
    with (
        lab.server() as source,
        broker() as kafka,
        tempfile.TemporaryDirectory() as place,
        ExitStack() as stack,
    ):
        source.execute("CREATE DATABASE bench")
        source.execute("CREATE TABLE bench.t (id INT PRIMARY KEY)")
        source.execute("INSERT INTO bench.t VALUES (0)")
        members = [Member(Path(place) / str(number), kafka.bootstrap) for number in range(WORKERS)]
        for member in members:
            stack.callback(member.close)
        names = [f"c{number}" for number in range(options.connectors)]
        create(members[0].address, source, names)
        await_true(lambda: len(set(owners(members[0].address).values())) == WORKERS)
        reader = consumer(kafka.bootstrap)
        stack.callback(reader.close)
        arrivals(reader, dict.fromkeys(names, 0))
        number = 0
        for word, how in HOW.items():
            elsewhere: list[float] = []
            there: list[float] = []
            for _ in range(options.rounds):
                number += 1
                runs, came = measure(how, members, source, reader, number)
                elsewhere += runs
                there += came
            found[word] = {"rounds": options.rounds, "runs_elsewhere_s": told(elsewhere), "row_is_there_s": told(there)}
    text = json.dumps(found, indent=1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"group-{datetime.now(UTC):%Y-%m-%dT%H%M}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
