"""What the browser may ask for under /console/api, and what that costs: each answer is remembered for a moment.

Facts of a connector are those of the worker that runs it: in a group another one is asked with the caller's own name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from tailrace import __version__
from tailrace.errors import TailraceError
from tailrace.ops.alerts.threshold import read_thresholds
from tailrace.rest.about import fields
from tailrace.rest.answers import Answer, Question, RestError
from tailrace.rest.app import Page, Served
from tailrace.rest.operations import OPERATIONS, Operation
from tailrace.rest.secrets import masked
from tailrace.ui import look
from tailrace.ui.fleet import place, row, worst_first
from tailrace.ui.history import History
from tailrace.ui.inside import forward
from tailrace.ui.judge import JUDGED, judge
from tailrace.ui.map import draw
from tailrace.ui.pages import page
from tailrace.ui.recent import Recent
from tailrace.ui.site import CHECKOUT, site_page
from tailrace.worker.errors import NotFound
from tailrace.worker.settings import Settings
from tailrace.worker.worker import Worker

API = "/console/api"
_OF_ONE = f"{API}/connectors/{{connector}}"

Asked = Callable[[Worker, Question], Answer]


class Console:
    """Of one worker; `start` it when that runs, and `close` it before that ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._history = History()
        self._recent = Recent()
        self._views = look.Views()
        self._thresholds = read_thresholds()

    @property
    def served(self) -> Served:
        """The worker's interface, and the console's pages and resources beside it."""
        own = (
            _get(f"{API}/session", self._session),
            _get(f"{API}/fleet", self._fleet),
            _get(_OF_ONE, self._of_owner(self._connector)),
            _get(f"{_OF_ONE}/history", self._of_owner(self._past)),
            _get(f"{_OF_ONE}/lag", self._of_owner(self._lag)),
            _get(f"{_OF_ONE}/snapshot", self._of_owner(self._snapshot)),
            _get(f"{_OF_ONE}/events", self._of_owner(self._events), shows_rows=True),
            _get(f"{_OF_ONE}/doctor", self._of_owner(self._doctor)),
            _get(f"{API}/topology", self._topology),
            _get(f"{API}/alerts", self._alerts),
            Operation("POST", f"{API}/failover/plan", self._plan, "A plan; nothing is done"),
        )
        return Served((*OPERATIONS, *own), self._page)

    def start(self, worker: Worker) -> None:
        """Begin to remember how connectors fare."""
        self._history.start(worker.glance)

    def close(self) -> None:
        """Twice is once."""
        self._history.stop()

    def _page(self, path: str) -> Page | None:
        return page(path) or site_page(path, self._settings.site or CHECKOUT)

    # Of all

    def _session(self, worker: Worker, question: Question) -> Answer:
        caller = question.caller
        return Answer(
            body={
                "version": __version__,
                "worker": worker.id,
                "group": self._settings.group,
                "cluster": worker.cluster_id,
                "user": caller.name,
                "role": caller.role.value,
                "protected": self._settings.rest.protected,
                "prometheus": self._settings.prometheus,
                "site": self._page("/site/") is not None,
            }
        )

    def _fleet(self, worker: Worker, question: Question) -> Answer:
        local = question.flag("forwarded")
        found = self._all(worker)
        problems = []
        if not local:
            others = sorted({each["worker"] for each in found if each["owner"] != worker.id})
            for other in others:
                try:
                    told = forward(self._settings.rest, other, question.caller, f"{API}/fleet").body["connectors"]
                except (TailraceError, RestError, ValueError, KeyError, TypeError) as error:
                    problems.append({"worker": other, "message": str(error)})
                    continue
                theirs = {each["name"]: each for each in told if each["worker"] == other}
                found = [theirs.get(each["name"], each) for each in found]
        return Answer(body={"at": time.time(), "connectors": worst_first(found), "problems": problems})

    def _all(self, worker: Worker) -> list[dict[str, Any]]:
        return self._recent.get("fleet", 1.0, lambda: self._rows(worker))

    def _rows(self, worker: Worker) -> list[dict[str, Any]]:
        doing = {each.name: each for each in worker.observe()}
        now, found = time.time(), []
        for name in worker.names():
            try:
                stored, status, owner = worker.connector(name), worker.status(name), worker.owner(name)
            except NotFound:
                # Deleted since the names were read.
                continue
            progress = doing.get(name)
            shown = row(stored, status, progress, self._history.of(name), self._history.rates(name))
            held = judge(stored, status, progress, self._thresholds, now)
            found.append(shown | {"owner": owner, "alerts": [each._asdict() for each in held]})
        return found

    def _topology(self, worker: Worker, question: Question) -> Answer:
        rows = self._fleet(worker, question).body["connectors"]
        members, connectors = self._recent.get("topology", 4.0, lambda: look.topology(worker, rows))
        return Answer(body={"at": time.time(), **draw(members, connectors)})

    def _alerts(self, worker: Worker, question: Question) -> Answer:
        rows = self._fleet(worker, question).body["connectors"]
        watched = self._recent.get("alerts", 5.0, lambda: look.alerts(self._settings.prometheus))
        own = [{"connector": each["name"], **held} for each in rows for held in each["alerts"]]
        return Answer(body={"at": time.time(), **watched, "own": own, "judged": JUDGED})

    def _plan(self, worker: Worker, question: Question) -> Answer:
        return Answer(body=look.plan(worker, question.caller, question.json()))

    # Of one

    def _of_owner(self, here: Asked) -> Asked:
        """Answered by the worker that runs the connector."""

        def asked(worker: Worker, question: Question) -> Answer:
            owner = worker.owner(question.path["connector"])
            if owner == worker.id or question.flag("forwarded"):
                return here(worker, question)
            return forward(self._settings.rest, owner, question.caller, question.asked, question.query)

        return asked

    def _connector(self, worker: Worker, question: Question) -> Answer:
        name = question.path["connector"]
        stored, status = worker.connector(name), worker.status(name)
        found = next((each for each in self._all(worker) if each["name"] == name), None)
        if found is None:
            raise NotFound(f"Connector {name} not found")
        progress = worker.progress(name) if worker.owner(name) == worker.id else None
        # An engine that has failed at once has not told of it.
        offset = place((progress.stored if progress is not None else None) or worker.offset(name)[1])
        traces = {"connector": status.connector.trace, "task": status.task.trace if status.task else ""}
        return Answer(
            body=found
            | {
                "at": time.time(),
                "traces": traces,
                "config": masked(stored.config),
                "offset": offset,
                "progress": fields(progress) if progress is not None else None,
            }
        )

    def _past(self, _: Worker, question: Question) -> Answer:
        """In columns, which is what a chart takes."""
        samples = self._history.of(question.path["connector"], _number(question.query, "since"))
        names = ("at", "lag", "events", "bytes", "queue")
        columns = zip(*samples, strict=True) if samples else ((),) * len(names)
        return Answer(body=dict(zip(names, columns, strict=True)))

    def _lag(self, worker: Worker, question: Question) -> Answer:
        name = question.path["connector"]
        return Answer(body=self._recent.get(("lag", name), 1.5, lambda: self._views.lag(worker, name, question.caller)))

    def _snapshot(self, worker: Worker, question: Question) -> Answer:
        name = question.path["connector"]
        found = self._recent.get(("snapshot", name), 0.8, lambda: self._views.snapshot(worker, name, question.caller))
        return Answer(body=found)

    def _events(self, worker: Worker, question: Question) -> Answer:
        # Not remembered: they may be large, and everybody asks for others.
        name, query = question.path["connector"], look.EventQuery.read(question.query)
        found = look.events(worker, name, question.caller, query)
        return Answer(body={"at": time.time(), "events": found})

    def _doctor(self, worker: Worker, question: Question) -> Answer:
        name = question.path["connector"]
        seconds = 0.0 if question.flag("fresh") else 120.0
        found = self._recent.get(("doctor", name), seconds, lambda: look.doctor(worker, name, question.caller))
        return Answer(body=found)


def _get(path: str, answer: Asked, *, shows_rows: bool = False) -> Operation:
    return Operation("GET", path, answer, "For the console", shows_rows=shows_rows)


def _number(query: Mapping[str, Any], name: str) -> float:
    try:
        return float(query.get(name, ["0"])[0])
    except ValueError:
        raise RestError(400, f"{name}: must be a number") from None
