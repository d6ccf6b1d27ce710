"""Real Debezium in a JVM of its own, driven over its standard input: engines are started and stopped by name."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

JSON = "org.apache.kafka.connect.json.JsonConverter"


class Record(NamedTuple):
    """One record, as Tailrace's `sink.format=record` writes it too."""

    topic: str
    key: Any
    value: Any
    headers: dict[str, Any]
    partition: int | None = None
    """Where the record asks for one."""


class Oracle:
    """One JVM. Its engines keep their state in the folder of their run."""

    def __init__(self, classpath: str) -> None:
        command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classpath, "Oracle"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._answers: dict[str, queue.Queue[tuple[str, str]]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, name: str, properties: Mapping[str, object], folder: Path) -> Engine:
        """An engine with these properties; what every engine needs is added."""
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "debezium.properties"
        given = {
            "name": name,
            "connector.class": "io.debezium.connector.mysql.MySqlConnector",
            "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
            "offset.storage.file.filename": folder / "offsets",
            "offset.flush.interval.ms": 0,
            "schema.history.internal": "io.debezium.storage.file.history.FileSchemaHistory",
            "schema.history.internal.file.filename": folder / "history",
        } | dict(properties)
        text = "".join(f"{key}={str(value).replace(chr(92), chr(92) * 2)}\n" for key, value in given.items())
        config.write_text(text, encoding="utf-8")
        self._answers[name] = queue.Queue()
        self._say("start", name, str(config), str(folder / "records"))
        return Engine(self, name, folder / "records")

    def answer(self, name: str, timeout: float) -> tuple[str, str]:
        """(started, ended or failed; the reason). Raises queue.Empty where there is none in time."""
        return self._answers[name].get(block=timeout > 0, timeout=timeout)

    def stop(self, name: str) -> None:
        """Asks an engine to end; it answers when it has."""
        self._say("stop", name)

    def quit(self) -> None:
        """Ends the JVM."""
        if self._process.poll() is None:
            self._say("quit")
            self._process.wait(timeout=30)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._reader.join(timeout=10)
        self._process.stdout.close()

    def _say(self, *words: str) -> None:
        assert self._process.stdin
        self._process.stdin.write("\t".join(words) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            kind, _, rest = line.rstrip("\n").partition("\t")
            name, _, reason = rest.partition("\t")
            if name in self._answers:
                self._answers[name].put((kind, reason))


class Engine:
    """One run of a connector."""

    def __init__(self, oracle: Oracle, name: str, output: Path) -> None:
        self._oracle = oracle
        self._name = name
        self._output = output
        self._ended: tuple[str, str] | None = None
        assert oracle.answer(name, 60)[0] == "started"

    def text(self) -> str:
        """What it wrote so far."""
        return self._output.read_text(encoding="utf-8")

    def records(self) -> list[Record]:
        """The same, parsed."""
        return read_records(self.text())

    def until(self, condition: Callable[[list[Record]], bool], timeout: float = 60) -> None:
        """Waits for records. Raises AssertionError with the reason where the engine fails first."""

        def reached() -> bool:
            self.check()
            return condition(self.records())

        assert await_condition(reached, timeout, every=0.1), "Debezium did not write what was waited for"

    def check(self) -> None:
        """Raises AssertionError with the reason where it has failed."""
        if self._ended is None:
            try:
                self._ended = self._oracle.answer(self._name, 0)
            except queue.Empty:
                return
        kind, reason = self._ended
        assert kind == "ended", reason

    def wait(self, timeout: float = 60) -> tuple[str, str]:
        """How it ended by itself."""
        self._ended = self._ended or self._oracle.answer(self._name, timeout)
        return self._ended

    def stop(self, timeout: float = 60) -> list[Record]:
        """All its records, once it has ended."""
        if self._ended is None:
            self._oracle.stop(self._name)
            self.wait(timeout)
        return self.records()


def read_records(text: str) -> list[Record]:
    """One from each line; a line that is still being written does not count."""
    # No splitlines: U+2028 stands in values.
    return [Record(**json.loads(line)) for line in text.rpartition("\n")[0].split("\n") if line]
