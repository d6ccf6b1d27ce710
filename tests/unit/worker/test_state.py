"""The state machine of a connector, by any sequence of events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tailrace.worker import state
from tailrace.worker.state import Action, Failure, Life, Phase, State, Step, Target

FAILURES = st.sampled_from(
    [Failure("gone", retriable=True), Failure("denied"), Failure("no such property", at_start=True)]
)


class Connector(RuleBasedStateMachine):
    """Events in any order; `engines` is what the actions have made of the world."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life(Target.RUNNING, Phase.DONE)
        self.engines = 0
        self.asked = False
        self._do(state.reconfigure(self.life))

    def _do(self, step: Step) -> None:
        self.life = step.life
        if step.action is Action.START:
            self.engines += 1
            self.asked = False
        if step.action is Action.STOP:
            assert self.engines == 1
            assert not self.asked, "an engine is asked to end once"
            self.asked = True

    @rule(target_state=st.sampled_from(Target))
    def want(self, target_state: Target) -> None:
        self._do(state.want(self.life, target_state))

    @rule()
    def reconfigure(self) -> None:
        self._do(state.reconfigure(self.life))

    @rule(connector=st.booleans(), task=st.booleans(), only_failed=st.booleans())
    def restart(self, *, connector: bool, task: bool, only_failed: bool) -> None:
        self._do(state.restart(self.life, connector=connector, task=task, only_failed=only_failed))

    @precondition(lambda self: self.engines)
    @rule(failure=st.none() | FAILURES, progressed=st.booleans())
    def end(self, failure: Failure | None, *, progressed: bool) -> None:
        self.engines -= 1
        self._do(state.ended(self.life, failure, progressed=progressed))

    @rule()
    def due(self) -> None:
        self._do(state.due(self.life))

    @rule()
    def forget(self) -> None:
        self._do(state.forget(self.life))

    @invariant()
    def one_engine_at_most(self) -> None:
        assert self.engines in (0, 1)

    @invariant()
    def phase_is_what_is(self) -> None:
        assert (self.life.phase in (Phase.RUNNING, Phase.STOPPING)) == (self.engines == 1)
        assert (self.life.phase is Phase.STOPPING) == (self.engines == 1 and self.asked)

    @invariant()
    def nothing_runs_unwanted(self) -> None:
        if self.life.phase is Phase.RUNNING:
            assert self.life.target is Target.RUNNING
            assert not self.life.forgotten

    @invariant()
    def nothing_wanted_rests_without_a_reason(self) -> None:
        if self.life.target is Target.RUNNING and not self.life.forgotten:
            assert self.life.phase is not Phase.IDLE

    @invariant()
    def what_failed_says_why(self) -> None:
        assert (self.life.failure is not None) == (self.life.phase in (Phase.WAITING, Phase.FAILED))

    @invariant()
    def what_is_told_agrees(self) -> None:
        connector, task = state.connector_state(self.life), state.task_state(self.life)
        if self.life.target is Target.STOPPED:
            assert connector is State.STOPPED
            assert task in (None, State.UNASSIGNED)
        if task is State.RUNNING:
            assert connector is State.RUNNING
        if connector is State.FAILED:
            assert task is None


TestConnector = Connector.TestCase


@given(st.integers(0, 200))
def test_pauses_grow_and_are_bounded(failures: int) -> None:
    assert state.pause_after(failures) <= state.pause_after(failures + 1) <= 15


def test_a_failed_task_stays_failed_through_pause_and_resume() -> None:
    life = state.ended(Life(Target.RUNNING, Phase.RUNNING), Failure("denied"), progressed=True).life
    for target in (Target.PAUSED, Target.RUNNING):
        life = state.want(life, target).life
        assert state.task_state(life) is State.FAILED


def test_a_stop_forgets_a_failure() -> None:
    life = state.ended(Life(Target.RUNNING, Phase.RUNNING), Failure("denied"), progressed=True).life
    life = state.want(life, Target.STOPPED).life
    assert state.task_state(life) is None
    assert state.want(life, Target.RUNNING).action is Action.START


def test_a_restart_of_the_connector_alone_leaves_its_failed_task() -> None:
    life = state.ended(Life(Target.RUNNING, Phase.RUNNING), Failure("denied"), progressed=True).life
    assert state.restart(life, connector=True, task=False, only_failed=False) == Step(life)
    assert state.restart(life, connector=True, task=True, only_failed=True).action is Action.START


def test_a_restart_of_what_failed_leaves_what_runs() -> None:
    life = Life(Target.RUNNING, Phase.RUNNING)
    assert state.restart(life, connector=True, task=True, only_failed=True) == Step(life)


def test_failures_in_a_row_are_counted_until_something_is_done() -> None:
    life = Life(Target.RUNNING, Phase.RUNNING)
    for expected in (1, 2, 3):
        life = state.ended(life, Failure("gone", retriable=True), progressed=False).life
        assert life.failures == expected
        life = state.due(life).life
    life = state.ended(life, Failure("gone", retriable=True), progressed=True).life
    assert life.failures == 1


def test_a_snapshot_that_is_all_that_was_asked_for_is_not_taken_again() -> None:
    step = state.ended(Life(Target.RUNNING, Phase.RUNNING), None, progressed=True)
    assert step.action is Action.NOTHING
    assert state.task_state(step.life) is State.RUNNING
