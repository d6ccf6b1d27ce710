"""One connector in a thread of its own: what `state` decides is done here."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable

from tailrace.engine import Engine
from tailrace.errors import Fenced, TailraceError
from tailrace.worker import state
from tailrace.worker.state import Action, Failure, Life, Phase, Step, Target

log = logging.getLogger(__name__)

Make = Callable[[], Engine]
"""An engine of the configuration as it is now; raises TailraceError where none can be made of it."""

_BUSY = (Phase.RUNNING, Phase.STOPPING)


class Runner:
    """Methods may be called from any thread; none of them waits but `await_rest`."""

    def __init__(
        self, name: str, target: Target, make: Make, told: Callable[[Life], None], *, takes_back: bool = False
    ) -> None:
        """`told` hears of every change, one at a time and in order, and must not call back. `takes_back`: begin again
        where another process has fenced this one: it was asked to let go, and has not done so yet.
        """
        self._takes_back = takes_back
        self._name = name
        self._make = make
        self._told = told
        self._life = Life(target, Phase.DONE)
        self._engine: Engine | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name=f"{name}/engine", daemon=True)
        self.reconfigure()
        self._thread.start()

    @property
    def life(self) -> Life:
        """Where it is."""
        return self._life

    @property
    def engine(self) -> Engine | None:
        """The one that runs, or ran last."""
        return self._engine

    def want(self, target: Target) -> None:
        """Run, rest, or stop."""
        self._step(lambda life: state.want(life, target))

    def reconfigure(self) -> None:
        """What `make` makes is another engine now."""
        self._step(state.reconfigure)

    def restart(self, *, connector: bool, task: bool, only_failed: bool) -> None:
        """Restart the connector, its task, or both."""
        self._step(lambda life: state.restart(life, connector=connector, task=task, only_failed=only_failed))

    def forget(self) -> None:
        """End, and tell no more."""
        self._step(state.forget)

    def await_rest(self, timeout: float) -> bool:
        """Wait until no engine runs; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._life.phase not in _BUSY, timeout)

    def _step(self, decide: Callable[[Life], Step]) -> None:
        with self._changed:
            step = decide(self._life)
            if step.life != self._life:
                self._life = step.life
                if not step.life.forgotten:
                    self._told(step.life)
            if step.action is Action.STOP and self._engine is not None:
                self._engine.stop()
            self._changed.notify_all()

    def _work(self) -> None:
        while self._await_work():
            failure = self._run()
            progressed = _progressed(self._engine)
            self._step(lambda life, f=failure, p=progressed: state.ended(life, f, progressed=p))  # type: ignore[misc]

    def _await_work(self) -> bool:
        """Until there is an engine to run; False: never again."""
        with self._changed:
            while not self._life.over:
                if self._life.phase in _BUSY:
                    return True
                if self._life.phase is not Phase.WAITING:
                    self._changed.wait()
                elif self._pause(state.pause_after(self._life.failures)):
                    self._step(state.due)
        return False

    def _pause(self, seconds: float) -> bool:
        """Whether the pause was undisturbed."""
        end = time.monotonic() + seconds
        return not self._changed.wait_for(lambda: self._life.phase is not Phase.WAITING, end - time.monotonic())

    def _run(self) -> Failure | None:
        try:
            engine = self._make()
        except BaseException as error:  # noqa: BLE001 - told as this connector's failure
            return _failure(self._name, error, retriable=False, at_start=True)
        with self._changed:
            self._engine = engine
            if self._life.phase is Phase.STOPPING:
                return None
        try:
            engine.run()
        except BaseException as error:  # noqa: BLE001 - the same; a panic of the kernel is not an Exception
            return _failure(self._name, error, retriable=self._may_try_again(error, engine))
        return None

    def _may_try_again(self, error: BaseException, engine: Engine) -> bool:
        limit = engine.config.engine.max_retries
        failures = 0 if _progressed(engine) else self._life.failures
        retriable = isinstance(error, TailraceError) and error.retriable
        retriable = retriable or (self._takes_back and isinstance(error, Fenced))
        return retriable and (limit is None or failures < limit)


def _progressed(engine: Engine | None) -> bool:
    if engine is None:
        return False
    progress = engine.progress
    return progress.events > 0 or progress.stored is not None


def _failure(name: str, error: BaseException, *, retriable: bool, at_start: bool = False) -> Failure:
    if isinstance(error, TailraceError):
        log.error("connector %s failed: %s", name, error)
        return Failure(str(error), retriable, at_start)
    log.error("connector %s failed by an error of Tailrace's own", name, exc_info=error)
    return Failure("".join(traceback.format_exception(error)), retriable, at_start)
