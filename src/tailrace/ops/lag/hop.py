"""One part of the way from the source to the sink, and how it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Duration = Callable[[float], str]
"""Seconds in words."""


class Mood(StrEnum):
    """Of a hop."""

    FINE = "fine"
    BEHIND = "behind"
    FROZEN = "frozen"
    """The figure that it tells stands still, and the lag does not."""
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hop:
    """One part of the way. None: not known."""

    name: str
    mood: Mood
    seconds: float | None
    """As it must be counted; of a frozen one, at least."""
    told: float | None
    """As the connector tells it."""
    bytes: int | None
    transactions: int | None
    meaning: str
