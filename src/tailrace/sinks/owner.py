"""Who writes to a place: a hidden file that carries a lock, and the id of the run that last began there."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from tailrace.errors import SinkError

if TYPE_CHECKING:
    from pathlib import Path


class Owner:
    """A state names the id it belongs to, so that no run ever throws away what another one wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self.id = ""

    def begin(self) -> None:
        """Take the place over under a new id. Raises SinkError where another run writes now; OSError."""
        self._lock()
        self.id = os.urandom(8).hex()
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, self.id.encode(), 0)

    def resume(self, owner: str) -> None:
        """Go on as `owner`. Raises SinkError where another run has written since, or writes now; OSError."""
        self._lock()
        found = os.pread(self._fd, 64, 0).decode(errors="replace")
        if found not in ("", owner):
            self.release()
            message = "these files have been continued by another run, which did not have this connector's storage"
            raise SinkError(
                message,
                where=str(self._path.parent),
                hint="use the storage of the last run (storage.path), or another sink.path with a new connector name",
            )
        self.id = owner

    def _lock(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            message = "another connector writes files here now"
            raise SinkError(
                message, where=str(self._path), hint="stop it, or give this connector another sink.path"
            ) from None

    def release(self) -> None:
        """Let another run have the place. Twice is once."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def sync_folder(folder: Path) -> None:
    """Make names in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
