"""All connectors of one process by name, and what may be asked of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from tailrace.config import Config, parse
from tailrace.engine import Engine
from tailrace.model.names import file_name
from tailrace.model.notification import Numbered
from tailrace.model.offset import Offset
from tailrace.model.progress import Progress
from tailrace.model.progress import State as Doing
from tailrace.model.signal import Signal
from tailrace.sinks import sink_fields
from tailrace.storage import Commit
from tailrace.storage.open import open_storage, stored_offset
from tailrace.worker import validation
from tailrace.worker.errors import AlreadyExists, Elsewhere, InvalidConfig, NotFound, NotRunning, NotStopped, NotYet
from tailrace.worker.runner import Runner
from tailrace.worker.settings import Settings
from tailrace.worker.state import Life, Phase, State, Target, connector_state, task_state
from tailrace.worker.store import Restart, Status, Store, Stored, Told
from tailrace.worker.topics import Topics

_ASK_SECONDS = 0.05
_STOP_SECONDS = 30.0
"""How long an engine may take to end: it delivers what it has read."""


class Worker:
    """Methods may be called from any thread. They raise the errors of `tailrace.worker.errors`, and StorageError."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        worker_id: str,
        *,
        cluster_id: str = "standalone",
        owns: Callable[[str], bool] = lambda _: True,
        ask_restart: Callable[[str, Restart], None] | None = None,
        ask_signal: Callable[[str, Signal], None] | None = None,
    ) -> None:
        """`cluster_id`: of the Kafka cluster. In a group: `owns` says whether a connector is this worker's to run, and
        `ask_restart` and `ask_signal` ask the one whose it is.
        """
        self._store = store
        self._owns = owns
        self._ask_restart = ask_restart
        self._ask_signal = ask_signal
        self._settings = settings
        self.id = worker_id
        """`host:port` of the REST interface, as Connect names its workers."""
        self.cluster_id = cluster_id
        self._runners: dict[str, Runner] = {}
        self._configs: dict[str, Mapping[str, str]] = {}
        """What each runner was last told to run."""
        self._leaving: dict[str, Runner] = {}
        """Deleted, and perhaps not at its end yet."""
        self._topics = Topics(store)
        self._mutex = threading.Lock()

    def start(self) -> None:
        """Take up every connector that is stored and this worker's, and let go of the others."""
        for stored in self._store.connectors():
            self.reconcile(stored.name)

    def close(self, timeout: float = _STOP_SECONDS) -> None:
        """End all engines, and wait for them: what they have read is delivered and stored."""
        with self._mutex:
            runners = tuple(self._runners.values())
            self._runners = {}
        for runner in runners:
            runner.forget()
        for runner in (*runners, *self._leaving.values()):
            runner.await_rest(timeout)
        self._store.close()

    # Asking

    def names(self) -> list[str]:
        """Of all connectors."""
        return [stored.name for stored in self._store.connectors()]

    def connector(self, name: str) -> Stored:
        """As it was configured, secrets included."""
        stored = self._store.connector(name)
        if stored is None:
            raise NotFound(f"Connector {name} not found")
        return stored

    def status(self, name: str) -> Status:
        """What is told of the connector and its task."""
        stored = self.connector(name)
        runner = self._runners.get(name)
        if runner is not None:
            return self._status(runner.life)
        return self._store.status(stored.name) or Status(Told(State.UNASSIGNED, self.id))

    def progress(self, name: str) -> Progress | None:
        """What the connector's engine does, or did last; None: it has none. It is asked to look at its source,
        for the next time. Raises Elsewhere.
        """
        engine = self._engine_here(name)
        if engine is None:
            return None
        engine.look_at_source()
        return engine.progress

    def notifications(self, name: str, since: int = 0) -> Sequence[Numbered]:
        """What the connector told in this run after the one numbered `since`, a hundred at most. Raises Elsewhere."""
        engine = self._engine_here(name)
        return engine.notifications_since(since) if engine is not None else ()

    def owner(self, name: str) -> str:
        """Id of the worker that runs the connector, this one's own where no other is known."""
        self.connector(name)
        if self._engine_of(name) is None and not self._owns(name) and (told := self._store.status(name)) is not None:
            return told.connector.worker_id
        return self.id

    def _engine_here(self, name: str) -> Engine | None:
        engine, owner = self._engine_of(name), self.owner(name)
        if owner != self.id:
            message = f"connector {name} runs on worker {owner}, which alone can tell that"
            raise Elsewhere(message, where=self.id, hint=f"ask {owner}")
        return engine

    def glance(self) -> Sequence[Progress]:
        """Of each connector that has an engine, by name."""
        return [engine.progress for engine in self._engines()]

    def observe(self) -> Sequence[Progress]:
        """As `glance`; and each is asked to look at its source, for the next time."""
        for engine in self._engines():
            engine.look_at_source()
        return self.glance()

    def _engines(self) -> list[Engine]:
        # A copy: other threads make and end runners meanwhile.
        return [runner.engine for _, runner in sorted(dict(self._runners).items()) if runner.engine is not None]

    def topics(self, name: str) -> Sequence[str]:
        """Topics that got records since the last reset."""
        self.connector(name)
        return self._topics.of(name, self._engine_of(name))

    def reset_topics(self, name: str) -> None:
        """Count anew which topics get records."""
        self.connector(name)
        self._topics.reset(name, self._engine_of(name))

    def problems(self, name: str, config: Mapping[str, str]) -> tuple[validation.Problem, ...]:
        """What is wrong with a configuration, or would be if it were to start now."""
        return self._problems(name, config, validation.problems_of_start)

    def _problems(
        self, name: str, config: Mapping[str, str], of: Callable[[Mapping[str, str]], tuple[validation.Problem, ...]]
    ) -> tuple[validation.Problem, ...]:
        properties = self.properties(name, config)
        if self._settings.group is not None and properties["storage.type"].lower() != "kafka":
            return (("storage.type", "must be kafka in a group: another worker cannot read this one's files"),)
        return of(properties)

    # Changing

    def create(self, name: str, config: Mapping[str, str], target: Target = Target.RUNNING) -> Stored:
        """Raises InvalidConfig and AlreadyExists."""
        self._check(name, config)
        with self._mutex:
            if self._store.connector(name) is not None:
                raise AlreadyExists(f"Connector {name} already exists")
            stored = Stored(name, {**config, "name": name}, target)
            self._store.put(stored)
        self.reconcile(name)
        return stored

    def configure(self, name: str, config: Mapping[str, str]) -> tuple[Stored, bool]:
        """Create or change; True: created. Raises InvalidConfig, and then all is as it was."""
        self._check(name, config)
        with self._mutex:
            old = self._store.connector(name)
            stored = Stored(name, {**config, "name": name}, old.target if old else Target.RUNNING)
            self._store.put(stored)
        self.reconcile(name)
        return stored, old is None

    def delete(self, name: str) -> None:
        """End the engine and forget the configuration; its offset stays, and a connector of that name goes on there."""
        with self._mutex:
            self.connector(name)
            self._store.delete(name)
        self.reconcile(name)
        self._await_rest(self._leaving.get(name))

    def want(self, name: str, target: Target) -> None:
        """Pause, resume or stop. A stop waits for the engine to end."""
        with self._mutex:
            self._store.put(replace(self.connector(name), target=target))
        self.reconcile(name)
        if target is Target.STOPPED:
            self._await_rest(self._runners.get(name))
            self._await_told(name, State.STOPPED)

    def restart(self, name: str, *, connector: bool, task: bool, only_failed: bool) -> Status:
        """Restart what is named, or what of it has failed; the status that this leads to."""
        self.connector(name)
        runner = self._runners.get(name)
        if runner is None:
            return self._restart_elsewhere(name, Restart(connector, task, only_failed))
        before = runner.life
        runner.restart(connector=connector, task=task, only_failed=only_failed)
        return _restarting(self._status(before), before, connector=connector, task=task, only_failed=only_failed)

    def _restart_elsewhere(self, name: str, restart: Restart) -> Status:
        told = self._store.status(name)
        if told is None or self._ask_restart is None:
            raise NotFound(f"Status for connector {name} not found")
        self._ask_restart(name, restart)
        return replace(told, connector=replace(told.connector, state=State.RESTARTING))

    def restart_if_here(self, name: str, restart: Restart) -> None:
        """Another worker of the group was asked to restart the connector."""
        runner = self._runners.get(name)
        if runner is not None:
            runner.restart(connector=restart.connector, task=restart.task, only_failed=restart.only_failed)

    def heard(self, name: str) -> None:
        """Something of the connector was written by a worker of the group."""
        self.reconcile(name)
        runner, told = self._runners.get(name), self._store.status(name)
        # One that has lost the connector, and did not know yet.
        if runner is not None and told is not None and told.connector.worker_id != self.id:
            self._store.put_status(name, self._status(runner.life))

    def signal(self, name: str, signal: Signal) -> str:
        """Hand a signal to the connector; the id of the worker that takes it. Raises NotRunning."""
        told = self.status(name)
        if told.task is None or told.task.state is not State.RUNNING:
            state = told.connector.state if told.task is None else told.task.state
            raise NotRunning(f"connector {name} is {state.value}: it takes signals while it runs")
        if self.signal_if_here(name, signal):
            return self.id
        if self._ask_signal is None or self._owns(name):
            message = f"connector {name} has not begun to run yet: it takes signals while it runs"
            raise NotRunning(message, hint="try again in a moment")
        self._ask_signal(name, signal)
        return told.task.worker_id

    def signal_if_here(self, name: str, signal: Signal) -> bool:
        """Hand a signal to the connector, if its engine runs on this worker; whether it does."""
        engine = self._engine_of(name)
        if engine is None or engine.progress.state in (Doing.STOPPED, Doing.FAILED):
            return False
        engine.signal(signal)
        return True

    # Offsets

    def offset(self, name: str) -> tuple[str, Offset | None]:
        """(`topic.prefix`, where a restart would go on)"""
        config = self._config(self.connector(name))
        return config.events.topics.prefix, stored_offset(config)

    def alter_offset(self, name: str, offset: Offset | None) -> None:
        """Go on from `offset`; None: as if for the first time. Raises NotStopped."""
        # Another worker of the group may just have stopped it.
        self._store.refresh()
        config = self._config(self.connector(name))
        if self.connector(name).target is not Target.STOPPED:
            raise NotStopped(
                "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the"
                f" specified connector by issuing a 'PUT' request to the '/connectors/{name}/stop' endpoint"
            )
        self._await_rest(self._runners.get(name))
        with closing(open_storage(config)) as storage:
            if offset is None:
                storage.forget_offset()
            else:
                storage.commit(Commit(offset=offset))
        if (engine := self._engine_of(name)) is not None:
            engine.offset_moved(offset)

    # Inside

    def reconcile(self, name: str) -> None:
        """Make what runs here agree with what is stored."""
        with self._mutex:
            stored = self._store.connector(name) if self._owns(name) else None
            runner = self._runners.get(name)
            if stored is None:
                if runner is not None:
                    self._leaving[name] = self._runners.pop(name)
                    runner.forget()
                return
            changed = stored.config != self._configs.get(name)
            self._configs[name] = stored.config
            if runner is None:
                self._runners[name] = self._runner(stored)
                return
            runner.want(stored.target)
            if changed:
                runner.reconfigure()

    def _runner(self, stored: Stored) -> Runner:
        name, before = stored.name, self._leaving.pop(stored.name, None)

        def make() -> Engine:
            # Of the same name: it has the storage until it ends.
            self._await_rest(before)
            return Engine(self._config(self.connector(name)))

        def told(life: Life) -> None:
            if not self._owns(name):
                return
            self._store.put_status(name, self._status(life))
            if life.phase is not Phase.RUNNING:
                self._topics.of(name, self._engine_of(name))

        return Runner(name, stored.target, make, told, takes_back=self._settings.group is not None)

    def _engine_of(self, name: str) -> Engine | None:
        runner = self._runners.get(name)
        return runner.engine if runner is not None else None

    def _status(self, life: Life) -> Status:
        trace = life.failure.trace if life.failure is not None else ""
        connector, task = connector_state(life), task_state(life)
        return Status(
            Told(connector, self.id, trace if connector is State.FAILED else ""),
            Told(task, self.id, trace) if task is not None else None,
        )

    def properties(self, name: str, config: Mapping[str, str]) -> dict[str, str]:
        """A connector's own, over those that every connector of this worker has."""
        if self._settings.group is not None:
            # Whichever worker has the connector finds its offset.
            return {"storage.type": "kafka", **self._settings.defaults, **config, "name": name}
        storage = self._settings.folder / f"{file_name(name)}.tailrace.db"
        return {"storage.path": str(storage), **self._settings.defaults, **config, "name": name}

    def _config(self, stored: Stored) -> Config:
        return parse(self.properties(stored.name, stored.config), sink_fields)

    def _check(self, name: str, config: Mapping[str, str]) -> None:
        if problems := self._problems(name, config, validation.problems):
            raise InvalidConfig(problems)

    def _await_told(self, name: str, state: State) -> None:
        """Where the connector may be another worker's."""
        deadline = time.monotonic() + _STOP_SECONDS
        while (
            not self._owns(name)
            and (told := self._store.status(name))
            and (told.connector.state is not state or told.task is not None)
        ):
            if time.monotonic() > deadline:
                message = f"the connector is not {state.value} within {_STOP_SECONDS:g} s"
                raise NotYet(message, hint="ask for the status, and try again")
            time.sleep(_ASK_SECONDS)

    def _await_rest(self, runner: Runner | None) -> None:
        if runner is not None and not runner.await_rest(_STOP_SECONDS):
            message = f"the engine has not ended within {_STOP_SECONDS:g} s; it goes on ending"
            raise NotYet(message, hint="ask for the status, and try again")


def _restarting(status: Status, life: Life, *, connector: bool, task: bool, only_failed: bool) -> Status:
    """What a restart is about to do, as Connect answers it (`AbstractHerder.buildRestartPlan`)."""
    failed = life.phase is Phase.FAILED
    told, of_task = status.connector, status.task
    if connector and (not only_failed or told.state is State.FAILED):
        told = replace(told, state=State.RESTARTING)
    if of_task is not None and task and (not only_failed or failed):
        of_task = replace(of_task, state=State.RESTARTING)
    return Status(told, of_task)
