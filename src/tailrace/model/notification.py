"""What a connector tells of what it does, in Debezium's shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

INITIAL = "Initial Snapshot"
INCREMENTAL = "Incremental Snapshot"
SIGNAL = "Signal"
"""Aggregate types; the last is not Debezium's: a signal that could not be carried out."""


@dataclass(frozen=True, slots=True)
class Notification:
    """`additional_data` holds text only, as Debezium's schema has it."""

    id: str
    """Of the signal that caused it, or a random UUID."""
    aggregate_type: str
    type: str
    timestamp_ms: int
    """Milliseconds since the epoch."""
    additional_data: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """For JSON, under Debezium's names."""
        return {
            "id": self.id,
            "aggregateType": self.aggregate_type,
            "type": self.type,
            "additionalData": dict(self.additional_data),
            "timestamp": self.timestamp_ms,
        }


@dataclass(frozen=True, slots=True)
class Numbered:
    """A notification with its place among those of its connector: numbers only grow, over restarts too."""

    number: int
    notification: Notification
