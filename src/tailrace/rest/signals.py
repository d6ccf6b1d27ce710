"""What is asked of a running connector by REST, and what it tells."""

from __future__ import annotations

import re
import uuid
from typing import Any

from tailrace.model.signal import Signal
from tailrace.rest.answers import Answer, Question, RestError
from tailrace.signals import BadSignal, action, read
from tailrace.worker.worker import Worker

CHANNEL = "rest"
_BYTES = 1 << 16
"""A signal names tables and conditions; in a group it is a record in Kafka."""
_ID = 255
_SHAPE = '{"type": "execute-snapshot", "data": {"data-collections": ["shop\\\\.orders"]}}, and perhaps "id"'


def signalled(worker: Worker, question: Question) -> Answer:
    """Accepted: notifications tell what becomes of it."""
    signal = _read(question)
    taker = worker.signal(question.path["connector"], signal)
    return Answer(202, {"id": signal.id, "type": signal.type, "worker_id": taker})


def notifications(worker: Worker, question: Question) -> Answer:
    """What the connector told last."""
    since, limit = _number(question, "since", range(1 << 63), 0), _number(question, "limit", range(1, 101), 100)
    told = worker.notifications(question.path["connector"], since)
    last = told[-1].number if told else since
    shown = [{"number": each.number, **each.notification.document()} for each in told[-limit:]]
    return Answer(body={"notifications": shown, "next": last})


def _read(question: Question) -> Signal:
    """Raises RestError (400, 413)."""
    if len(question.body) > _BYTES:
        raise RestError(413, f"a signal has at most {_BYTES} bytes: name tables by a regular expression")
    given: Any = question.json()
    if not isinstance(given, dict):
        raise RestError(400, f"the body must be a signal: {_SHAPE}")
    if strangers := sorted(set(given) - {"id", "type", "data"}):
        raise RestError(400, f"the body has {', '.join(strangers)} beside id, type and data: {_SHAPE}")
    if not isinstance(given.get("data"), dict | None):
        raise RestError(400, f"data: must be an object: {_SHAPE}")
    name = given.get("id") or str(uuid.uuid4())
    if not isinstance(name, str) or len(name) > _ID:
        raise RestError(400, f"id: must be text of at most {_ID} characters; without one a signal gets one")
    try:
        signal = read(name, given.get("type"), given.get("data"), CHANNEL)
        action(signal)
    except BadSignal as problem:
        raise RestError(400, f"this is no signal: {problem}; a signal is {_SHAPE}") from None
    return signal


def _number(question: Question, name: str, allowed: range, default: int) -> int:
    text = question.query.get(name, [str(default)])[0]
    if not re.fullmatch("[0-9]{1,19}", text) or int(text) not in allowed:
        raise RestError(400, f"{name}: must be a number from {allowed[0]} to {allowed[-1]}")
    return int(text)
