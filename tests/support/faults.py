"""A lab with a connector for each fault: what finds it is run as printed, and so is what repairs it."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

from support.cli import Said, tailrace
from support.topics import read
from tailrace.errors import WorkerError
from tailrace.lab import faults, jvm
from tailrace.lab.faults import filled
from tailrace.lab.process import await_condition
from tailrace.lab.verify import verify
from tailrace.ops.connect import Connect
from tailrace.ops.http import Access

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.alerting import Alerting
    from tailrace.lab import Lab
    from tailrace.lab.faults import Active, Fault, Sign, Step

FOUND_SECONDS = 60
WELL_SECONDS = 90
DATABASE = "shop"
KAFKA_TOOLS = {
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
}
ARGV = 'printf "%s\\0" "${FUNCNAME[0]}" "$@"; printf "\\1"'
"""Of a function of the shell: what it was called with."""
AT_ONCE = ("lag=1s", "queue=50%", "no-events=3s", "stopped.window=10s", "reconnects=1", "offset=1s", "headroom=6h")
"""Thresholds of alerts."""
PRELUDE = "set -eu\n" + "".join(f"{name}() {{ {ARGV}; }}\n" for name in ("tailrace", *KAFKA_TOOLS))


@dataclass
class Stage:
    """`url` and `metrics`: of the worker that has the connectors."""

    lab: Lab
    url: str
    metrics: str
    folder: Path
    engine: faults.Engine = faults.Engine.TAILRACE
    first_id: int = 8000
    """From here on server ids of its connectors."""
    made: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        self.worker = Connect(Access(self.url))

    @property
    def config(self) -> dict[str, str]:
        endpoint, primary = self.lab.endpoint, self.lab.primary
        assert endpoint
        return {
            "connector.class": "io.debezium.connector.mysql.MySqlConnector",
            "topic.prefix": self.name,
            "database.hostname": endpoint.host,
            "database.port": str(endpoint.port),
            "database.user": primary.user,
            "database.password": primary.password,
            "database.server.id": str(self.first_id + self.made),
            "database.include.list": DATABASE,
            # What a path that is dead is waited for.
            "connect.timeout.ms": "3000",
            **self.sink,
        }

    @property
    def sink(self) -> dict[str, str]:
        return {"sink.type": "jsonl", "sink.path": str(self.folder / self.name)}

    def files(self) -> list[Path]:
        """What the connector has written, as JSON lines."""
        return sorted((self.folder / self.name).glob("*.jsonl"))

    def begin(self, **properties: str) -> None:
        """A new connector, which streams on return; `properties` with `__` for `.`."""
        self.end()
        self.made += 1
        self.name = f"c{self.first_id + self.made}"
        given = {name.replace("__", "."): value for name, value in properties.items()}
        self.worker.create(self.name, {**self.config, **given})
        self.await_well()
        # The snapshot has read that mark; one that is set behind it comes by the stream alone.
        self.await_well()

    def end(self) -> None:
        """The connector goes."""
        if self.name:
            with suppress(WorkerError):
                self.worker.delete(self.name)

    def environment(self, done: Active) -> dict[str, str]:
        """What a person has who did `tailrace lab env`, with the exports that injecting the fault printed."""
        here = {"TAILRACE_URL": self.url, "TAILRACE_METRICS_URL": self.metrics}
        return {**tailrace("lab", "env", "--dir", self.lab.folder, "--json").json, **here, **done.values}

    def call(self, text: str, environment: Mapping[str, str], *more: str) -> list[Said]:
        """Commands of a shell: words are made of them by bash, those of ours run in this process."""
        whole = os.environ | dict(environment)
        parsed = subprocess.run(
            ["bash", "-c", PRELUDE + text], env=whole, capture_output=True, text=True, check=False, timeout=60
        )
        assert parsed.returncode == 0, parsed.stderr
        return [self._run(command.split("\0")[:-1], whole, more) for command in parsed.stdout.split("\1")[:-1]]

    def _run(self, words: list[str], environment: Mapping[str, str], more: tuple[str, ...]) -> Said:
        if words[0] != "tailrace":
            program = [*jvm.command("128m"), KAFKA_TOOLS[words[0]], *words[1:]]
            ran = subprocess.run(program, check=False, capture_output=True, timeout=60, text=True)
            return Said(ran.returncode, ran.stdout, ran.stderr)
        place = ("--dir", str(self.lab.folder)) if words[1] == "lab" else ()
        with mock.patch.dict(os.environ, environment):
            return tailrace(*words[1:], *place, *more)

    def repair(self, fault: Fault, done: Active) -> None:
        """As printed."""
        for step in fault.repair:
            if step.settled:
                self.await_well()
            self._step(step, done)

    def _step(self, step: Step, done: Active) -> None:
        environment = self.environment(done)
        if step.at is faults.At.SHELL:
            for said in self.call(step.text, environment):
                assert said.code == 0, f"{step.text}: {said.out}{said.err}"
            return
        server = self.lab.primary if step.at is faults.At.SOURCE else self.lab.replica
        with server.connect() as connection, connection.cursor() as cursor:
            for statement in filled(step.text, done.values).split(";\n"):
                cursor.execute(statement.removesuffix(";"))

    def sees(self, sign: Sign, done: Active) -> bool:
        """Whether its command, as printed, tells of it."""
        said, line = self._told(sign, done), filled(sign.line, done.values)
        if sign.how is faults.How.DOCTOR:
            found = [each for each in said["findings"] if each["check"] == sign.name]
            return any(line in f"{each['message']} {each['evidence']}" for each in found)
        if sign.how is faults.How.LAG:
            hops = [each for each in said[0]["hops"] if sign.name in each["name"]]
            return any(each["mood"] == sign.mood and line in each["meaning"] for each in hops)
        raise AssertionError(sign.how)

    def _told(self, sign: Sign, done: Active) -> Any:
        """What its command says; it is asked again while a Connect that restarts a task has no answer for it."""
        said: list[Said] = []

        def answers() -> bool:
            said[:] = self.call(sign.command, self.environment(done), "--json")
            return said[0].code in {0, 1} and bool(said[0].out)

        assert await_condition(answers, FOUND_SECONDS, every=0.3), said[0].err
        return said[0].json

    def await_found(self, fault: Fault, done: Active) -> None:
        """By all that the page says it is found by."""
        for sign in self._signs(fault):
            assert await_condition(lambda sign=sign: self.sees(sign, done), FOUND_SECONDS, every=0.3), (  # type: ignore[misc]
                f"{sign}; {done.values}; {self.call(sign.command, self.environment(done))}; {self.status()}"
            )

    def await_alerts(self, fault: Fault, prometheus: Alerting) -> None:
        """Until the condition of each that the page names holds."""
        for name in fault.alerts:
            assert await_condition(
                lambda name=name: name in prometheus.active(name=self.name), FOUND_SECONDS, every=0.2
            ), (  # type: ignore[misc]
                f"{name}: {prometheus.client.alerts()}"
            )

    def assert_not_found(self, fault: Fault, done: Active) -> None:
        for sign in (each for each in self._signs(fault) if not each.stays):
            assert await_condition(lambda sign=sign: not self.sees(sign, done), FOUND_SECONDS, every=0.3), (  # type: ignore[misc]
                f"still: {sign}; {self.call(sign.command, self.environment(done))}"
            )

    def _signs(self, fault: Fault) -> list[Sign]:
        return [sign for sign in fault.found_by if sign.engine.includes(self.engine)]

    def runs(self) -> bool:
        # Connect tells nothing of a connector that it has just made.
        with suppress(WorkerError):
            return self.worker.status(self.name).is_running
        return False

    def status(self) -> Any:
        return self.worker.status(self.name)

    def await_well(self) -> None:
        """The connector runs, and what it wrote is the tables."""
        self.lab.primary.execute(f"CREATE TABLE IF NOT EXISTS {DATABASE}.marker (id INT PRIMARY KEY AUTO_INCREMENT)")
        self.lab.primary.execute(f"INSERT INTO {DATABASE}.marker VALUES ()")
        assert await_condition(self.runs, WELL_SECONDS, every=0.1), self.status()
        assert await_condition(lambda: not self.wrong(), WELL_SECONDS, every=0.2), (self.wrong(), self.status())

    def wrong(self) -> list[Any]:
        """Tables that their events do not make."""
        with self.lab.primary.connect() as connection:
            verdicts = verify(connection, DATABASE, self.files())
        return [verdict for verdict in verdicts if verdict.rebuilt_hash != verdict.server_hash]


class KafkaStage(Stage):
    """Connectors that write to the lab's Kafka."""

    @property
    def sink(self) -> dict[str, str]:
        assert self.lab.kafka
        bootstrap = self.lab.kafka.bootstrap
        if self.engine is faults.Engine.TAILRACE:
            return {"sink.type": "kafka", "bootstrap.servers": bootstrap}
        history = "schema.history.internal.kafka"
        topics = {"topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1"}
        return {f"{history}.bootstrap.servers": bootstrap, f"{history}.topic": f"{self.name}.history", **topics}

    def files(self) -> list[Path]:
        """One, of what is in the topics of its tables."""
        assert self.lab.kafka
        found = read(self.lab.kafka.bootstrap, f"{self.name}.{DATABASE}.")
        file = self.folder / f"{self.name}.jsonl"
        file.write_text("".join(json.dumps(each.value) + "\n" for each in found if each.value is not None))
        return [file]


def prepare(lab: Lab) -> None:
    """A database to be captured."""
    lab.primary.execute(f"CREATE DATABASE {DATABASE}")
    lab.primary.execute(f"CREATE TABLE {DATABASE}.orders (id INT PRIMARY KEY, total DECIMAL(8,2), placed DATETIME)")
    lab.primary.execute(f"INSERT INTO {DATABASE}.orders VALUES (1, 9.5, NOW()), (2, 1.25, NOW()), (3, NULL, NULL)")
