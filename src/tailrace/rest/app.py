"""The application: which operation a request asks for, and its answer or error in Connect's shape."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

import anyio
import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from tailrace.errors import ConfigError, TailraceError
from tailrace.rest.answers import NOTHING, Answer, Question, RestError
from tailrace.rest.guard import Guard
from tailrace.rest.openapi import page
from tailrace.rest.operations import OPERATIONS, Operation
from tailrace.worker.errors import AlreadyExists, Elsewhere, InvalidConfig, NotFound, NotRunning, NotStopped
from tailrace.worker.settings import RestSettings
from tailrace.worker.worker import Worker

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """A file that is the same for everybody, and no secret."""

    content: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Served:
    """All that there is to ask."""

    operations: Sequence[Operation] = OPERATIONS
    page: Callable[[str], Page | None] = lambda _: None
    """By its path; None: there is no page."""


INTERFACE = Served()

_ANSWERING = 32
"""Requests answered at a time; one that waits for an engine to end holds a thread."""
_JSON = "application/json"


class App:
    """An ASGI application."""

    def __init__(self, worker: Worker, settings: RestSettings, served: Served = INTERFACE) -> None:
        self._worker = worker
        self._served = served
        self._settings = settings
        self._guard = Guard(settings)
        self._threads = anyio.CapacityLimiter(_ANSWERING)
        self._page = orjson.dumps(page())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except RestError as error:
            response = _refusal(error)
        except Exception:
            log.exception("%s %s failed by an error of Tailrace's own", request.method, request.url.path)
            response = _refusal(RestError(500, "an error of Tailrace's own; the worker's log has it"))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        # As it was sent: a name may hold an encoded slash.
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        path = raw.decode("latin-1").partition("?")[0]
        self._guard.admit(request)
        if path == "/openapi.json" and request.method in ("GET", "HEAD"):
            return Response(self._page, media_type=_JSON)
        if request.method in ("GET", "HEAD") and (shown := self._served.page(path)) is not None:
            return _page(request, shown)
        if request.method == "OPTIONS":
            return _options(self._served.operations, path)
        operation, names = find(self._served.operations, request.method, path)
        caller = self._guard.authorize(request, operation)
        _check_accept(request)
        body = await self._guard.body(request)
        _check_content_type(request, body)
        query = parse_qs(request.url.query, keep_blank_values=True)
        question = Question(names, query, body, f"{request.url.scheme}://{request.url.netloc}", caller, path)
        with anyio.move_on_after(self._settings.timeout):
            return _response(
                await to_thread.run_sync(
                    answer, self._worker, operation, question, limiter=self._threads, abandon_on_cancel=True
                )
            )
        raise RestError(500, "Request timed out")


def answer(worker: Worker, operation: Operation, question: Question) -> Answer:
    """What the operation answers. Raises RestError."""
    try:
        return operation.answer(worker, question)
    except TailraceError as error:
        raise RestError(_status(error), _message(error)) from error


def find(operations: Sequence[Operation], method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
    """The operation, and the names in the path. Raises RestError (404, 405)."""
    found = _of_path(operations, path)
    for operation, names in found:
        if operation.method == method or (method == "HEAD" and operation.method == "GET"):
            return operation, names
    if not found:
        raise RestError(404, "HTTP 404 Not Found")
    raise RestError(405, "HTTP 405 Method Not Allowed", {"allow": _allowed(found)})


def _options(operations: Sequence[Operation], path: str) -> Response:
    found = _of_path(operations, path)
    if not found:
        raise RestError(404, "HTTP 404 Not Found")
    allowed = _allowed(found)
    return Response(allowed, headers={"allow": allowed}, media_type="text/plain")


def _of_path(operations: Sequence[Operation], path: str) -> list[tuple[Operation, Mapping[str, str]]]:
    parts = [unquote(part) for part in path.split("/")[1:]]
    if parts[-1] == "" and len(parts) > 1:
        # A slash at the end says nothing.
        parts.pop()
    matches = ((operation, _match(operation.path.split("/")[1:], parts)) for operation in operations)
    return [(operation, names) for operation, names in matches if names is not None]


def _allowed(found: list[tuple[Operation, Mapping[str, str]]]) -> str:
    methods = {operation.method for operation, _ in found}
    return ", ".join(sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}))


def _match(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    names = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            if not part:
                return None
            names[wanted[1:-1]] = part
        elif wanted != part:
            return None
    return names


def _page(request: Request, page: Page) -> Response:
    tag = f'"{hashlib.sha256(page.content).hexdigest()[:16]}"'
    headers = {**page.headers, "etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(page.content, page.status, headers, media_type=page.media_type)


def _check_accept(request: Request) -> None:
    """Raises RestError (406)."""
    kinds = [kind.partition(";")[0].strip() for kind in request.headers.get("accept", _JSON).split(",")]
    if not any(kind in (_JSON, "application/*", "*/*", "") for kind in kinds):
        raise RestError(406, "HTTP 406 Not Acceptable")


def _check_content_type(request: Request, body: bytes) -> None:
    """Raises RestError (415)."""
    given = request.headers.get("content-type")
    kind = (given or "").partition(";")[0].strip().lower()
    if kind != _JSON and (body or given is not None):
        raise RestError(415, "HTTP 415 Unsupported Media Type")


def _status(error: TailraceError) -> int:
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, AlreadyExists | NotRunning):
        return 409
    if isinstance(error, Elsewhere):
        return 421
    return 400 if isinstance(error, ConfigError | NotStopped) else 500


def _message(error: TailraceError) -> str:
    if isinstance(error, InvalidConfig):
        lines = [f"{name}: {why}" for name, why in error.problems]
        head = f"Connector configuration is invalid and contains the following {len(lines)} error(s):"
        tail = (
            "You can also find the above list of errors at the endpoint "
            "`/connector-plugins/{connectorType}/config/validate`"
        )
        return "\n".join([head, *lines, tail])
    return str(error)


def _response(answer: Answer) -> Response:
    content = b"" if answer.body is NOTHING else orjson.dumps(answer.body)
    headers = dict(answer.headers)
    return Response(content, answer.status, headers, media_type=None if answer.body is NOTHING else _JSON)


def _refusal(error: RestError) -> Response:
    content = orjson.dumps({"error_code": error.status, "message": error.message})
    return Response(content, error.status, error.headers, media_type=_JSON)
