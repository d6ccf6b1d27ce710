"""How the console asks: the worker of this process without HTTP, another worker of the group with it."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson

from tailrace.config import Password, SourceConfig
from tailrace.config.expand import expand
from tailrace.config.parse import parse_source
from tailrace.ops import http
from tailrace.ops.connect import Connect
from tailrace.ops.dsn import CONNECT_MS
from tailrace.ops.http import Access
from tailrace.ops.target import Target
from tailrace.rest.answers import NOTHING, Answer, Caller, Question, RestError
from tailrace.rest.app import answer, find
from tailrace.rest.operations import OPERATIONS
from tailrace.worker.settings import RestSettings, Role
from tailrace.worker.worker import Worker

_READING = tuple(operation for operation in OPERATIONS if operation.role is Role.READ_ONLY)
"""By itself the console changes nothing."""
_OTHER_SECONDS = 10.0


def connect(worker: Worker, caller: Caller) -> Connect:
    """A client of this very worker, for reading."""

    def ask(access: Access, method: str, path: str, body: object = None, *, seconds: float = 0.0) -> http.Answer:  # noqa: ARG001 - nothing is waited for
        route, _, query = path.partition("?")
        try:
            operation, names = find(_READING, method, route)
            sent = b"" if body is None else orjson.dumps(body)
            found = answer(worker, operation, Question(names, parse_qs(query), sent, caller=caller))
        except RestError as error:
            return http.Answer(error.status, orjson.dumps({"error_code": error.status, "message": error.message}))
        return http.Answer(found.status, b"" if found.body is NOTHING else orjson.dumps(found.body))

    return Connect(Access(f"http://{worker.id}"), patience=0.0, ask=ask)


def target(worker: Worker, name: str, caller: Caller) -> Target:
    """With all that the worker knows, secrets too: they stay on this side. Raises NotFound."""
    properties = worker.properties(name, worker.connector(name).config)
    return Target(name, _expanded(properties), connect(worker, caller), tailrace=True)


def source(worker: Worker, name: str) -> SourceConfig:
    """The server, as the connector logs in there. Raises NotFound, ConfigError."""
    found, _ = parse_source(worker.properties(name, worker.connector(name).config))
    # A person waits: what does not answer in seconds does not answer.
    return replace(found, connect_timeout_ms=min(found.connect_timeout_ms, CONNECT_MS))


def _expanded(properties: Mapping[str, str]) -> dict[str, str]:
    """What cannot be had here stays as it is written."""
    found = {}
    for name, text in properties.items():
        try:
            found[name] = expand(text, os.environ, _read_file)
        except ValueError:
            found[name] = text
    return found


def _read_file(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def forward(
    settings: RestSettings, owner: str, caller: Caller, path: str, query: Mapping[str, Any] | None = None
) -> Answer:
    """What another worker of the group answers to the same caller. Raises RestError, WorkerUnreachable."""
    scheme = "https" if settings.listener.tls else "http"
    access = Access(f"{scheme}://{owner}", _credentials(caller), settings.certificate)
    asked = urlencode({**(query or {}), "forwarded": "true"}, doseq=True)
    found = http.ask(access, "GET", f"{path}?{asked}", seconds=_OTHER_SECONDS)
    body = found.json()
    if found.status >= 400:  # noqa: PLR2004 - where refusals begin
        message = body.get("message", "") if isinstance(body, dict) else ""
        raise RestError(found.status, f"worker {owner}: {message}")
    return Answer(found.status, body)


def _credentials(caller: Caller) -> Password | None:
    scheme, _, given = caller.authorization.partition(" ")
    if scheme.lower() != "basic":
        return Password(given.strip()) if given else None
    try:
        return Password(base64.b64decode(given).decode())
    except (binascii.Error, UnicodeDecodeError):
        return None
