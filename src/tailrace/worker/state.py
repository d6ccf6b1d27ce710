"""The states of a connector and of its task, and what leads from one to the next. Nothing here does anything.

Words and meanings are those of Kafka Connect 4.3 (`AbstractStatus.State`, `TargetState`): the connector is RUNNING
while its task fails; a stopped connector has no task; a paused one has, and its task rests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto


class Target(StrEnum):
    """What a person wants of a connector."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class State(StrEnum):
    """What is told of a connector or a task."""

    UNASSIGNED = "UNASSIGNED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    RESTARTING = "RESTARTING"


class Phase(Enum):
    """What the connector's thread does."""

    IDLE = auto()
    """There is no engine, and none has failed."""
    RUNNING = auto()
    STOPPING = auto()
    """The engine was asked to end."""
    WAITING = auto()
    """The engine failed, and is started again when its pause is over."""
    FAILED = auto()
    """The engine failed, and waits for a person."""
    DONE = auto()
    """The engine has ended by itself: a snapshot was all that was asked for."""


class Action(Enum):
    """What must be done now."""

    NOTHING = auto()
    START = auto()
    """Make an engine of the configuration as it is now, and run it."""
    STOP = auto()
    """Ask the engine to end."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended an engine."""

    trace: str
    retriable: bool = False
    at_start: bool = False
    """No engine could be made of the configuration: it is the connector that failed, not its task."""


@dataclass(frozen=True, slots=True)
class Life:
    """Where one connector is."""

    target: Target
    phase: Phase = Phase.IDLE
    failure: Failure | None = None
    """In WAITING and FAILED."""
    failures: int = 0
    """In a row, without anything done between them."""
    forgotten: bool = False
    """Deleted, or given to another worker."""

    @property
    def over(self) -> bool:
        """Nothing of it is left to do."""
        return self.forgotten and self.phase is not Phase.STOPPING


@dataclass(frozen=True, slots=True)
class Step:
    """What an event leads to."""

    life: Life
    action: Action = Action.NOTHING


def want(life: Life, target: Target) -> Step:
    """A person pauses, resumes or stops. Only a stop forgets a failure, as in Connect."""
    life = replace(life, target=target)
    if target is Target.STOPPED and life.phase in (Phase.WAITING, Phase.FAILED, Phase.DONE):
        life = _idle(life)
    if target is Target.PAUSED and life.phase in (Phase.WAITING, Phase.DONE):
        life = _idle(life)
    return _settle(life)


def reconfigure(life: Life) -> Step:
    """The configuration has changed: what runs ends, what failed gets another chance."""
    return _begin_anew(life)


def restart(life: Life, *, connector: bool, task: bool, only_failed: bool) -> Step:
    """Which of the two is restarted; a connector that never came to have a task is both."""
    broken = life.failure is not None and life.failure.at_start
    failed = life.phase is Phase.FAILED
    wanted = task or (connector and broken)
    return _begin_anew(life) if wanted and (failed or not only_failed) else Step(life)


def forget(life: Life) -> Step:
    """The connector is no longer here."""
    return _settle(replace(life, forgotten=True))


def ended(life: Life, failure: Failure | None, *, progressed: bool) -> Step:
    """The engine has ended, by `failure` or not; `progressed`: it had done something."""
    asked = life.phase is Phase.STOPPING
    if failure is None or asked:
        # Whatever an engine that was asked to end says: it ends.
        life = replace(life, phase=Phase.IDLE if asked else Phase.DONE, failures=0, failure=None)
    else:
        failures = 1 if progressed else life.failures + 1
        phase = Phase.WAITING if failure.retriable else Phase.FAILED
        life = replace(life, phase=phase, failure=failure, failures=failures)
    return _settle(life)


def due(life: Life) -> Step:
    """The pause after a failure is over."""
    waits = life.phase is Phase.WAITING and not life.forgotten
    return _settle(replace(life, phase=Phase.IDLE)) if waits else Step(life)


def pause_after(failures: int) -> float:
    """Seconds until an engine that failed `failures` times in a row is started again: 1, 2, 4, 8, 15."""
    return min(15.0, 2.0 ** min(failures - 1, 4)) if failures else 0.0


def connector_state(life: Life) -> State:
    """What is told of the connector."""
    if life.failure is not None and life.failure.at_start and life.phase is Phase.FAILED:
        return State.FAILED
    return State(life.target.value)


def task_state(life: Life) -> State | None:
    """What is told of its task; None: it has none."""
    if life.phase is Phase.STOPPING:
        return {Target.RUNNING: State.RESTARTING, Target.PAUSED: State.PAUSED}.get(life.target, State.UNASSIGNED)
    if life.target is Target.STOPPED:
        return None
    if life.phase is Phase.FAILED:
        return None if life.failure is not None and life.failure.at_start else State.FAILED
    if life.phase is Phase.WAITING:
        return State.RESTARTING
    return State(life.target.value)


def _begin_anew(life: Life) -> Step:
    if life.phase is Phase.RUNNING:
        return Step(replace(life, phase=Phase.STOPPING), Action.STOP)
    if life.phase is Phase.STOPPING:
        return Step(life)
    return _settle(_idle(life))


def _idle(life: Life) -> Life:
    return replace(life, phase=Phase.IDLE, failure=None, failures=0)


def _settle(life: Life) -> Step:
    wanted = life.target is Target.RUNNING and not life.forgotten
    if life.phase is Phase.IDLE and wanted:
        return Step(replace(life, phase=Phase.RUNNING, failure=None), Action.START)
    if life.phase is Phase.RUNNING and not wanted:
        return Step(replace(life, phase=Phase.STOPPING), Action.STOP)
    return Step(life)
