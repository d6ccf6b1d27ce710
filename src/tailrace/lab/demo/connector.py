"""`tailrace run` as a process of its own, that can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from tailrace.errors import LabError
from tailrace.lab import supervisor
from tailrace.lab.demo.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailrace.lab.server import Server

STOP_SECONDS = 30.0


class Life(StrEnum):
    """How the process stands."""

    WAITING = "not started"
    RUNNING = "running"
    KILLED = "killed"
    STOPPED = "stopped"


class Connector:
    """A capture of `database` into JSON lines; all its files are in `folder`."""

    def __init__(self, folder: Path, server: Server, database: str) -> None:
        self.config = folder / "shop.properties"
        self.events = folder / "events"
        self.log = folder / "connector.log"
        self.tail = Tail(self.events)
        self.life = Life.WAITING
        self._process: subprocess.Popen[bytes] | None = None
        source = {
            "topic.prefix": "shop",
            "database.hostname": server.host,
            "database.port": server.port,
            "database.user": server.user,
            "database.password": server.password,
            "database.include.list": database,
        }
        files = {"sink.type": "jsonl", "sink.path": self.events}
        own = {"name": "shop", "database.server.id": 5400, "storage.path": folder / "state.db", **files}
        _write(self.config, source | own)
        # For whoever wants to see changes as they happen, beside this one.
        own = {"name": "screen", "database.server.id": 5401, "storage.path": folder / "screen.db"}
        _write(folder / "screen.properties", source | own | {"snapshot.mode": "no_data", "sink.type": "stdout"})

    @property
    def files(self) -> list[Path]:
        """The event files, oldest first."""
        return sorted(self.events.glob("*.jsonl"))

    def start(self) -> None:
        """Starts it, or goes on where it was stopped or killed. It dies with this process."""
        command = [sys.executable, "-m", "tailrace.cli", "run", str(self.config)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", supervisor.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        self.life = Life.RUNNING

    def check(self) -> None:
        """Raises LabError with its last words where the process ended by itself."""
        if self.life is Life.RUNNING and self._process and self._process.poll() is not None:
            words = self.log.read_text(encoding="utf-8", errors="replace").strip()[-500:]
            raise LabError(f"the connector ended by itself: {words}", where=str(self.log))

    def kill9(self) -> None:
        """SIGKILL; the process is gone on return."""
        self._end()
        self.life = Life.KILLED

    def stop(self) -> None:
        """As Ctrl-C does: what was read is delivered first."""
        if self._process:
            # The supervisor leads the group and lets this signal pass.
            os.killpg(self._process.pid, signal.SIGINT)
            code = self._process.wait(STOP_SECONDS)
            self._end()
            if code:
                raise LabError(f"the connector did not stop cleanly (exit code {code})", where=str(self.log))
        self.life = Life.STOPPED

    def _end(self) -> None:
        if self._process and self._process.stdin:
            # The owner's end of the pipe: when it closes, the supervisor sends SIGKILL.
            self._process.stdin.close()
            self._process.wait(STOP_SECONDS)
        self._process = None


def _write(config: Path, properties: Mapping[str, object]) -> None:
    config.touch(mode=0o600)
    config.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), encoding="utf-8")
