"""The site and a learner's runner on one address of this machine, for the browser of who started it.

It starts servers and drops what is in the lab, so no other page may call it: it listens on the loopback address,
answers only to its own name (a foreign name that leads here is refused), and takes actions from its own pages alone.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import anyio
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tailrace.errors import ConfigError, TailraceError
from tailrace.learn.desk import Busy, Desk
from tailrace.learn.text import LANGUAGES
from tailrace.ui.site import site_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.requests import Request

HOST: Final = "127.0.0.1"
API: Final = "/learn/api"
POLL_SECONDS: Final = 20.0
"""A page's question for news is answered after this time at the latest."""
_LOOK_SECONDS: Final = 0.1
_BODY_BYTES: Final = 1 << 16
_BACKLOG: Final = 64


def listen(port: int) -> socket.socket:
    """On the loopback address; 0: any free port. Raises ConfigError where it cannot be had."""
    try:
        return socket.create_server((HOST, port), backlog=_BACKLOG)
    except OSError as error:
        message = f"cannot listen on {HOST}:{port}: {error.strerror or error}"
        raise ConfigError(message, hint="stop what listens there, or give another one: --port 0") from None


def url(listener: socket.socket) -> str:
    """Of the site's entry."""
    return f"http://{HOST}:{listener.getsockname()[1]}/site/"


def server(listener: socket.socket, desk: Desk, site: Path) -> uvicorn.Server:
    """Run it with `run(sockets=[listener])`."""
    port = listener.getsockname()[1]
    pages = _Pages(desk, site, frozenset({f"{HOST}:{port}", f"localhost:{port}"}), lambda: made.should_exit)
    app = Starlette(
        routes=[
            Route(f"{API}/state", pages.state, methods=["GET"]),
            Route(f"{API}/{{action}}", pages.act, methods=["POST"]),
            Route("/{path:path}", pages.page, methods=["GET"]),
        ]
    )
    made = uvicorn.Server(
        uvicorn.Config(
            app, lifespan="off", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2
        )
    )
    return made


@dataclass(frozen=True, slots=True)
class _Pages:
    desk: Desk
    site: Path
    names: frozenset[str]
    """By which a browser may ask."""
    ends: Callable[[], bool]
    """Whether the server is about to end, and nobody may wait any longer."""

    async def state(self, request: Request) -> Response:
        """How things stand; where `after` is the version of now, not before there is another."""
        if request.headers.get("host") not in self.names:
            return _refusal(403, "ask by the address that `tailrace learn serve` has printed")
        after, language = request.query_params.get("after"), _language(request.query_params.get("lang"))
        with anyio.move_on_after(POLL_SECONDS):
            # A command in a terminal may change the file: there is no event of that.
            while self.desk.version == after and not self.ends():  # noqa: ASYNC110
                await anyio.sleep(_LOOK_SECONDS)
        return await _answered(lambda: self.desk.state(language))

    async def act(self, request: Request) -> Response:
        """Begins an action; what comes of it is seen in the state."""
        origin, kind = request.headers.get("origin", ""), request.headers.get("content-type", "")
        if request.headers.get("host") not in self.names or origin.removeprefix("http://") not in self.names:
            return _refusal(403, "only pages of this address may do that")
        if kind.partition(";")[0].strip() != "application/json":
            return _refusal(415, "send JSON")
        try:
            given = orjson.loads(await _body(request))
            action, language, name = request.path_params["action"], _language(given.get("lang")), str(given.get("name"))
            answers = {str(question): str(answer) for question, answer in given.get("answers", {}).items()}
        except (ValueError, AttributeError) as error:
            return _refusal(400, f"not what is expected: {error}")

        def begun() -> dict[str, Any]:
            self.desk.begin(action, language, name=name, answers=answers)
            return self.desk.state(language)

        return await _answered(begun)

    async def page(self, request: Request) -> Response:
        """A file of the site."""
        if request.url.path == "/":
            return RedirectResponse("/site/")
        found = await run_in_threadpool(site_page, request.url.path, self.site)
        if found is None:
            return _refusal(404, "there is no such page")
        # By this the page knows that there is a runner behind it.
        content = found.content.replace(b"<head>", b'<head><meta name="tailrace-runner" content="here">', 1)
        return Response(content, found.status, dict(found.headers), media_type=found.media_type)


async def _answered(ask: Callable[[], dict[str, Any]]) -> Response:
    try:
        told = await run_in_threadpool(ask)
    except Busy as error:
        return _refusal(409, error.message)
    except TailraceError as error:
        return _refusal(400, error.message, error.hint or "")
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(orjson.dumps(told), headers=headers, media_type="application/json")


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _BODY_BYTES:
            raise ValueError("it is too long")
    return body


def _language(given: str | None) -> str:
    return given if given in LANGUAGES else LANGUAGES[-1]


def _refusal(status: int, message: str, hint: str = "") -> Response:
    return Response(orjson.dumps({"message": message, "hint": hint}), status, media_type="application/json")
