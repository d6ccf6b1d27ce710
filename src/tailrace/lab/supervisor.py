"""Runs one program and takes it along when the process that asked for it dies, even by kill -9.

Run as a file (`python -I -S supervisor.py PROGRAM …`), so it starts in milliseconds and imports nothing of tailrace.
With `--pid-file=FILE` before the program it writes the program's process number there.
Standard input is a pipe from the owner: its end means the owner is gone, and kills the program; a byte in it means
that the owner has let go, and the program lives on. Two guards, because each has a hole: the pipe notices the owner's
death but not our own, PR_SET_PDEATHSIG notices ours. (The owner cannot use
the latter: it fires when the *thread* that forked ends.)
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""
OWNER = 0


def main() -> int:
    """The program's exit code, or 128 + the signal that ended it."""
    supervisor = os.getpid()
    # Nothing that the terminal sends to the owner's group is for the program.
    os.setsid()
    # A SIGINT to the group that this makes is for the program, not for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc = ctypes.CDLL(None)

    def die_with_supervisor() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != supervisor:
                os._exit(1)

    wake, rouse = os.pipe()
    os.set_blocking(rouse, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(rouse)
    command = sys.argv[1:]
    pid_file = command.pop(0).partition("=")[2] if command[0].startswith("--pid-file=") else None
    # One thread, so running Python between fork and exec is safe here.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_supervisor)  # noqa: PLW1509
    if pid_file:
        # Renamed into place, so that nobody reads half a number.
        with open(f"{pid_file}.new", "w", encoding="ascii") as out:  # noqa: PTH123 - pathlib takes long to import
            out.write(str(child.pid))
        os.replace(f"{pid_file}.new", pid_file)  # noqa: PTH105 - as above
    watched = [OWNER, wake]
    while child.poll() is None:
        ready = select.select(watched, [], [])[0]
        if wake in ready:
            os.read(wake, 512)
        if OWNER in ready:
            watched.remove(OWNER)
            if not os.read(OWNER, 1):
                child.kill()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
