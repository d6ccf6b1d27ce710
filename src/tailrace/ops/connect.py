"""A client of the Kafka Connect REST interface, and of what our own worker has beside it (`/tailrace/…`).

Paths, codes and shapes: Kafka's `ConnectorsResource`, `ConnectorPluginsResource`, `RootResource`, `ErrorMessage`.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from tailrace.errors import ConfigError, TailraceError, WorkerError, WorkerUnreachable
from tailrace.ops.http import Access, Answer, Ask, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

READ_SECONDS = 20.0
WRITE_SECONDS = 100.0
"""A worker gives up on a request after 90 s (`RestRequestTimeout`); its words are better than ours."""
RETRY_SECONDS = 0.5
LOOK_SECONDS = 0.25
FAILED_SECONDS = 10.0
"""A failure that lasts so long is not one from before what was asked, which the worker has not come to yet."""
REASON_WIDTH = 500
_OBJECT = re.compile(r"([A-Z]\w+|=)\{[^{}]*\}")
"""An object as Java prints it, with none inside."""

Config = dict[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """One task, as the worker that runs it says."""

    id: int
    state: str
    worker: str
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A connector and its tasks: UNASSIGNED, RUNNING, PAUSED, FAILED, RESTARTING; connectors also STOPPED."""

    name: str
    state: str
    worker: str
    trace: str
    tasks: tuple[Task, ...]

    @property
    def is_running(self) -> bool:
        """The connector and every task run, and there is a task."""
        return self.state == "RUNNING" and bool(self.tasks) and all(task.state == "RUNNING" for task in self.tasks)

    @property
    def is_failed(self) -> bool:
        """The connector or a task has failed."""
        return "FAILED" in {self.state, *(task.state for task in self.tasks)}

    @property
    def is_paused(self) -> bool:
        """The connector and every task are paused."""
        return {self.state, *(task.state for task in self.tasks)} == {"PAUSED"}

    @property
    def is_stopped(self) -> bool:
        """Stopped, and no task is left."""
        return self.state == "STOPPED" and not self.tasks

    @property
    def traces(self) -> tuple[tuple[str, str], ...]:
        """(`connector` or `task N`, stack trace) of what failed."""
        found = [("connector", self.trace), *((f"task {task.id}", task.trace) for task in self.tasks)]
        return tuple((who, trace) for who, trace in found if trace)

    @property
    def summary(self) -> str:
        """As `words`, with the reason where there is one."""
        return f"{words(self)}: {reason(self)}" if self.is_failed else words(self)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Status:
        """From the worker's answer."""
        head = given["connector"]
        tasks = tuple(
            Task(int(task["id"]), task["state"], task.get("worker_id", ""), task.get("trace") or "")
            for task in sorted(given["tasks"], key=lambda task: int(task["id"]))
        )
        return cls(given["name"], head["state"], head.get("worker_id", ""), head.get("trace") or "", tasks)


class Connect:
    """The worker at a URL. Every call raises WorkerUnreachable where it does not answer, WorkerError where it refuses
    and ConfigError where it finds a configuration wrong. A worker that is rebalancing is asked again for `patience` s.
    """

    def __init__(self, access: Access, *, patience: float = 30.0, ask: Ask = ask) -> None:
        """`ask`: how a request gets there, where it is not by HTTP."""
        self.access = access
        self._patience = patience
        self._send = ask

    def version(self) -> str:
        """Of the worker."""
        return str(self._ask("GET", "/")["version"])

    def is_tailrace(self) -> bool:
        """Whether it is one of ours, with all that is under `/tailrace`."""
        return self._send(self.access, "GET", "/tailrace/health", seconds=READ_SECONDS).status == HTTPStatus.OK

    def names(self) -> list[str]:
        """Of all connectors, sorted."""
        return sorted(self._ask("GET", "/connectors"))

    def overview(self) -> dict[str, dict[str, Any]]:
        """Name → {"info": …, "status": …} of all connectors."""
        found: dict[str, dict[str, Any]] = self._ask("GET", "/connectors?expand=info&expand=status")
        return dict(sorted(found.items()))

    def info(self, name: str) -> dict[str, Any]:
        """{name, config, tasks, type}."""
        return dict(self._ask("GET", _path(name)))

    def status(self, name: str) -> Status:
        """Of the connector and its tasks."""
        return Status.read(self._ask("GET", _path(name, "status")))

    def config(self, name: str) -> Config:
        """All properties."""
        return dict(self._ask("GET", _path(name, "config")))

    def create(self, name: str, config: Config) -> None:
        """Makes a connector; WorkerError (409) where one of that name is there."""
        self._ask("POST", "/connectors", {"name": name, "config": config})

    def replace(self, name: str, config: Config) -> bool:
        """Makes it or gives it this configuration; whether it is new."""
        return self._exchange("PUT", _path(name, "config"), config).status == HTTPStatus.CREATED

    def patch(self, name: str, changes: Mapping[str, str | None]) -> None:
        """Changes properties; None removes one. A worker that cannot patch (before 3.8) is given the whole."""
        try:
            self._ask("PATCH", _path(name, "config"), dict(changes))
        except WorkerError as error:
            if error.status != HTTPStatus.METHOD_NOT_ALLOWED:
                raise
            whole = {**self.config(name), **changes}
            self.replace(name, {key: value for key, value in whole.items() if value is not None})

    def validate(self, config: Config) -> dict[str, list[str]]:
        """Property → what is wrong with it; empty where nothing is."""
        plugin = quote(config["connector.class"], safe="")
        found = self._ask("PUT", f"/connector-plugins/{plugin}/config/validate", config)
        # A property that is only defined has no value.
        values = [each["value"] for each in found["configs"] if each["value"]]
        return {value["name"]: value["errors"] for value in values if value["errors"]}

    def pause(self, name: str) -> None:
        """Its tasks keep what they hold, and read nothing."""
        self._ask("PUT", _path(name, "pause"))

    def resume(self, name: str) -> None:
        """Ends `pause` and `stop`."""
        self._ask("PUT", _path(name, "resume"))

    def stop(self, name: str) -> None:
        """Its tasks end; configuration and offsets stay."""
        self._ask("PUT", _path(name, "stop"))

    def restart(self, name: str, *, tasks: bool, failed_only: bool) -> None:
        """The connector, and its tasks too; or what failed among them."""
        flags = f"includeTasks={str(tasks).lower()}&onlyFailed={str(failed_only).lower()}"
        self._ask("POST", f"{_path(name, 'restart')}?{flags}")

    def restart_task(self, name: str, task: int) -> None:
        """One task."""
        self._ask("POST", _path(name, "tasks", str(task), "restart"))

    def delete(self, name: str) -> None:
        """The connector and its configuration go; what it wrote, and its offsets in Kafka, stay."""
        self._ask("DELETE", _path(name))

    def topics(self, name: str) -> list[str]:
        """Those it has written to, sorted; none where the worker keeps no account of them."""
        try:
            return sorted(self._ask("GET", _path(name, "topics"))[name]["topics"])
        except WorkerError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return []

    def offsets(self, name: str) -> list[dict[str, Any]]:
        """[{partition, offset}], as stored."""
        return list(self._ask("GET", _path(name, "offsets"))["offsets"])

    def set_offsets(self, name: str, offsets: Sequence[Mapping[str, Any]]) -> str:
        """Where to resume, of a stopped connector; the worker's word on it."""
        return str(self._ask("PATCH", _path(name, "offsets"), {"offsets": list(offsets)})["message"])

    def reset_offsets(self, name: str) -> str:
        """A stopped connector forgets where it was; the worker's word on it."""
        return str(self._ask("DELETE", _path(name, "offsets"))["message"])

    def signal(self, name: str, signal: Mapping[str, Any]) -> str:
        """{id, type, data} to a connector of our own worker; the worker of the group that takes it."""
        return str(self._ask("POST", _ours(name, "signals"), dict(signal))["worker_id"])

    def notifications(self, name: str, since: int = 0) -> tuple[list[dict[str, Any]], int]:
        """What a connector of our own worker told after `since`, oldest first; and what to ask with next."""
        found = self._ask("GET", f"{_ours(name, 'notifications')}?since={since}")
        return found["notifications"], found["next"]

    def progress(self, name: str) -> dict[str, Any]:
        """What a connector of our own worker does now."""
        return dict(self._ask("GET", _ours(name, "progress")))

    def has_begun(self, name: str) -> bool:
        """Whether the task of a connector of our own worker has behind it what a start can fail at. True where that
        cannot be asked: another worker of the group has it.
        """
        try:
            found = self.progress(name)
        except WorkerError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            if not error.status:
                raise
            return True
        # While the snapshot is being opened there are no definitions yet.
        opened = found["state"] != "snapshot" or found["history"]["phase"] == "RUNNING"
        return opened and found["state"] not in {"starting", "failed"}

    def send(self, method: str, path: str, body: str = "") -> None:
        """A request that others have put together; `body` is JSON. A configuration is patched as `patch` does it."""
        name, _, rest = path.removeprefix("/connectors/").partition("/")
        if (method, rest) == ("PATCH", "config"):
            self.patch(unquote(name), json.loads(body))
        else:
            self._exchange(method, path, json.loads(body) if body else None)

    def await_status(
        self, name: str, wanted: Callable[[Status | None], bool], *, seconds: float, steady: float = 0.0
    ) -> Status | None:
        """The status (None: there is no such connector) once `wanted` holds for `steady` seconds.

        Raises WorkerError where it has failed instead, or not come to it in `seconds`.
        """
        began = held = time.monotonic()
        was_well = False
        while True:
            status = self._status_or_none(name)
            now = time.monotonic()
            if not wanted(status):
                held = now
            elif now - held >= steady:
                return status
            was_well = was_well or not (status and status.is_failed)
            if status and status.is_failed and (was_well or now - began >= FAILED_SECONDS):
                raise WorkerError(
                    f"{name} has failed: {reason(status)}",
                    where=self.access.url,
                    hint=f"tailrace connector show {name}",
                )
            if now - began >= seconds:
                raise WorkerError(
                    f"{name} is {words(status)} after {seconds:g} s",
                    where=self.access.url,
                    hint=f"it may still come: tailrace connector status {name}",
                )
            time.sleep(LOOK_SECONDS)

    def _status_or_none(self, name: str) -> Status | None:
        try:
            return self.status(name)
        except WorkerError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self._exchange(method, path, body)
        try:
            return answer.json()
        except ValueError:
            raise WorkerUnreachable(
                "what listens there is no worker: its answer is not JSON",
                where=self.access.url,
                hint="check the URL: it is the REST interface that is wanted",
            ) from None

    def _exchange(self, method: str, path: str, body: object = None) -> Answer:
        deadline = time.monotonic() + self._patience
        while True:
            seconds = READ_SECONDS if method == "GET" else WRITE_SECONDS
            answer = self._send(self.access, method, path, body, seconds=seconds)
            if answer.status < HTTPStatus.BAD_REQUEST:
                return answer
            error = _refusal(answer, self.access.url)
            is_rebalance = answer.status == HTTPStatus.CONFLICT and not _lasts(error.message)
            if not is_rebalance or time.monotonic() >= deadline:
                raise error
            time.sleep(RETRY_SECONDS)


def words(status: Status | None) -> str:
    """`RUNNING, task 0 FAILED`: the state of a connector in a line."""
    if status is None:
        return "not there"
    return ", ".join([status.state, *(f"task {task.id} {task.state}" for task in status.tasks)])


def reason(status: Status) -> str:
    """The innermost cause of the first trace: what a person looks for in it."""
    if not status.traces:
        return "no reason is given"
    lines = status.traces[0][1].strip().splitlines()
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return _without_objects(causes[-1] if causes else lines[0])[:REASON_WIDTH]


def _without_objects(line: str) -> str:
    """Debezium's `BinlogOffsetContext{…}` is a thousand characters, and the words that count come after it."""
    count = 1
    while count:
        line, count = _OBJECT.subn(r"\1…", line)
    return line


def _path(name: str, *parts: str) -> str:
    return "/".join(("/connectors", quote(name, safe=""), *parts))


def _ours(name: str, *parts: str) -> str:
    return "/tailrace" + _path(name, *parts)


def _refusal(answer: Answer, where: str) -> TailraceError:
    try:
        message = str(answer.json()["message"])
    except (ValueError, TypeError, KeyError):
        message = f"HTTP {answer.status}: {answer.body.decode(errors='replace').strip()[:REASON_WIDTH]}"
    if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return ConfigError(message, where=where)
    hint = _HINTS.get(answer.status)
    if _exists(message):
        hint = "connector create --replace changes one that is there"
    elif _lasts(message):
        hint = "tailrace connector resume NAME --wait"
    error = WorkerError(message, where=where, hint=hint)
    error.status = answer.status
    return error


def _exists(message: str) -> bool:
    """Whether it is this conflict, and not a rebalance: Connect answers 409 to both."""
    return "already exists" in message


def _lasts(message: str) -> bool:
    """Whether a conflict is one that waiting does not mend."""
    return _exists(message) or ("takes signals while it runs" in message and "yet" not in message)


_HINTS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "give user:password or a token: --credentials FILE or TAILRACE_CREDENTIALS",
    HTTPStatus.FORBIDDEN: "these credentials may not do that, or the worker has it switched off",
    HTTPStatus.NOT_FOUND: "tailrace connector list shows what there is",
    HTTPStatus.CONFLICT: "the worker is rebalancing; try again in a moment",
    HTTPStatus.MISDIRECTED_REQUEST: "give that worker as --url",
    HTTPStatus.INTERNAL_SERVER_ERROR: "the worker's log has more",
}
