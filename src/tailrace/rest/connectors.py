"""`/connectors`: Kafka Connect's `ConnectorsResource`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tailrace import __version__
from tailrace.errors import StorageError
from tailrace.migrate import offsets
from tailrace.model.offset import Offset
from tailrace.rest.answers import Answer, Question, RestError, flat
from tailrace.rest.plugins import known_class
from tailrace.rest.secrets import MASK, masked, unmasked
from tailrace.worker.errors import NotFound
from tailrace.worker.state import Target
from tailrace.worker.store import Status, Stored, Told
from tailrace.worker.worker import Worker

_TASK_CLASS = "io.debezium.connector.mysql.MySqlConnectorTask"


def listed(worker: Worker, question: Question) -> Answer:
    """Names; or with `expand`, what is known of each."""
    expand = question.query.get("expand")
    if expand is None:
        return Answer(body=worker.names())
    found: dict[str, Any] = {}
    for name in worker.names():
        try:
            parts: dict[str, Any] = {}
            if "status" in expand:
                parts["status"] = _status(name, worker.status(name))
            if "info" in expand:
                parts["info"] = _info(worker.connector(name))
            found[name] = parts
        except NotFound:
            # Deleted since the names were read.
            continue
    return Answer(body=found)


def created(worker: Worker, question: Question) -> Answer:
    """A new connector."""
    body = question.json()
    if not isinstance(body, dict):
        raise RestError(400, 'the body must be {"name": …, "config": {…}}')
    if strangers := sorted(set(body) - {"name", "config", "initial_state"}):
        raise RestError(400, f"the body has {', '.join(strangers)} beside name, config and initial_state")
    name = body.get("name")
    if name is not None and not isinstance(name, str):
        raise RestError(400, "name: must be text")
    name = (name or "").strip()
    config = _config(name, flat(body.get("config"), "config"))
    if not name:
        raise RestError(400, "name: is missing: the connector needs one")
    target = _initial(body.get("initial_state"))
    stored = worker.create(name, _without_masks(config, {}), target)
    return Answer(201, _info(stored), {"location": _location(question, name)})


def shown(worker: Worker, question: Question) -> Answer:
    """One connector."""
    return Answer(body=_info(worker.connector(question.path["connector"])))


def deleted(worker: Worker, question: Question) -> Answer:
    """Its offset stays."""
    worker.delete(question.path["connector"])
    return Answer(204)


def config(worker: Worker, question: Question) -> Answer:
    """Its configuration."""
    return Answer(body=masked(worker.connector(question.path["connector"]).config))


def configured(worker: Worker, question: Question) -> Answer:
    """A new configuration; or a new connector."""
    name = question.path["connector"]
    given = _config(name, question.texts())
    stored = {} if name not in worker.names() else worker.connector(name).config
    connector, new = worker.configure(name, _without_masks(given, stored))
    return (
        Answer(201, _info(connector), {"location": _location(question, name)}) if new else Answer(200, _info(connector))
    )


def patched(worker: Worker, question: Question) -> Answer:
    """Some properties changed; null takes one away."""
    name = question.path["connector"]
    stored = worker.connector(name).config
    patch = question.texts()
    if patch.get("name", name) != name:
        raise RestError(400, f"name: is {patch['name']!r}, and the connector in the URL is {name!r}")
    merged = {**stored, **patch}
    given = {key: value for key, value in merged.items() if value is not None}
    connector, _ = worker.configure(name, _without_masks(given, stored))
    return Answer(body=_info(connector))


def status(worker: Worker, question: Question) -> Answer:
    """States of connector and task."""
    name = question.path["connector"]
    if name not in worker.names():
        raise RestError(404, f"No status found for connector {name}")
    return Answer(body=_status(name, worker.status(name)))


def restarted(worker: Worker, question: Question) -> Answer:
    """The connector, its task, or what of both has failed."""
    name = question.path["connector"]
    tasks, only_failed = question.flag("includeTasks"), question.flag("onlyFailed")
    if name not in worker.names():
        raise RestError(404, f"Unknown connector: {name}")
    told = worker.restart(name, connector=True, task=tasks, only_failed=only_failed)
    return Answer(202, _status(name, told)) if tasks or only_failed else Answer(204)


def paused(worker: Worker, question: Question) -> Answer:
    """The connector rests; its task stays its own."""
    _want(worker, question, Target.PAUSED)
    return Answer(202)


def resumed(worker: Worker, question: Question) -> Answer:
    """After a pause or a stop."""
    _want(worker, question, Target.RUNNING)
    return Answer(202)


def stopped(worker: Worker, question: Question) -> Answer:
    """The connector ends, and keeps its configuration and offset."""
    _want(worker, question, Target.STOPPED)
    return Answer(204)


def _want(worker: Worker, question: Question, target: Target) -> None:
    name = question.path["connector"]
    if name not in worker.names():
        raise RestError(404, f"Unknown connector {name}")
    worker.want(name, target)


# Tasks


def tasks(worker: Worker, question: Question) -> Answer:
    """The one task, with its configuration."""
    name = question.path["connector"]
    connector = worker.connector(name)
    if worker.status(name).task is None:
        return Answer(body=[])
    config = {**masked(connector.config), "task.class": _TASK_CLASS}
    return Answer(body=[{"id": {"connector": name, "task": 0}, "config": config}])


def task_status(worker: Worker, question: Question) -> Answer:
    """The state of the task."""
    name, task = question.path["connector"], _task(question)
    told = worker.status(name).task if name in worker.names() else None
    if told is None or task != 0:
        raise RestError(404, f"No status found for task {name}-{task}")
    return Answer(body={"id": 0, **_told(told)})


def task_restarted(worker: Worker, question: Question) -> Answer:
    """The task alone."""
    name, task = question.path["connector"], _task(question)
    if name not in worker.names():
        raise RestError(404, f"Unknown connector: {name}")
    if task != 0 or worker.status(name).task is None:
        raise RestError(404, f"Unknown task: {name}-{task}")
    worker.restart(name, connector=False, task=True, only_failed=False)
    return Answer(204)


# Topics


def topics(worker: Worker, question: Question) -> Answer:
    """Topics that got records."""
    name = question.path["connector"]
    # Connect knows topics by name alone: an unknown connector has none.
    found = worker.topics(name) if name in worker.names() else ()
    return Answer(body={name: {"topics": list(found)}})


def topics_reset(worker: Worker, question: Question) -> Answer:
    """From now on."""
    name = question.path["connector"]
    if name in worker.names():
        worker.reset_topics(name)
    return Answer(202)


# Offsets


def offset(worker: Worker, question: Question) -> Answer:
    """Where a restart would go on, in Debezium's words."""
    prefix, found = worker.offset(question.path["connector"])
    if found is None:
        return Answer(body={"offsets": []})
    entry = {"partition": {"server": prefix}, "offset": offsets.fields(found)}
    return Answer(body={"offsets": [entry]})


def offset_altered(worker: Worker, question: Question) -> Answer:
    """Another place to go on from; null: as if for the first time."""
    name = question.path["connector"]
    body = question.json()
    entries = body.get("offsets") if isinstance(body, dict) else None
    if not isinstance(entries, list) or not entries:
        raise RestError(400, "Partitions / offsets need to be provided for an alter offsets request")
    prefix, _ = worker.offset(name)
    worker.alter_offset(name, _offset(entries, prefix))
    return Answer(body={"message": "The offsets for this connector have been altered successfully"})


def offset_reset(worker: Worker, question: Question) -> Answer:
    """The next start is a first one."""
    worker.alter_offset(question.path["connector"], None)
    return Answer(body={"message": "The offsets for this connector have been reset successfully"})


def _offset(entries: list[Any], prefix: str) -> Offset | None:
    if len(entries) > 1:
        raise RestError(400, "offsets: one binlog has one partition, and so one offset")
    entry = entries[0]
    if not isinstance(entry, dict) or entry.get("partition") != {"server": prefix}:
        raise RestError(400, f'partition: must be {{"server": "{prefix}"}}, the connector\'s topic.prefix')
    if entry.get("offset") is None:
        return None
    try:
        return offsets.from_fields(entry["offset"])
    except StorageError as error:
        raise RestError(400, f"offset: {error.message}") from None


# What is shown


def _info(connector: Stored) -> dict[str, Any]:
    # A stopped connector has no task, in Connect too.
    tasks = [] if connector.target is Target.STOPPED else [{"connector": connector.name, "task": 0}]
    return {"name": connector.name, "config": masked(connector.config), "tasks": tasks, "type": "source"}


def _status(name: str, status: Status) -> dict[str, Any]:
    tasks = [{"id": 0, **_told(status.task)}] if status.task is not None else []
    return {"name": name, "connector": _told(status.connector), "tasks": tasks, "type": "source"}


def _told(told: Told) -> dict[str, str]:
    fields = {"state": told.state.value, "worker_id": told.worker_id, "version": __version__}
    return {**fields, "trace": told.trace} if told.trace else fields


def _location(question: Question, name: str) -> str:
    return f"{question.base}/connectors/{quote(name, safe='')}"


# What is asked


def _config(name: str, given: Mapping[str, str | None]) -> dict[str, str]:
    if (included := given.get("name")) is not None and included != name:
        message = f"Connector name configuration ({included}) doesn't match connector name in the URL ({name})"
        raise RestError(400, message)
    if nothing := [key for key, value in given.items() if value is None]:
        raise RestError(400, f"{', '.join(nothing)}: Null value can not be supplied as the configuration value.")
    known_class(given)
    return {**{key: value for key, value in given.items() if value is not None}, "name": name}


def _without_masks(config: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    found = unmasked(config, stored)
    if left := [name for name, value in found.items() if value == MASK]:
        raise RestError(400, f"{', '.join(left)}: {MASK} stands for a secret that is not known here: give the secret")
    return found


def _initial(given: object) -> Target:
    if given is None:
        return Target.RUNNING
    if not isinstance(given, str) or given.upper() not in tuple(Target):
        raise RestError(400, f"initial_state: must be one of {', '.join(Target)}")
    return Target(given.upper())


def _task(question: Question) -> int:
    text = question.path["task"]
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise RestError(404, "HTTP 404 Not Found")
    return int(text)
