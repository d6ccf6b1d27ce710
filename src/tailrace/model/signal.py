"""What someone asks of a running connector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of the signal table, one record of the signal topic, one line of the file, one call."""

    id: str
    type: str
    """The action: `execute-snapshot`, `stop-snapshot`, `log` …"""
    data: Mapping[str, Any] = field(default_factory=dict)
    channel: str = "in-process"
    """How it came: `source`, `kafka`, `file`, `rest`, `in-process`."""
