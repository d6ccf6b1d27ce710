"""A connector as its users run it: `tailrace run` in a process of its own, on a JSONL sink."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

from tailrace.lab import Server
from tailrace.lab.server import await_condition

started: list[subprocess.Popen[str]] = []
"""Processes that must not outlive their test."""


def kill_leftovers() -> None:
    """Ends what a failed test left running."""
    while started:
        process = started.pop()
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=30)


class Connector:
    """Its files are in `folder`; one process at a time."""

    def __init__(self, folder: Path, server: Server, database: str, **properties: object) -> None:
        """`properties` with `__` for `.`."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "connector.properties"
        self.properties = {
            "name": "test",
            "topic.prefix": "test",
            "database.hostname": server.host,
            "database.port": server.port,
            "database.user": server.user,
            "database.password": server.password,
            "database.server.id": 7000,
            "database.include.list": database,
            "storage.path": folder / "state.db",
            "sink.type": "jsonl",
            "sink.path": folder / "events",
        } | {name.replace("__", "."): value for name, value in properties.items()}
        self._process: subprocess.Popen[str] | None = None

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self._config

    def write_config(self) -> None:
        escaped = ((name, str(value).replace("\\", "\\\\")) for name, value in self.properties.items())
        lines = (f"{name}={value}\n" for name, value in escaped)
        self._config.write_text("".join(lines), encoding="utf-8")

    def start(self) -> None:
        self.write_config()
        command = [sys.executable, "-m", "tailrace.cli", "run", str(self._config), "--json"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(self._process)

    def kill9(self) -> None:
        assert self._process
        self._process.kill()
        self._process.communicate(timeout=30)

    def stop(self) -> int:
        """As Ctrl-C does; the exit code."""
        return self.end()[0]

    def end(self) -> tuple[int, str]:
        """The same; exit code and standard error."""
        assert self._process
        self._process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self, timeout: float = 60) -> tuple[int, str]:
        """Exit code and standard error, of a process that ends by itself."""
        assert self._process
        _, errors = self._process.communicate(timeout=timeout)
        return self._process.returncode, errors

    @property
    def running(self) -> bool:
        assert self._process
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        assert self._process
        return self._process.poll()

    @property
    def stdout(self) -> IO[str]:
        assert self._process
        assert self._process.stdout
        return self._process.stdout

    @property
    def files(self) -> list[Path]:
        return sorted((self.folder / "events").glob("*.jsonl"))

    def events(self) -> list[dict[str, Any]]:
        """All events but those of tables named `marker`; a line that is still being written does not count."""
        return [event for event in self.lines() if event["source"]["table"] != "marker"]

    def lines(self) -> list[dict[str, Any]]:
        """Every line; one that is still being written does not count."""
        found = []
        for file in self.files:
            # A connector that begins anew takes files back.
            with suppress(FileNotFoundError):
                whole, _, _ = file.read_bytes().rpartition(b"\n")
                found += [json.loads(line) for line in whole.splitlines()]
        return found

    def await_row(self, database: str, table: str, row: dict[str, Any], timeout: float = 60) -> None:
        """Until an event with this `after` (these columns of it) is in the files."""

        def seen() -> bool:
            if not self.running:
                code, errors = self.wait()
                message = f"the connector ended with {code}: {errors}"
                raise AssertionError(message)
            return any(
                event["source"]["db"] == database
                and event["source"]["table"] == table
                and event["after"] is not None
                and row.items() <= event["after"].items()
                for event in self.lines()
            )

        assert await_condition(seen, timeout, every=0.05), f"{row} did not come within {timeout} s"

    def catch_up(self, server: Server, database: str, mark: int = 1) -> None:
        """Until everything written before this call is in the files. Needs the table `marker (id INT PRIMARY KEY)`."""
        server.execute(f"INSERT INTO {database}.marker VALUES ({mark})")
        self.await_row(database, "marker", {"id": mark})
        if any(event["op"] == "r" and event["after"] == {"id": mark} for event in self.lines()):
            # A snapshot had yet to read it: other tables may come after it, and the offset behind all of them.
            self.await_streaming()

    def await_record(self, topic: str) -> None:
        """Until a record of this topic is in the files (`sink.format=record`)."""
        self.await_text(json.dumps({"topic": topic})[:-1].replace(": ", ":").encode())

    def await_text(self, wanted: bytes) -> None:
        """Until this stands in the files."""
        assert await_condition(lambda: any(wanted in file.read_bytes() for file in self.files), 60), wanted

    def await_offset(self, gtids: str) -> None:
        """Until this GTID set is stored."""

        def stored() -> bool:
            if not self.running:
                code, errors = self.wait()
                message = f"the connector ended with {code}: {errors}"
                raise AssertionError(message)
            return (self.offset() or {}).get("gtids") == gtids.replace("\n", "")

        assert await_condition(stored, 60), f"{gtids} was not stored: {self.offset()}"

    def offset(self) -> dict[str, Any] | None:
        """As it is stored; None before that."""
        with closing(sqlite3.connect(self.folder / "state.db")) as state:
            try:
                offset = state.execute("SELECT offset FROM connector").fetchone()[0]
            except (sqlite3.OperationalError, TypeError):
                # The connector has not got so far.
                return None
        return json.loads(offset) if offset is not None else None

    def await_streaming(self) -> None:
        """Until a restart would go on streaming, and take no new snapshot."""

        def stored() -> bool:
            offset = self.offset()
            return offset is not None and not offset.get("snapshot")

        assert await_condition(stored, 60), "no offset behind the snapshot was stored"


def doubled(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Streamed events that are there more than once."""
    seen: set[tuple[Any, ...]] = set()
    again = []
    for event in found:
        source = event["source"]
        identity = (source["gtid"], source["file"], source["pos"], source["row"], event["op"])
        if source["snapshot"] == "false":
            if identity in seen:
                again.append(identity)
            seen.add(identity)
    return again
