"""A worker of ours, as its users run it: `tailrace worker` in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Self

from tailrace.lab.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


class TailraceWorker:
    """Listens where it is free; its log is in its folder."""

    def __init__(self, folder: Path, **properties: object) -> None:
        """`properties` of the worker, with `__` for `.`."""
        self.log = folder / "worker.log"
        self._folder = folder / "state"
        metrics = f"http://127.0.0.1:{free_port()}"
        self.metrics_url = f"{metrics}/metrics"
        settings = {"worker.folder": self._folder, "metrics.listener": metrics, "rest.requests.per.second": 0} | {
            name.replace("__", "."): value for name, value in properties.items()
        }
        overrides = [f"--set={name}={value}" for name, value in settings.items()]
        command = [sys.executable, "-m", "tailrace.cli", "worker", "--listen", "127.0.0.1:0", *overrides]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self.url = ""

    def __enter__(self) -> Self:
        from tailrace.lab.server import await_condition

        def told() -> re.Match[str] | None:
            return re.search(r"listening on (http://\S+)", self.log.read_text(encoding="utf-8"))

        assert await_condition(lambda: told() is not None or self._process.poll() is not None, 30, every=0.1)
        found = told()
        assert found, self.log.read_text(encoding="utf-8")
        self.url = found[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
