"""A TCP proxy as a process of the lab: a stable address that leads to a server, and can be led elsewhere or fail.

It knows nothing of MySQL. `relay.json` in its folder holds all that it is told, so another process can take it up again
with `Proxy(folder)`, and it comes again with the lab as it was.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from tailrace.errors import LabError
from tailrace.lab.ports import HOST, free_port
from tailrace.lab.process import Process, await_condition
from tailrace.lab.server import read_settings

RELAY = Path(__file__).with_name("relay.py")
START_SECONDS = 20.0
APPLY_SECONDS = 10.0


@dataclass(frozen=True)
class Settings:
    """What `relay.json` keeps."""

    port: int
    target: int
    """Port on 127.0.0.1 that it leads to."""
    stalled: bool = False
    """Connections stay open, and nothing passes: a path that has died without a word."""
    bytes_per_second: int = 0
    """Of what the server sends, on each connection; 0: all that it can."""


class Proxy:
    """Leads 127.0.0.1:`port` to another port of it. Used as a context manager it starts, and at the end is killed."""

    host = HOST

    def __init__(self, folder: Path, *, target: int | None = None, port: int | None = None) -> None:
        """Opens the proxy of the folder, or makes one, which needs a `target`. Raises LabError where there is none."""
        self.folder = folder.resolve()
        self._saved = self.folder / "relay.json"
        self.process = Process("relay", self.folder, log=self.folder / "relay.log")
        if self._saved.exists():
            return
        if target is None:
            raise LabError("no proxy here", where=str(self.folder), hint="tailrace lab up --with endpoint")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._save(Settings(port or free_port(), target))

    @property
    def settings(self) -> Settings:
        """As they are now."""
        return read_settings(Settings, self._saved)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.settings.port

    @property
    def address(self) -> str:
        """`127.0.0.1:port`."""
        return f"{HOST}:{self.port}"

    def start(self) -> None:
        """Starts it; it dies with this process until `process.release`. No-op where it runs. Raises LabError."""
        if self.process.pid is None:
            self._applied.unlink(missing_ok=True)
        command = [sys.executable, "-I", "-S", str(RELAY), str(self.folder)]
        self.process.start(command, self.is_reachable, START_SECONDS)

    def lead_to(self, target: int) -> None:
        """To another port from now on; open connections end, as those of a load balancer do."""
        self._change(target=target)

    def stall(self) -> None:
        """Connections stay open, and nothing passes."""
        self._change(stalled=True)

    def limit(self, bytes_per_second: int) -> None:
        """How much of what the server sends passes on each connection; 0: all that it can."""
        self._change(bytes_per_second=bytes_per_second)

    def mend(self) -> None:
        """Ends `stall` and `limit`; what was held up goes on."""
        self._change(stalled=False, bytes_per_second=0)

    def is_reachable(self) -> bool:
        """Whether it listens, and has come to what it was last told."""
        if self.process.pid is None:
            return False
        try:
            return self._applied.read_text(encoding="utf-8") == self._saved.read_text(encoding="utf-8")
        except FileNotFoundError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()

    @property
    def _applied(self) -> Path:
        return self.folder / "relay.applied"

    def _save(self, settings: Settings) -> None:
        draft = self._saved.with_suffix(".new")
        draft.write_text(json.dumps(asdict(settings)), encoding="utf-8")
        draft.replace(self._saved)

    def _change(self, **changes: Any) -> None:
        self._save(replace(self.settings, **changes))
        if self.process.pid is not None and not await_condition(self.is_reachable, APPLY_SECONDS):
            raise LabError("the proxy does not take its settings", where=str(self.process.log))
