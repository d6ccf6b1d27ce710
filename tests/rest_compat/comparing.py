"""Questions asked of a worker, and what of two answers must agree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rest_compat.differences import BODY, STATUS
from rest_compat.questions import Question
from support.rest import Client, Reply
from tailrace.lab.server import await_condition

BUSY = "due to stale configuration"
"""Why Kafka Connect refuses for a moment, whatever it is asked: it has not taken up a change before."""


def asked(client: Client, wanted: list[Question]) -> dict[str, Reply]:
    replies = {}
    for question in wanted:
        if question.when is not None:
            client.await_state(*question.when)
        replies[question.name] = _answer(client, question)
    return replies


def _answer(client: Client, question: Question) -> Reply:
    """The last of them, where it was asked again: Kafka Connect tells a state a moment after it has it."""
    given: list[Reply] = []

    def settled() -> bool:
        given.append(client.ask(question.method, question.path, question.body, **question.headers))
        text = given[-1].text
        read = question.method != "GET" or ('"UNASSIGNED"' not in text and question.until in text)
        return read and BUSY not in text

    await_condition(settled, 20, every=0.1)
    return given[-1]


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


def told(
    question: Question, theirs: Reply, ours: Reply, status: Mapping[str, str] = STATUS, body: Mapping[str, str] = BODY
) -> list[str]:
    """What differs and may not: `status` and `body` say where another one is right, and why."""
    problems = []
    if theirs.status != ours.status:
        if question.name not in status:
            problems.append(f"status {theirs.status} there, {ours.status} here")
    elif question.name not in body:
        there, here = (value(reply.text) for reply in (theirs, ours))
        if "configs" not in there and comparable(there, key_of(question)) != comparable(here, key_of(question)):
            problems.append(f"there {theirs.text[:500]!r}, here {ours.text[:500]!r}")
        location = theirs.headers.get("location", "").partition("/connectors/")[2]
        if (location == "") != ("location" not in ours.headers):
            problems.append(f"location {theirs.headers.get('location')} there, {ours.headers.get('location')} here")
    if ours.status >= 400 and question.method != "HEAD":
        error = value(ours.text)
        if error.get("error_code") != ours.status or not error.get("message"):
            problems.append(f"an error without its shape: {ours.text}")
    return [f"{question.name}: {problem}" for problem in problems]


def key_of(question: Question) -> str:
    return "config" if question.path.endswith("/config") and question.method == "GET" else ""
