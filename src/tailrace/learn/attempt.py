"""What a learner has done: each attempt at an exercise, with its checks, kept in one file; and what it is worth."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from tailrace.errors import LabError
from tailrace.lab.server import write_private

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = 100
HINT_COSTS = (10, 20, 30)
"""Points for the first hint, the second, the third."""
CHECK_COST = 5
"""Points for each check that failed."""
LEAST = 10
"""Of an attempt that passed without the solution."""


@dataclass(frozen=True)
class Looked:
    """What one check saw of one observation."""

    name: str
    holds: bool
    evidence: str


@dataclass(frozen=True)
class Check:
    """One `check`."""

    at: float
    """When it was asked for: seconds since the epoch."""
    answers: dict[str, str]
    seen: tuple[Looked, ...]

    @property
    def passed(self) -> bool:
        """Whether all holds."""
        return all(each.holds for each in self.seen)


@dataclass(frozen=True)
class Attempt:
    """One start of an exercise, and what came of it; of a drill its incident of the moment, with those before it."""

    exercise: str
    seed: int
    """The same seed draws the same values."""
    values: dict[str, str]
    began: float
    """Seconds since the epoch."""
    hints: int = 0
    checks: tuple[Check, ...] = ()
    shown: bool = False
    """The solution was looked at."""
    limit: float | None = None
    """Of a drill: seconds for each incident."""
    earlier: tuple[Attempt, ...] = ()
    """Of a drill: its incidents before this one."""
    ahead: int = 0
    """Of a drill: how many come after this one."""

    @property
    def incidents(self) -> tuple[Attempt, ...]:
        """Of a drill those that have begun; of any other exercise the attempt alone."""
        return (*self.earlier, replace(self, earlier=(), ahead=0))

    @property
    def solved(self) -> bool:
        """Whether the last check found all as it should be; in a drill in time, and without the solution."""
        return bool(self.checks) and self.checks[-1].passed and not self._is_lost(self.checks[-1].at)

    @property
    def passed(self) -> bool:
        """Whether it is solved; a drill where all its incidents are."""
        return self.solved and not self.ahead and all(each.solved for each in self.earlier)

    @property
    def seconds(self) -> float | None:
        """From the start to the check that passed; of a drill the sum of its incidents'."""
        if not self.passed:
            return None
        return sum(each.checks[-1].at - each.began for each in self.incidents)

    @property
    def score(self) -> int:
        """0 to 100; of a drill the mean of all its incidents'."""
        return round(sum(each.points for each in self.incidents) / (len(self.incidents) + self.ahead))

    @property
    def points(self) -> int:
        """Of this one alone, 0 to 100."""
        if not self.solved or self.shown:
            return 0
        failed = sum(not check.passed for check in self.checks)
        return max(LEAST, WHOLE - sum(HINT_COSTS[: self.hints]) - CHECK_COST * failed)

    def left(self, now: float) -> float:
        """Seconds, not below 0, until the limit; infinite where there is none."""
        return math.inf if self.limit is None else max(0.0, self.began + self.limit - now)

    def is_over(self, now: float) -> bool:
        """Whether nothing can be won any more: it is solved; in a drill also where it is given up, or too late."""
        return self.solved or self._is_lost(now)

    def _is_lost(self, now: float) -> bool:
        return self.limit is not None and (self.shown or self.left(now) <= 0)


@dataclass(frozen=True)
class Standing:
    """How far a learner has come with an exercise."""

    state: Literal["new", "started", "passed"]
    score: int | None = None
    """Of what has passed."""


@dataclass(frozen=True)
class Progress:
    """All attempts, the latest last; and the language that was last asked for."""

    language: str = ""
    attempts: tuple[Attempt, ...] = field(default_factory=tuple)

    @property
    def current(self) -> Attempt | None:
        """The one that is worked on, or was last."""
        return self.attempts[-1] if self.attempts else None

    def best(self, exercise: str) -> Attempt | None:
        """The attempt that counts: of the highest score, the first of such."""
        tried = [attempt for attempt in self.attempts if attempt.exercise == exercise]
        return max(tried, key=lambda attempt: (attempt.passed, attempt.score), default=None)

    def standing(self, exercise: str) -> Standing:
        """What has come of it."""
        best = self.best(exercise)
        if best is None:
            return Standing("new")
        return Standing("passed", best.score) if best.passed else Standing("started")

    def begin(self, attempt: Attempt) -> Progress:
        """With one more."""
        return replace(self, attempts=(*self.attempts, attempt))

    def amend(self, attempt: Attempt) -> Progress:
        """With the current one as it is now."""
        return replace(self, attempts=(*self.attempts[:-1], attempt))


def load(file: Path) -> Progress:
    """Raises LabError where the file is damaged."""
    try:
        return _progress(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Progress()
    except (ValueError, TypeError, KeyError) as error:
        raise LabError(f"the progress cannot be read: {error}", where=str(file), hint="move it away") from error


def save(file: Path, progress: Progress) -> None:
    """Whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    write_private(draft, json.dumps(asdict(progress), indent=1, ensure_ascii=False) + "\n")
    draft.replace(file)


def _progress(given: dict[str, Any]) -> Progress:
    return Progress(given["language"], tuple(_attempt(each) for each in given["attempts"]))


def _attempt(given: dict[str, Any]) -> Attempt:
    checks = tuple(_check(each) for each in given["checks"])
    earlier = tuple(_attempt(each) for each in given.get("earlier", ()))
    return Attempt(**{**given, "checks": checks, "earlier": earlier})


def _check(given: dict[str, Any]) -> Check:
    return Check(given["at"], given["answers"], tuple(Looked(**each) for each in given["seen"]))
