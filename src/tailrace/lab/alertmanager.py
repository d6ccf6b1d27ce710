"""One Alertmanager in a folder of its own. `alertmanager.yml` says who is told of what; it may be edited."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tailrace.lab import monitoring
from tailrace.lab.ports import HOST, free_port
from tailrace.lab.process import Process
from tailrace.lab.server import read_settings

NOBODY = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
"""Alerts are seen in its API, and nobody is told."""


@dataclass(frozen=True)
class Settings:
    """What `alertmanager.json` keeps."""

    port: int


class Alertmanager:
    """Used as a context manager it starts, and at the end is killed; the folder stays."""

    def __init__(self, folder: Path, *, config: str = NOBODY, port: int | None = None) -> None:
        """Opens the one of the folder, or makes one; all else counts when it is made."""
        self.folder = folder.resolve()
        self.process = Process("alertmanager", self.folder, log=self.folder / "alertmanager.log")
        self._config = self.folder / "alertmanager.yml"
        saved = self.folder / "alertmanager.json"
        if saved.exists():
            self.settings = read_settings(Settings, saved)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.settings = Settings(port or free_port())
            self._config.write_text(config, encoding="utf-8")
            saved.write_text(json.dumps(asdict(self.settings), indent=1) + "\n", encoding="utf-8")

    @property
    def address(self) -> str:
        """`127.0.0.1:port`."""
        return f"{HOST}:{self.settings.port}"

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`; the API is at /api/v2."""
        return f"http://{self.address}"

    def start(self, *, timeout: float = monitoring.START_SECONDS) -> None:
        """Starts it and awaits that it answers; it dies with this process until `process.release`. No-op where it runs.

        Raises LabError where there is no Alertmanager, or it does not start within `timeout` seconds.
        """
        program = monitoring.programs().alertmanager
        options = (
            f"--config.file={self._config}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address={self.address}",
            # It is alone.
            "--cluster.listen-address=",
        )
        self.process.start([str(program.path), *options], self.is_reachable, timeout, place=program.place)

    def is_reachable(self) -> bool:
        """Whether it says that it is ready."""
        return monitoring.answers(f"{self.url}/-/ready")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
