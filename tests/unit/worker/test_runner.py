"""A runner with engines that do as they are told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tailrace.errors import AccessDenied, ConfigError, ConnectionLost
from tailrace.model.progress import Progress
from tailrace.worker import state
from tailrace.worker.runner import Runner
from tailrace.worker.state import Life, Phase, State, Target, task_state

if TYPE_CHECKING:
    from collections.abc import Callable


class Panic(BaseException):
    """As the kernel's are."""


@dataclass
class Engine:
    end: BaseException | None = None
    progress: Progress = field(default_factory=Progress)
    config: Any = field(default=None)

    def __post_init__(self) -> None:
        self.stopped = threading.Event()

    def run(self) -> None:
        if self.end is not None:
            raise self.end
        assert self.stopped.wait(20)

    def stop(self) -> None:
        self.stopped.set()


@dataclass
class Limits:
    max_retries: int | None


@dataclass
class Config:
    engine: Limits


def runner(*engines: Engine | BaseException, target: Target = Target.RUNNING, retries: int | None = None) -> Runner:
    left = list(engines)

    def make() -> Any:
        engine = left.pop(0) if left else Engine()
        if isinstance(engine, BaseException):
            raise engine
        engine.config = Config(Limits(retries))
        return engine

    return Runner("test", target, make, lambda _: None)


def await_life(made: Runner, wanted: Callable[[Life], bool]) -> Life:
    with made._changed:
        assert made._changed.wait_for(lambda: wanted(made.life), 20), made.life
    return made.life


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "pause_after", lambda _: 0.0)


def test_a_lost_connection_is_tried_again_until_it_holds() -> None:
    made = runner(*[Engine(ConnectionLost("gone")) for _ in range(5)])
    await_life(made, lambda life: life.failures == 5 and life.phase is Phase.RUNNING)
    made.forget()
    assert made.await_rest(20)


def test_no_more_often_than_asked_for() -> None:
    made = runner(*[Engine(ConnectionLost("gone")) for _ in range(9)], retries=2)
    life = await_life(made, lambda life: life.phase is Phase.FAILED)
    assert life.failures == 3
    assert life.failure is not None
    assert life.failure.trace == "gone"


@pytest.mark.parametrize("error", [AccessDenied("denied"), ValueError("a bug"), Panic("of the kernel")])
def test_what_waiting_cannot_mend_fails_the_task_and_only_a_restart_tries_again(error: BaseException) -> None:
    made = runner(Engine(error))
    life = await_life(made, lambda life: life.phase is Phase.FAILED)
    assert task_state(life) is State.FAILED
    assert str(error) in (life.failure.trace if life.failure else "")
    made.restart(connector=True, task=True, only_failed=True)
    await_life(made, lambda life: life.phase is Phase.RUNNING)
    made.forget()
    assert made.await_rest(20)


def test_a_configuration_of_which_no_engine_can_be_made_fails_the_connector() -> None:
    made = runner(ConfigError("no such variable"))
    life = await_life(made, lambda life: life.phase is Phase.FAILED)
    assert (state.connector_state(life), task_state(life)) == (State.FAILED, None)


def test_a_stop_before_the_engine_is_made_is_not_lost() -> None:
    making, go = threading.Event(), threading.Event()

    def make() -> Any:
        making.set()
        assert go.wait(20)
        return Engine(ValueError("it ran"))

    made = Runner("test", Target.RUNNING, make, lambda _: None)
    assert making.wait(20)
    made.want(Target.STOPPED)
    go.set()
    assert made.await_rest(20)
    assert made.life == Life(Target.STOPPED)


def test_many_commands_from_many_threads_leave_one_engine_at_most() -> None:
    running, most, mutex = 0, 0, threading.Lock()

    class Counted(Engine):
        def run(self) -> None:
            nonlocal running, most
            with mutex:
                running += 1
                most = max(most, running)
            super().run()
            with mutex:
                running -= 1

    made = Runner("test", Target.RUNNING, lambda: Counted(config=Config(Limits(None))), lambda _: None)  # type: ignore[arg-type,return-value]
    commands = [
        lambda: made.want(Target.PAUSED),
        lambda: made.want(Target.RUNNING),
        lambda: made.want(Target.STOPPED),
        made.reconfigure,
        lambda: made.restart(connector=True, task=True, only_failed=False),
    ]
    threads = [threading.Thread(target=lambda: [command() for command in commands * 50]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.forget()
    assert made.await_rest(20)
    assert (running, most) == (0, 1)
