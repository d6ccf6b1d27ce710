"""`/admin/loggers`: levels of Python's loggers, under Java's names for levels."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from tailrace.rest.answers import Answer, Question, RestError
from tailrace.worker.worker import Worker

_ROOT = "root"
_LEVELS = {
    "ALL": 1,
    "TRACE": 5,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
    "OFF": logging.CRITICAL + 10,
}
_modified: dict[str, int] = {}
"""Milliseconds since the epoch of the last change by a request."""
_mutex = threading.Lock()


def listed(_: Worker, __: Question) -> Answer:
    """Those with a level of their own."""
    found = {name: _shown(name) for name in sorted(_existing()) if logging.getLogger(name).level}
    return Answer(body={**found, _ROOT: _shown(_ROOT)})


def shown(_: Worker, question: Question) -> Answer:
    """One that there is."""
    name = question.path["logger"]
    if name.lower() != _ROOT and name not in _existing():
        raise RestError(404, f"Logger {name} not found.")
    return Answer(body=_shown(name))


def changed(_: Worker, question: Question) -> Answer:
    """The logger and all below it."""
    given = question.texts().get("level")
    if given is None:
        raise RestError(400, "Desired 'level' parameter was not specified in request.")
    level = _LEVELS.get(given.upper())
    if level is None:
        raise RestError(404, f"invalid log level '{given}'.")
    scope = (question.query.get("scope") or ["worker"])[0].lower()
    affected = _set(question.path["logger"], level)
    return Answer(204) if scope == "cluster" else Answer(body=affected)


def _set(name: str, level: int) -> list[str]:
    """Names of those whose level is another one now."""
    with _mutex:
        if name.lower() == _ROOT:
            within = {*_existing(), _ROOT}
        else:
            within = {name, *(other for other in _existing() if other.startswith(f"{name}."))}
        affected = sorted(one for one in within if _logger(one).getEffectiveLevel() != level)
        for one in within:
            _logger(one).setLevel(level)
        _modified.update(dict.fromkeys(affected, time.time_ns() // 1_000_000))
        return affected


def _existing() -> set[str]:
    known = logging.Logger.manager.loggerDict
    return {name for name, logger in tuple(known.items()) if isinstance(logger, logging.Logger)}


def _logger(name: str) -> logging.Logger:
    return logging.getLogger() if name.lower() == _ROOT else logging.getLogger(name)


def _shown(name: str) -> dict[str, Any]:
    level = _logger(name).getEffectiveLevel()
    word = max((number, word) for word, number in _LEVELS.items() if number <= max(level, 1))[1]
    return {"level": word, "last_modified": _modified.get(name)}
