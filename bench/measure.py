"""One process, measured by the operating system: wall time, CPU time and peak memory of it and its children."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of ru_maxrss: getrusage(2) has KiB on Linux, bytes on macOS."""


@dataclass(frozen=True)
class Usage:
    """Seconds, and bytes of the largest resident set; `output` is what the process printed."""

    wall: float
    cpu: float
    peak: int
    started: float
    """time.time() just before the process was started."""
    output: str


def run(command: Sequence[str], log: Path, *, discard: bool = False) -> Usage:
    """Run a command to its end. `discard` sends its output to nowhere. Raises RuntimeError when it fails."""
    with log.open("w+", encoding="utf-8") as out:
        target = subprocess.DEVNULL if discard else out
        started = time.time()
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=target, stderr=subprocess.STDOUT if not discard else out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {text[-800:]}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * PEAK_UNIT, started, text)
