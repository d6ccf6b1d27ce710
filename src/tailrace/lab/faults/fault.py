"""One fault: what is seen of it, how it is found, why it happens, what repairs it; and how the lab brings it about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tailrace.lab.faults.scene import Scene

SOURCE: Final = "'${env:TAILRACE_PRIMARY_ADMIN_DSN}'"
REPLICA: Final = "'${env:TAILRACE_REPLICA_ADMIN_DSN}'"
RESTART_FAILED: Final = "tailrace connector restart $CONNECTOR --failed-only --wait"
RESTART_TASKS: Final = "tailrace connector restart $CONNECTOR --tasks --wait"

_PLACE: Final = re.compile(r"\$([A-Z_]+)")


class Need(StrEnum):
    """What must be there for it, beside the lab's two servers."""

    CONNECTOR = "a connector that captures one whole database"
    ENDPOINT = "the lab's endpoint, which the connector reads through"
    KAFKA = "the lab's Kafka, which the connector writes to"


class Engine(StrEnum):
    """Whom it hurts."""

    BOTH = "Tailrace and Debezium"
    TAILRACE = "Tailrace"
    DEBEZIUM = "Debezium"

    def includes(self, other: Engine) -> bool:
        """Whether what hurts `self` hurts one of them."""
        return self in {Engine.BOTH, other}


class How(StrEnum):
    """By what a fault is found."""

    DOCTOR = "doctor"
    LAG = "lag"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Sign:
    """`name`: the check, the hop or the alert; `line`: words of what it says."""

    how: How
    name: str
    line: str
    command: str
    mood: str = ""
    """Of the hop."""
    engine: Engine = Engine.BOTH
    """With whom it is seen."""
    stays: bool = False
    """What was repaired is still to be seen: a trace of the past."""


def doctor(
    check: str, line: str, *, connector: bool = True, replica: bool = False, source: str = SOURCE, stays: bool = False
) -> Sign:
    """A finding of this check."""
    words = ["tailrace doctor --source", source]
    words += ["--connector $CONNECTOR"] if connector else []
    words += [f"--replica {REPLICA}"] if replica else []
    return Sign(How.DOCTOR, check, line, " ".join(words), stays=stays)


def lag(hop: str, mood: str, line: str, *, source: str = SOURCE, engine: Engine = Engine.BOTH) -> Sign:
    """A hop of `tailrace lag` in this mood."""
    return Sign(How.LAG, hop, line, f"tailrace lag $CONNECTOR --source {source}", mood, engine)


def alert(name: str, line: str) -> Sign:
    """An alert that fires."""
    return Sign(How.ALERT, name, line, f"tailrace alerts explain {name}")


class At(StrEnum):
    """Where a step of a repair is carried out."""

    SHELL = "sh"
    SOURCE = "on the source"
    REPLICA = "on the replica"


@dataclass(frozen=True, slots=True)
class Step:
    """`text`: commands of a shell, one a line, or statements of an administrator's session, each with its semicolon."""

    at: At
    text: str
    words: str = ""
    """What it is for."""
    settled: bool = False
    """Not before what the step before it began has come to its end: the connector runs, and events come."""


def shell(*commands: str, words: str = "", settled: bool = False) -> Step:
    """Commands."""
    return Step(At.SHELL, "\n".join(commands), words, settled)


def recovery(words: str) -> tuple[Step, Step]:
    """A schema history made anew from the tables, and the connector as it was before."""
    begin = shell("tailrace connector config $CONNECTOR --set snapshot.mode=recovery", RESTART_TASKS, words=words)
    back = shell(
        "tailrace connector config $CONNECTOR --set snapshot.mode=initial --wait",
        words="And back, once events come again (a restart in the middle of it would leave half a history):",
        settled=True,
    )
    return begin, back


def sql(*statements: str, at: At = At.SOURCE, words: str = "") -> Step:
    """Statements, without semicolons."""
    return Step(at, "\n".join(f"{statement};" for statement in statements), words)


@dataclass(frozen=True, slots=True)
class Fault:
    """In texts `$CONNECTOR`, `$TABLE` and so on stand for values of the scene; see `Scene.values`."""

    name: str
    title: str
    symptom: str
    """What whoever is on call sees first."""
    found_by: tuple[Sign, ...]
    why: str
    repair: tuple[Step, ...]
    prevent: str
    inject: Callable[[Scene], None]
    heal: Callable[[Scene], None]
    """Undoes what `inject` did, whether or not it was repaired since; twice is once."""
    needs: frozenset[Need] = frozenset()
    engine: Engine = Engine.BOTH
    log: tuple[str, ...] = ()
    """Words of the connector's status or log by which it is known."""
    loses: str = ""
    """What the repair cannot bring back; empty: nothing."""
    alerts: tuple[str, ...] = ()
    """Alerts that tell of it, beside those it is found by."""


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with values for placeholders: `$TABLE`. What stands for an address of the lab is left alone."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)
