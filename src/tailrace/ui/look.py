"""The views that need more than the worker itself: MySQL, the sink, Prometheus. Asked through `ops`, as commands do."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from tailrace.config import Password, SourceConfig
from tailrace.errors import PrometheusError, TailraceError
from tailrace.ops.alerts.rules import RUNBOOKS, as_json
from tailrace.ops.alerts.threshold import read_thresholds
from tailrace.ops.alerts.watch import judge as judge_alerts
from tailrace.ops.alerts.watch import look as look_at
from tailrace.ops.doctor.checks import all_checks
from tailrace.ops.doctor.gather import gather
from tailrace.ops.doctor.judge import judge
from tailrace.ops.doctor.report import document
from tailrace.ops.events.event import OPERATIONS, Filter, Record, read
from tailrace.ops.events.reader import of_connector
from tailrace.ops.failover.facts import CANDIDATE, ENDPOINT, SOURCE
from tailrace.ops.failover.facts import gather as gather_failover
from tailrace.ops.failover.plan import Refused, Wish, make_plan
from tailrace.ops.failover.runbook import write_runbook
from tailrace.ops.http import Access
from tailrace.ops.lag.facts import Facts
from tailrace.ops.lag.read import Reader, Ways
from tailrace.ops.lag.report import report
from tailrace.ops.prometheus import Prometheus
from tailrace.ops.snapshot.channel import pattern
from tailrace.ops.snapshot.look import Watcher, estimates
from tailrace.ops.snapshot.look import Ways as SnapshotWays
from tailrace.ops.snapshot.standing import Seen, standing
from tailrace.ops.topology.read import Member, survey
from tailrace.ops.words import duration
from tailrace.rest.answers import Caller, RestError
from tailrace.ui import inside
from tailrace.ui.change import shown
from tailrace.ui.map import Captures
from tailrace.ui.recent import Recent
from tailrace.worker.errors import NotFound
from tailrace.worker.worker import Worker

_KEPT = 128
"""Connectors of which the look before is kept, for rates."""
MOST_EVENTS = 200


class Views:
    """Those that compare with the look before."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._recent = Recent()
        self._before: OrderedDict[tuple[str, str], Facts | Seen] = OrderedDict()

    def lag(self, worker: Worker, name: str, caller: Caller) -> dict[str, Any]:
        """Hop by hop, as `tailrace lag` has it."""
        target = inside.target(worker, name, caller)
        assert target.worker is not None
        with closing(Reader(Ways(target, target.worker, None, lambda: inside.source(worker, name)))) as reader:
            now = reader.read()
        before = self._exchange(("lag", name), now)
        found = report(now, before if isinstance(before, Facts) else None, words=duration)
        return {"at": time.time(), **asdict(found)}

    def snapshot(self, worker: Worker, name: str, caller: Caller) -> dict[str, Any]:
        """How it stands, as `tailrace snapshot status` has it; and what was told of it, oldest first."""
        target = inside.target(worker, name, caller)
        with closing(Watcher(SnapshotWays(target, None, lambda: inside.source(worker, name)))) as watcher:
            now = watcher.look()
        now = self._estimated(worker, name, now)
        before = self._exchange(("snapshot", name), now)
        told = [{"number": each.number, **each.notification.document()} for each in worker.notifications(name)]
        progress = worker.progress(name)
        return {
            "at": time.time(),
            **asdict(standing(now, before if isinstance(before, Seen) else None)),
            "estimated": _all_rows(now),
            "scanned": now.reported.scanned if now.reported is not None else None,
            "captured": sorted(map(str, progress.captured)) if progress is not None else [],
            "told": told,
        }

    def _estimated(self, worker: Worker, name: str, now: Seen) -> Seen:
        """With the rows of tables that an incremental snapshot has still to read, as the server estimates."""
        # The stored offset names them late.
        queue = now.queue or standing(now).waiting
        if not queue or (now.reported is not None and now.reported.estimated):
            return now
        with suppress(TailraceError):
            rows = self._recent.get((name, queue), 30.0, lambda: estimates(inside.source(worker, name), list(queue)))
            return replace(now, queue=queue, estimates=rows)
        return now

    def _exchange(self, key: tuple[str, str], now: Facts | Seen) -> Facts | Seen | None:
        with self._mutex:
            before = self._before.pop(key, None)
            self._before[key] = now
            if len(self._before) > _KEPT:
                self._before.popitem(last=False)
            return before


def _all_rows(now: Seen) -> int | None:
    """Of all tables that the snapshot reads: those that it has read, and estimates of the others."""
    if now.reported is None or now.reported.estimated:
        return now.reported.estimated if now.reported is not None else None
    queue = now.queue or ()
    if not queue or not set(queue) <= now.estimates.keys():
        return None
    rows = now.reported.rows
    done = sum(number for table, number in rows.items() if table not in queue)
    return done + sum(max(now.estimates[table], rows.get(table, 0)) for table in queue)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events."""

    count: int = 50
    table: str = ""
    operations: frozenset[str] = frozenset()

    @classmethod
    def read(cls, query: Mapping[str, Sequence[str]]) -> EventQuery:
        """Raises RestError (400)."""
        count, table = query.get("count", ["50"])[0], query.get("table", [""])[0].strip()
        letters = frozenset(each for text in query.get("op", []) for each in text.split(",") if each)
        if not re.fullmatch("[0-9]{1,4}", count) or not 0 < int(count) <= MOST_EVENTS:
            raise RestError(400, f"count: must be a number from 1 to {MOST_EVENTS}")
        if strangers := letters - OPERATIONS.keys():
            raise RestError(400, f"op: {', '.join(sorted(strangers))} is none of {', '.join(OPERATIONS)}")
        try:
            re.compile(pattern(table))
        except re.error as error:
            raise RestError(400, f"table: no name of a table, and no regular expression: {error}") from None
        return cls(int(count), table, letters)


def events(worker: Worker, name: str, caller: Caller, query: EventQuery) -> list[dict[str, Any]]:
    """The last ones, newest first, as the sink has them: what is masked there is masked here."""
    tables = (re.compile(pattern(query.table), re.IGNORECASE),) if query.table else ()
    wanted = Filter(tables, query.operations)

    def wants(record: Record) -> bool:
        return wanted.wants(read(record))

    found = of_connector(inside.target(worker, name, caller)).last(query.count, wants)
    return [shown(record) for record in reversed(found)]


def doctor(worker: Worker, name: str, caller: Caller) -> dict[str, Any]:
    """All checks of the connector and its server, as `tailrace doctor --connector` runs them."""
    began, checks = time.time(), tuple(all_checks())
    facts = gather(inside.source(worker, name), connect=inside.connect(worker, caller), connector=name)
    found = document(facts, judge(facts, checks))
    titles = {check.id: check.title for check in checks}
    return {"at": time.time(), "seconds": time.time() - began, "titles": titles, **found}


def topology(worker: Worker, rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[Member, ...], list[Captures]]:
    """`rows` of the fleet say which server a connector reads, and how far it is."""
    logins: dict[tuple[str, int], SourceConfig] = {}
    connectors = []
    for row in rows:
        problem, offset = "", row.get("offset")
        try:
            login = inside.source(worker, row["name"])
            logins.setdefault((login.host, login.port), login)
            if offset is None and (stored := worker.offset(row["name"])[1]) is not None:
                offset = {"gtids": stored.gtids}
        except NotFound:
            continue
        except TailraceError as error:
            problem = error.message
        gtids = (offset or {}).get("gtids", "")
        connectors.append(Captures(row["name"], row["reads"], row.get("server_uuid", ""), gtids, row["now"], problem))
    return survey(list(logins.values())), connectors


def alerts(url: str | None) -> dict[str, Any]:
    """The table of alerts, and where there is a Prometheus what it makes of them."""
    table = as_json(read_thresholds(), RUNBOOKS)
    if url is None:
        return {"alerts": table, "prometheus": None}
    seen: dict[str, Any] = {"url": url, "problem": "", "verdicts": []}
    try:
        verdicts = judge_alerts(look_at(Prometheus(Access(url))))
    except PrometheusError as error:
        seen["problem"] = error.message
    else:
        seen["verdicts"] = [
            {
                "alert": each.alert.name,
                "loaded": each.loaded,
                "error": each.error,
                "blind": each.blind and not each.optional,
                "active": [
                    {
                        "state": one.state,
                        "labels": dict(one.labels),
                        "summary": one.annotations.get("summary", ""),
                        "since": one.since,
                    }
                    for one in each.active
                ],
            }
            for each in verdicts
        ]
    return {"alerts": table, "prometheus": seen}


def plan(worker: Worker, caller: Caller, asked: Any) -> dict[str, Any]:
    """A failover, planned and not done. Raises RestError (400), SourceError where a login is refused."""
    wish, names = _wish(asked), _texts(asked, "connectors")
    if not names:
        raise RestError(400, "connectors: at least one, whose login servers are asked with")
    login = inside.source(worker, names[0])
    if user := _text(asked, "user"):
        login = replace(login, user=user, password=Password(_text(asked, "password")))
    servers = {SOURCE: _at(login, _text(asked, "source")), CANDIDATE: _at(login, _text(asked, "candidate"))}
    servers |= {f"replica-{n}": _at(login, each) for n, each in enumerate(_texts(asked, "replicas"), start=1)}
    if endpoint := _text(asked, "endpoint"):
        servers[ENDPOINT] = _at(login, endpoint)
    facts = gather_failover(servers, [inside.connect(worker, caller)], names)
    found = make_plan(facts, wish)
    told: dict[str, Any] = {"at": time.time(), "facts": asdict(facts)}
    if isinstance(found, Refused):
        return told | {"refused": [asdict(reason) for reason in found.reasons], "plan": None, "runbook": ""}
    return told | {"refused": [], "plan": found.to_json(), "runbook": write_runbook(found)}


def _wish(asked: Any) -> Wish:
    if not isinstance(asked, dict):
        raise RestError(400, "the body must be an object: source, candidate, connectors …")
    return Wish(dead=asked.get("dead") is True, replication_user=_text(asked, "replication_user"))


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str):
        raise RestError(400, f"{name}: must be text")
    return value.strip() if name != "password" else value


def _texts(asked: Mapping[str, Any], name: str) -> list[str]:
    value = asked.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise RestError(400, f"{name}: must be a list of texts")
    return [each.strip() for each in value if each.strip()]


def _at(login: SourceConfig, place: str) -> SourceConfig:
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise RestError(400, f"{place!r} is not host:port")
    return replace(login, host=host.strip("[]"), port=int(port))
