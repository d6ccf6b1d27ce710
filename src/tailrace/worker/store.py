"""What a worker remembers of its connectors beside their offsets: configuration, what is wanted, and what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tailrace.worker.state import State, Target


@dataclass(frozen=True, slots=True)
class Stored:
    """A connector as a person has configured it: secrets and references as they were given."""

    name: str
    config: Mapping[str, str] = field(repr=False)
    """May hold secrets."""
    target: Target = Target.RUNNING


@dataclass(frozen=True, slots=True)
class Told:
    """The state of a connector or a task, as the worker that has it tells."""

    state: State
    worker_id: str
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Of a connector and its task."""

    connector: Told
    task: Told | None = None
    """None: it has none."""


@dataclass(frozen=True, slots=True)
class Restart:
    """What was asked to be restarted."""

    connector: bool
    task: bool
    only_failed: bool


class Store(Protocol):
    """Every method may be called from any thread, and raises StorageError. A method returns when what it did lasts."""

    def connectors(self) -> Sequence[Stored]:
        """All of them, ordered by name."""

    def connector(self, name: str) -> Stored | None:
        """One of them."""

    def put(self, connector: Stored) -> None:
        """A new one, or new configuration or target of one that is there."""

    def delete(self, name: str) -> None:
        """Forget the connector, its status and its topics; no error where there is none. Its offsets stay."""

    def status(self, name: str) -> Status | None:
        """What was last told."""

    def put_status(self, name: str, status: Status) -> None:
        """Told by the worker that has the connector."""

    def topics(self, name: str) -> Sequence[str]:
        """Topics that got records since the last reset, ordered."""

    def put_topics(self, name: str, topics: Sequence[str]) -> None:
        """In place of those before."""

    def refresh(self) -> None:
        """What any worker has written before this call counts when it returns."""

    def close(self) -> None:
        """Twice is once."""
