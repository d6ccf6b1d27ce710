"""One running connector per name and storage: a file lock that ends with the process, even by kill -9."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from tailrace.errors import StorageError
from tailrace.model.names import file_name

if TYPE_CHECKING:
    from pathlib import Path


class FileLock:
    """`flock` on a file, which tells the holder's process id and stays behind."""

    def __init__(self, path: Path, busy: str, hint: str) -> None:
        """Raises StorageError: `busy`, the holder's process and `hint`, where another one has it."""
        self.path = path
        try:
            self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            message = f"cannot write beside the storage: {error.strerror}"
            raise StorageError(message, where=str(path), hint="set storage.path to a folder you can write") from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode(errors="replace").strip() or "unknown"
            self.release()
            message = f"{busy} process {holder}"
            raise StorageError(message, where=str(path), hint=f"stop process {holder}, or {hint}") from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock back. Twice is once."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def connector_lock(storage: Path, connector: str) -> FileLock:
    """For one process per connector and storage; beside the storage."""
    return FileLock(
        storage.with_name(f"{storage.name}.{file_name(connector)}.lock"),
        f"connector {connector!r} is already running, as",
        "give this connector another name or storage.path",
    )
