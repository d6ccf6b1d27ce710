"""What pages may ask of a learner's runner: how things stand, and one action at a time, which may take a while.

Progress is the commands' own: what a terminal does meanwhile is seen here, and the other way round.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from tailrace.errors import ConfigError, LabError, TailraceError
from tailrace.learn import play
from tailrace.learn.attempt import HINT_COSTS
from tailrace.learn.exercise import Kind, fill
from tailrace.learn.exercises import EXERCISES, find
from tailrace.learn.text import minutes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tailrace.learn.attempt import Attempt, Progress
    from tailrace.learn.learner import Learner

    Work = Callable[[Learner, Callable[[str], None]], Progress]


ACTIONS: Final = ("start", "check", "hint", "reset", "next")
log = logging.getLogger(__name__)


class Busy(LabError):
    """Another action is still going on."""


@dataclass(frozen=True, slots=True)
class _Doing:
    """The action of the moment, or how the last one ended."""

    number: int = 0
    action: str = ""
    exercise: str = ""
    step: str = ""
    error: Mapping[str, str] = field(default_factory=dict)


class Desk:
    """Of one learner."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._lock = threading.Lock()
        self._doing = _Doing()
        self._thread: threading.Thread | None = None

    @property
    def version(self) -> str:
        """Another one whenever there is something new to see."""
        try:
            changed = self._learner.file.stat().st_mtime_ns
        except FileNotFoundError:
            changed = 0
        return f"{self._doing.number}-{changed}"

    def state(self, language: str) -> dict[str, Any]:
        """All that a page shows. Raises LabError where the progress is damaged."""
        learner, version, doing = replace(self._learner, language=language), self.version, self._doing
        progress = learner.progress
        return {
            "version": version,
            "doing": {"action": doing.action, "exercise": doing.exercise, "step": doing.step} if doing.action else None,
            "error": dict(doing.error) or None,
            "exercises": {
                exercise.name: {"lesson": exercise.lesson, **asdict(progress.standing(exercise.name))}
                for exercise in EXERCISES
            },
            "current": _current(learner, progress.current),
            "costs": HINT_COSTS,
        }

    def begin(self, action: str, language: str, *, name: str = "", answers: Mapping[str, str] | None = None) -> None:
        """`start` an exercise by its name, or `check`, `hint`, `reset` the current one, or go to the `next` incident of
        a drill; goes on after the return.

        Raises ConfigError where there is no such action or exercise, Busy where another is going on.
        """
        if action not in ACTIONS:
            raise ConfigError(f"no action is called {action}", hint=", ".join(ACTIONS))
        exercise = find(name) if action == "start" else self._learner.exercise

        def work(learner: Learner, tell: Callable[[str], None]) -> Progress:
            match action:
                case "start":
                    return play.start(exercise, learner.lab, learner.progress, tell=tell)
                case "check":
                    return play.check(exercise, learner.lab, learner.progress, answers or {})
                case "hint":
                    return play.hint(learner.progress)
                case "next":
                    return play.advance(exercise, learner.lab, learner.progress, tell=tell)
                case _:
                    return play.reset(exercise, learner.lab, learner.progress, tell=tell)

        self._do(action, exercise.name, replace(self._learner, language=language), work)

    def wait(self) -> None:
        """Until the action of the moment has ended."""
        if self._thread is not None:
            self._thread.join()

    def _do(self, action: str, exercise: str, learner: Learner, work: Work) -> None:
        with self._lock:
            doing = self._doing
            if doing.action:
                raise Busy(f"{doing.action} of {doing.exercise} is still going on", hint="wait until it ends")
            self._doing = _Doing(doing.number + 1, action, exercise)
        self._thread = threading.Thread(target=self._run, args=(learner, work), name="tailrace-learn", daemon=True)
        self._thread.start()

    def _run(self, learner: Learner, work: Work) -> None:
        def tell(step: str) -> None:
            self._doing = replace(self._doing, number=self._doing.number + 1, step=step)

        error = {}
        try:
            learner.keep(work(learner, tell))
        except TailraceError as failed:
            error = {"message": failed.message, "hint": failed.hint or ""}
        except Exception:
            log.exception("%s of %s failed by an error of Tailrace's own", self._doing.action, self._doing.exercise)
            error = {"message": "an error of Tailrace's own; the terminal has it", "hint": ""}
        self._doing = _Doing(self._doing.number + 1, error=error)


def _current(learner: Learner, attempt: Attempt | None) -> dict[str, Any] | None:
    if attempt is None:
        return None
    exercise = find(attempt.exercise)
    text, values = learner.text(exercise), attempt.values
    last = attempt.checks[-1] if attempt.checks else None
    over = attempt.is_over(time.time()) or (exercise.kind is Kind.PREDICTION and last is not None)
    return {
        "name": exercise.name,
        "task": text.told(values),
        "questions": [
            {"name": question.name, "text": text.questions[question.name], "choices": question.choices}
            for question in exercise.questions
        ],
        "answers": last.answers if last else {},
        "seen": [asdict(each) | {"text": fill(text.observations[each.name], values)} for each in last.seen]
        if last
        else [],
        "hints": [fill(hint, values) for hint in text.hints[: attempt.hints]],
        "passed": attempt.passed,
        "score": attempt.score,
        "over": over,
        "drill": _drill(attempt) if exercise.kind is Kind.DRILL else None,
        "explanation": fill(text.explanation, values) if over else "",
    }


def _drill(attempt: Attempt) -> dict[str, Any]:
    """How far it is, until when the incident of the moment counts, and what became of each that is over."""
    return {
        "number": len(attempt.incidents),
        "ahead": attempt.ahead,
        "until": attempt.began + (attempt.limit or 0),
        "incidents": [
            {
                "number": number,
                "solved": each.solved,
                "score": each.score,
                "minutes": "" if each.seconds is None else minutes(each.seconds),
            }
            for number, each in enumerate(attempt.incidents, start=1)
            if each.is_over(time.time())
        ],
    }
