"""A program of the lab in a folder of its own: started under the supervisor, found again by its pid file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tailrace.errors import LabError
from tailrace.lab import supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STOP_SECONDS = 30.0


class Process:
    """The program `name`, with `NAME.pid` in `folder`, whose path must be part of its command line."""

    def __init__(self, name: str, folder: Path, *, log: Path) -> None:
        self.name = name
        self.folder = folder
        self.log = log
        self._pid_file = folder / f"{name}.pid"
        self._supervisor: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its number, where it runs (or is paused)."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        return pid if self._is(pid) else None

    def start(
        self, command: Sequence[str], ready: Callable[[], bool], timeout: float, *, place: Path | None = None
    ) -> None:
        """Starts it (in the folder `place`) and awaits `ready()`; it dies with this process until `release`. No-op
        where it runs.

        Raises LabError with the last errors of its log where it ends before, or is not ready within `timeout` seconds.
        """
        if self.pid is not None:
            return
        self._pid_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            said_before = log.tell()
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", supervisor.__file__, f"--pid-file={self._pid_file}", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=place,
            )
        try:
            self._await(ready, timeout, said_before)
        except BaseException:
            self._end_supervisor()
            raise

    def _await(self, ready: Callable[[], bool], timeout: float, said_before: int) -> None:
        process = self._supervisor
        assert process
        answered = await_condition(lambda: process.poll() is not None or ready(), timeout, every=0.05)
        if not answered or process.poll() is not None:
            lines = self.log.read_bytes()[said_before:].decode(errors="replace").splitlines()
            problems = [line for line in lines if any(word in line for word in ("ERROR", "FATAL", "Exception"))]
            reason = (
                "\n".join((problems or lines)[-5:]) if process.poll() is not None else f"not ready in {timeout:.0f} s"
            )
            raise LabError(f"{self.name} did not start: {reason}", where=str(self.log))

    def release(self) -> None:
        """Lets it live on when this process ends."""
        if self._supervisor and self._supervisor.stdin:
            self._supervisor.stdin.write(b"!")
            self._supervisor.stdin.close()
            # Not ours to wait for any more; without this, collecting the object would warn of a running child.
            self._supervisor.returncode = 0
            self._supervisor = None

    def stop(self) -> None:
        """SIGTERM and wait; by force where that takes longer than 30 s. Not running: nothing happens."""
        pid = self.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
                # A paused process takes the signal when it goes on.
                os.kill(pid, signal.SIGCONT)
            if not await_condition(lambda: not self._is(pid), STOP_SECONDS):
                self._kill(pid)
        self._end_supervisor()

    def kill(self) -> None:
        """A crash: SIGKILL, and the process is gone on return."""
        pid = self.pid
        if pid is not None:
            self._kill(pid)
        self._end_supervisor()

    def pause(self) -> None:
        """SIGSTOP: it hangs, and its connections with it. Raises LabError where it does not run."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Ends `pause`. Raises LabError where it does not run."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is None:
            raise LabError(f"{self.name} does not run", where=str(self.folder))
        os.kill(pid, number)

    def _kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if not await_condition(lambda: not self._is(pid), STOP_SECONDS):
            raise LabError(f"{self.name} does not die (process {pid})", where=str(self.folder))

    def _is(self, pid: int) -> bool:
        return process_runs(pid, str(self.folder))

    def _end_supervisor(self) -> None:
        if self._supervisor:
            if self._supervisor.stdin:
                self._supervisor.stdin.close()
            self._supervisor.wait(STOP_SECONDS)
            self._supervisor = None


def await_condition(holds: Callable[[], bool], timeout: float, *, every: float = 0.02) -> bool:
    """Whether `holds()` came true within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def process_runs(pid: int, mark: str) -> bool:
    """Whether process `pid` lives with `mark` in its command line: a number alone may be another program's by now."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except FileNotFoundError:
        if sys.platform == "linux":
            return False
        line = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    except (PermissionError, ProcessLookupError):
        return False
    return mark in line
