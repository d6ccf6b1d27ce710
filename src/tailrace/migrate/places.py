"""Where a Debezium connector keeps its state: offsets in one place, the schema history in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol


class OffsetPlace(Protocol):
    """Kafka Connect's offsets, of any number of connectors. Raises TailraceError."""

    where: str
    """For people."""
    remote: bool
    """Whether a server has to be asked."""

    def read(self) -> Mapping[bytes, bytes | None]:
        """All of them."""

    def write(self, key: bytes, value: bytes) -> None:
        """One of them, in place of what it was; the others stay."""


class HistoryPlace(Protocol):
    """Records of Debezium's schema history, JSON each. Raises TailraceError."""

    where: str
    """For people."""
    remote: bool
    """Whether a server has to be asked."""

    def read(self) -> Iterator[str]:
        """All of them, in order; none where there is no such place yet."""

    def append(self, records: Iterable[str]) -> None:
        """More of them: what is there counts on, as far as it is not said otherwise."""
