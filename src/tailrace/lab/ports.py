"""TCP ports of 127.0.0.1 for parts of the lab."""

from __future__ import annotations

import json
import secrets
import socket
import time
from typing import TYPE_CHECKING

from tailrace.lab import cache

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 20000, 32767
"""None of those that the kernel gives to outgoing connections: a client that calls a stopped server again and again
would be given that very port one day, and be connected with itself.
"""
KEPT_SECONDS = 600.0
"""Until then who was given a port has begun to listen on it, or never will."""


def free_port() -> int:
    """One that nobody listens on, and that was not given to anybody lately, in whatever process."""
    with cache.only_one("ports"):
        kept = cache.folder() / "ports.json"
        now = time.time()
        given = {port: at for port, at in _read(kept).items() if 0 <= now - at < KEPT_SECONDS}
        while (port := FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)) in given or not _is_free(port):
            pass
        kept.write_text(json.dumps(given | {port: now}), encoding="ascii")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _read(kept: Path) -> dict[int, float]:
    try:
        return {int(port): float(at) for port, at in json.loads(kept.read_text(encoding="ascii")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        # None yet, or one that a killed process has left half written.
        return {}
