"""The same questions, asked of a real Kafka Connect with Debezium and of `tailrace worker`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rest_compat.differences import BODY, STATUS
from rest_compat.questions import Question, questions
from support.rest import Client, Reply, Worker, connector_config

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.lab import Server
    from tailrace.lab.connect import Connect
    from tailrace.lab.kafka import Broker


def asked(client: Client, wanted: list[Question]) -> dict[str, Reply]:
    replies = {}
    for question in wanted:
        if question.when is not None:
            client.await_state(*question.when)
        replies[question.name] = client.ask(question.method, question.path, question.body, **question.headers)
    return replies


def value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def comparable(found: Any, key: str = "") -> Any:
    """What must agree: all but what names the worker, its time or its version."""
    if key in ("worker_id", "version", "last_modified"):
        return type(found).__name__
    if key == "message":
        # Words may be ours; that there are some must agree.
        return bool(found)
    if key == "config" and isinstance(found, dict):
        both = ("connector.class", "topic.prefix", "database.port", "name", "heartbeat.interval.ms", "task.class")
        return {name: found[name] for name in both if name in found}
    if isinstance(found, dict):
        return {name: comparable(item, name) for name, item in found.items()}
    if isinstance(found, list):
        return [comparable(item) for item in found]
    return found


def told(question: Question, theirs: Reply, ours: Reply) -> list[str]:
    """What differs and may not."""
    problems = []
    if theirs.status != ours.status:
        if question.name not in STATUS:
            problems.append(f"status {theirs.status} there, {ours.status} here")
    elif question.name not in BODY:
        there, here = (value(reply.text) for reply in (theirs, ours))
        if "configs" not in there and comparable(there, key_of(question)) != comparable(here, key_of(question)):
            problems.append(f"there {theirs.text[:500]!r}, here {ours.text[:500]!r}")
        location = theirs.headers.get("location", "").partition("/connectors/")[2]
        if (location == "") != ("location" not in ours.headers):
            problems.append(f"location {theirs.headers.get('location')} there, {ours.headers.get('location')} here")
    if ours.status >= 400 and question.method != "HEAD":
        body = value(ours.text)
        if body.get("error_code") != ours.status or not body.get("message"):
            problems.append(f"an error without its shape: {ours.text}")
    return [f"{question.name}: {problem}" for problem in problems]


def key_of(question: Question) -> str:
    return "config" if question.path.endswith("/config") and question.method == "GET" else ""


@pytest.mark.timeout(300)
def test_both_answer_alike(mysql: Server, kafka: Broker, connect: Connect, tmp_path: Path) -> None:
    mysql.execute("CREATE DATABASE rest_compat")
    try:
        mysql.execute("CREATE TABLE rest_compat.t (id INT PRIMARY KEY)")
        config = connector_config(
            mysql,
            "rest_compat",
            database__server__id=7310,
            schema__history__internal__kafka__bootstrap__servers=kafka.bootstrap,
            schema__history__internal__kafka__topic="rest_compat.history",
            # Debezium's snapshot writes records into topics; without one there is nothing to wait for.
            snapshot__mode="no_data",
            tasks__max="1",
        )
        theirs = asked(Client(connect.url), questions(config))
        with Worker(tmp_path, sink__type="jsonl", sink__path=tmp_path / "events") as worker:
            ours = asked(worker, questions({**config, "database.server.id": 7311}))
    finally:
        mysql.execute("DROP DATABASE rest_compat")
    wanted = questions(config)
    assert len({question.name for question in wanted}) == len(wanted), "every question has a name of its own"
    problems = [line for q in wanted for line in told(q, theirs[q.name], ours[q.name])]
    assert not problems, "\n".join(problems)
    stale = [q.name for q in wanted if q.name in STATUS and theirs[q.name].status == ours[q.name].status]
    assert not stale, f"these agree now, and need no reason: {stale}"
    assert not set(STATUS).union(BODY).difference(q.name for q in wanted), "a reason for a question that nobody asks"
    password = mysql.password
    leaks = [q.name for q in wanted if password in ours[q.name].text]
    assert not leaks, f"the password is in the answers to {leaks}"
