"""Signals from a file, a JSON document a line.

The file is moved aside, so that a line written meanwhile is not lost, and what was moved is deleted by the first look
that finds nothing new in it: somebody may have had it open, and the signals are stored with the offset by then. After a
kill they may come once more, never not at all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from tailrace.model.signal import Signal
from tailrace.signals import BadSignal, Refused, read_document


class FileChannel:
    """Looks into `path` every `interval` seconds."""

    def __init__(self, path: Path, interval: float) -> None:
        self._path = path
        self._taken = path.with_name(f"{path.name}.taken")
        self._interval = interval
        self._given = 0
        """Bytes, of what was moved."""

    def run(self, give: Callable[[Signal | Refused], None], stopping: threading.Event) -> None:
        """Until `stopping` is set. A file that cannot be read is told of, and looked at again."""
        told, look = "", self._recover
        while True:
            try:
                look(give)
                look = self._look
                told = ""
            except OSError as error:
                problem = f"{error.filename or self._path}: {error.strerror}"
                if problem != told:
                    give(Refused("", "file", problem))
                told = problem
            if stopping.wait(self._interval):
                return

    def _look(self, give: Callable[[Signal | Refused], None]) -> None:
        if self._taken.exists():
            if self._give(give):
                return
            self._taken.unlink()
        if not self._path.exists() or not self._path.stat().st_size:
            return
        self._given = 0
        self._path.rename(self._taken)
        self._path.touch()
        self._give(give)

    def _recover(self, give: Callable[[Signal | Refused], None]) -> None:
        """What a run that was killed had taken."""
        if self._taken.exists():
            self._give(give)
        else:
            self._look(give)

    def _give(self, give: Callable[[Signal | Refused], None]) -> bool:
        """Whether there was anything new."""
        new = self._taken.read_bytes()[self._given :]
        self._given += len(new)
        for line in new.decode("utf-8", errors="replace").splitlines():
            if line.strip():
                try:
                    give(read_document(line, "file"))
                except BadSignal as problem:
                    give(Refused("", "file", f"{problem}: {line[:100]}"))
        return bool(new)
