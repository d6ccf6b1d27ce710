"""`/metrics` over HTTP, for Prometheus: the one part of this package that does more than make text."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tailrace.errors import ConfigError
from tailrace.metrics.render import render
from tailrace.model.progress import Progress

log = logging.getLogger(__name__)

PATH: Final = "/metrics"
_PAGE: Final = b'<a href="/metrics">/metrics</a>, with texts: <a href="/metrics?texts=all">/metrics?texts=all</a>\n'
_IDLE_SECONDS: Final = 30.0


class MetricsServer:
    """Listens from its making until `close`."""

    def __init__(self, host: str, port: int, connectors: Callable[[], Iterable[Progress]]) -> None:
        """`port` 0: a free one. Raises ConfigError where the address cannot be had."""
        try:
            self._server = _Server((host, port), _Handler)
        except OSError as error:
            message = f"cannot serve metrics on {host}:{port}: {error.strerror or error}"
            raise ConfigError(message, hint="stop what listens there, or give another port") from None
        self._server.connectors = connectors
        self._thread = threading.Thread(target=self._server.serve_forever, name="tailrace-metrics", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """`host:port`."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    connectors: Callable[[], Iterable[Progress]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        """The metrics, or where they are."""
        url = urlsplit(self.path)
        if url.path == PATH:
            every = parse_qs(url.query).get("texts") == ["all"]
            accept = self.headers.get("Accept", "")
            body, content_type = render(self.server.connectors(), time.time(), accept=accept, restless=every)
            self._answer(HTTPStatus.OK, body, content_type)
        elif url.path == "/":
            self._answer(HTTPStatus.OK, _PAGE, "text/html; charset=utf-8")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"ask for /metrics\n", "text/plain; charset=utf-8")

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Requests are no news."""
        log.debug(format, *args)
