"""How long binlogs must be kept so that a snapshot, and the stream behind it, find what they need. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

MARGIN = 3600
"""Seconds on top: for a restart, a rotation, a person who sleeps."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is known of a snapshot that is to be taken."""

    rows: int
    rows_per_second: float
    write_rate: float
    """Bytes of binlog a second."""
    expires_after: float | None
    """binlog_expire_logs_seconds now; None: no file is purged by age."""
    safety: float = 2.0
    disk_free: int | None = None
    """Bytes that binlogs may still take; None: not known."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What it needs. Times in seconds."""

    snapshot: float
    """How long the snapshot takes."""
    expire: int
    """Least binlog_expire_logs_seconds, the safety factor and a margin included."""
    bytes: int
    """Of binlog that so long a time leaves."""
    enough: bool
    """Whether the server keeps them that long now."""
    fits: bool | None
    """Whether the disk has room; None: not known."""


def compute(need: Need) -> Retention:
    """While the snapshot is taken nothing of the binlog may go: the stream begins where the snapshot began."""
    seconds = need.rows / need.rows_per_second if need.rows else 0.0
    expire = math.ceil(seconds * need.safety) + MARGIN
    size = math.ceil(need.write_rate * expire)
    return Retention(
        snapshot=seconds,
        expire=expire,
        bytes=size,
        enough=need.expires_after is None or need.expires_after >= expire,
        fits=None if need.disk_free is None else size <= need.disk_free,
    )
