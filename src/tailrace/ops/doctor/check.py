"""One check: what it is called, when it applies, and the pure function that looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding

EVERYWHERE = frozenset(Profile)


class Need(StrEnum):
    """What must have been asked for, beside the source."""

    NOTHING = ""
    CONNECTOR = "--connector"
    REPLICA = "--replica"
    CLUSTER = "--aurora"
    KAFKA = "--connector of one that uses Kafka"


@dataclass(frozen=True, slots=True)
class Check:
    """`look` reads facts by `known`, so that one that could not be read is told of and never passes."""

    id: str
    """`group.name`."""
    title: str
    """What holds where nothing is found."""
    why: str
    """What happens where it does not hold."""
    look: Callable[[Facts], Iterable[Finding]]
    needs: Need = Need.NOTHING
    profiles: frozenset[Profile] = EVERYWHERE

    @property
    def group(self) -> str:
        """Its first part."""
        return self.id.partition(".")[0]
