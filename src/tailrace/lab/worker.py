"""One `tailrace worker` in a folder of its own, on ports that stay: its log, what it knows, and what its sinks write.

Another process takes it up again with `Worker(folder)`.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from tailrace.lab.ports import HOST, free_port
from tailrace.lab.process import Process
from tailrace.lab.server import Server, read_settings

if TYPE_CHECKING:
    from pathlib import Path

START_SECONDS = 30.0
ASK_SECONDS = 5.0


@dataclass(frozen=True)
class Settings:
    """What `worker.json` keeps."""

    port: int
    metrics_port: int


class Worker:
    """Used as a context manager it starts, and at the end is stopped; the folder stays."""

    def __init__(self, folder: Path) -> None:
        """Opens the one of the folder, or makes one."""
        self.folder = folder.resolve()
        self.process = Process("worker", self.folder, log=self.folder / "worker.log")
        saved = self.folder / "worker.json"
        if saved.exists():
            self.settings = read_settings(Settings, saved)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.settings = Settings(free_port(), free_port())
            saved.write_text(json.dumps(asdict(self.settings), indent=1) + "\n", encoding="utf-8")

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port` of the REST interface."""
        return f"http://{HOST}:{self.settings.port}"

    @property
    def metrics_address(self) -> str:
        """`127.0.0.1:port`, for Prometheus."""
        return f"{HOST}:{self.settings.metrics_port}"

    @property
    def metrics_url(self) -> str:
        """`http://127.0.0.1:port/metrics`."""
        return f"http://{self.metrics_address}/metrics"

    @property
    def state(self) -> Path:
        """Where it keeps configurations and storages; without it the worker is as new."""
        return self.folder / "state"

    @property
    def events(self) -> Path:
        """Where connectors of the lab write their files."""
        return self.folder / "events"

    def start(self, *, timeout: float = START_SECONDS) -> None:
        """Starts it and awaits that it answers; it dies with this process until `process.release`. No-op where it runs.

        Raises LabError with the log's last errors where it does not start within `timeout` seconds.
        """
        settings = {
            "worker.folder": self.state,
            "metrics.listener": f"http://{self.metrics_address}",
            # Only this machine asks, and waits by asking again and again.
            "rest.requests.per.second": 0,
        }
        overrides = [f"--set={name}={value}" for name, value in settings.items()]
        command = [sys.executable, "-m", "tailrace.cli", "worker", f"--listen={HOST}:{self.settings.port}", *overrides]
        self.process.start(command, self.is_reachable, timeout)

    def is_reachable(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=ASK_SECONDS) as answer:  # noqa: S310 - http
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()


def jsonl_config(source: Server, name: str, database: str, folder: Path, *, server_id: int) -> dict[str, str]:
    """The configuration of a connector that captures one database of `source` to files `folder/NAME.DATABASE.TABLE…`.

    No other reader of the source's binlog may have `server_id`.
    """
    return {
        **source.connector_config(name, database, server_id=server_id),
        "sink.type": "jsonl",
        "sink.path": str(folder),
    }
