"""Carries out a plan, step by step: checks before, actions, checks after, all in their time. Takes back what was done
where a step fails before the point of no return.

Knows no SQL and no server: what the steps say is up to `hands`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tailrace.errors import AwsDenied, AwsError, AwsGaveUp, FailoverError, TailraceError
from tailrace.ops.failover import journal as states

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tailrace.ops.failover.hands import Verdict
    from tailrace.ops.failover.journal import Journal
    from tailrace.ops.failover.step import Action, Check, Plan, Step

_EVERY = 0.1
"""Seconds between two looks at a check that does not hold yet."""


class Performer(Protocol):
    """Who does what the steps say."""

    def act(self, action: Action, values: Mapping[str, str], seconds: float) -> dict[str, str]:
        """Does it, and gives what is to be remembered. Raises TailraceError."""

    def judge(self, check: Check, values: Mapping[str, str]) -> Verdict:
        """Looks once."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a step: `done`, `failed`, `undone`, or `skipped` where an earlier run had done it."""

    step: Step
    state: str
    seconds: float = 0.0
    evidence: tuple[str, ...] = ()


def execute(plan: Plan, journal: Journal, hands: Performer, tell: Callable[[Told], None]) -> None:
    """From the first step that is not done to the last.

    Raises FailoverError where one fails: rolled back if that was possible, to be resumed if not. On Ctrl-C too.
    """
    _Run(plan, journal, hands, tell).all()


class _Run:
    def __init__(self, plan: Plan, journal: Journal, hands: Performer, tell: Callable[[Told], None]) -> None:
        self._plan = plan
        self._journal = journal
        self._hands = hands
        self._tell = tell
        self._values = journal.values
        states_before = journal.states()
        self._done = [step for step in plan.steps if states_before.get(step.name) == states.DONE]
        self._begun = {name for name, state in states_before.items() if state == states.BEGUN}

    def all(self) -> None:
        held = []
        for step in self._plan.steps:
            if step in self._done:
                self._tell(Told(step, "skipped"))
                continue
            try:
                self._one(step)
            except (TailraceError, KeyboardInterrupt) as error:
                if not (step.apart and isinstance(error, TailraceError)):
                    raise self._give_up(step, error) from error
                self._fail(step, error.message)
                held.append(f"step {step.name}: {error.message}")
                continue
            self._done.append(step)
        if held:
            hint = (
                "all else is done: repair what is wrong, and run the same command again to go on; or take a new"
                " snapshot there, and name another --journal next time"
            )
            raise FailoverError("\n".join(held), where=str(self._journal.file), hint=hint)
        self._journal.end(states.FINISHED)

    def _fail(self, step: Step, why: str) -> None:
        self._journal.note(step.name, states.FAILED, why=why)
        self._tell(Told(step, states.FAILED, evidence=(why,)))

    def _one(self, step: Step) -> None:
        began = time.monotonic()
        deadline = began + step.seconds
        remembered: dict[str, str] = {}
        evidence: list[str] = []
        # A run that was killed may have come so far: what is done already need not be allowed once more.
        if not (step.name in self._begun and self._is_done(step)):
            for check in step.before:
                verdict = self._hands.judge(check, self._values)
                if not verdict.holds:
                    raise FailoverError(f"does not hold: {verdict.words}; found: {verdict.found or 'nothing'}")
                evidence.append(_told(verdict))
            self._journal.note(step.name, states.BEGUN)
            for action in step.act:
                remembered |= self._act(step, action, max(1.0, deadline - time.monotonic()))
                self._values.update(remembered)
        evidence += [self._await(check, deadline) for check in step.after]
        seconds = time.monotonic() - began
        self._journal.note(step.name, states.DONE, seconds=round(seconds, 3), evidence=evidence, values=remembered)
        self._tell(Told(step, states.DONE, seconds, tuple(evidence)))

    def _act(self, step: Step, action: Action, seconds: float) -> dict[str, str]:
        try:
            return self._hands.act(action, self._values, seconds)
        except AwsError as error:
            # A run that was killed may have asked for it: AWS is at it, and the checks tell how it ends.
            if step.name in self._begun and error.is_busy:
                return {}
            raise

    def _is_done(self, step: Step) -> bool:
        return bool(step.after) and all(self._hands.judge(check, self._values).holds for check in step.after)

    def _await(self, check: Check, deadline: float) -> str:
        while True:
            verdict = self._hands.judge(check, self._values)
            if verdict.holds:
                return _told(verdict)
            if verdict.lasts:
                raise AwsGaveUp(f"AWS has given up; found: {verdict.found}")
            if time.monotonic() >= deadline:
                raise FailoverError(f"does not come to hold: {verdict.words}; found: {verdict.found or 'nothing'}")
            time.sleep(_EVERY)

    def _give_up(self, failed: Step, error: BaseException) -> FailoverError:
        why = error.message if isinstance(error, TailraceError) else "it was interrupted"
        # What was never begun, or was not allowed to be, has changed nothing.
        is_begun = self._journal.states().get(failed.name) == states.BEGUN and not isinstance(error, AwsDenied)
        self._fail(failed, why)
        where = str(self._journal.file)
        story = f"step {failed.name}: {why}"
        is_past = (failed.no_return and is_begun) or any(step.no_return for step in self._done)
        if is_past and not isinstance(error, AwsGaveUp):
            hint = "past the point of no return: repair what is wrong, and run the same command again to go on"
            return FailoverError(story, where=where, hint=hint)
        if left := self._undo([*self._done, failed]):
            hint = "take back by hand what is named, before anything else"
            return FailoverError(f"{story}; and not all could be taken back: {'; '.join(left)}", where=where, hint=hint)
        self._journal.end(states.ROLLED_BACK)
        hint = "all was taken back, nothing is lost: repair what is wrong and plan again"
        return FailoverError(story, where=where, hint=hint)

    def _undo(self, steps: list[Step]) -> list[str]:
        """The last first; what could not be taken back, in words."""
        left = []
        for step in reversed(steps):
            if not step.undo:
                continue
            began = time.monotonic()
            try:
                for action in step.undo:
                    self._hands.act(action, self._values, step.seconds)
            except TailraceError as error:
                left.append(f"{step.title} ({error.message})")
                continue
            self._journal.note(step.name, states.UNDONE)
            self._tell(Told(step, states.UNDONE, time.monotonic() - began))
        return left


def _told(verdict: Verdict) -> str:
    return f"{verdict.words}: {verdict.found}" if verdict.found else verdict.words
