"""uvicorn around the application, started and stopped by the thread that has the worker."""

from __future__ import annotations

import socket
import threading

import uvicorn

from tailrace.errors import ConfigError
from tailrace.rest.app import INTERFACE, App, Served
from tailrace.worker.settings import RestSettings
from tailrace.worker.worker import Worker

_STOP_SECONDS = 3
"""How long requests in flight may still take when the worker ends."""


class Server:
    """Listens from its making on; answers from `start` on."""

    def __init__(self, settings: RestSettings, served: Served = INTERFACE) -> None:
        """Raises ConfigError where the address cannot be had."""
        self._settings = settings
        self._served = served
        self._socket = _listen(settings)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """`host:port` by which others reach it, with the port that was given for 0."""
        return f"{self._settings.advertised or self._settings.listener.host}:{self._socket.getsockname()[1]}"

    def start(self, worker: Worker) -> None:
        """Answer for `worker`, in a thread of its own."""
        settings = self._settings
        tls = settings.listener.tls
        config = uvicorn.Config(
            App(worker, settings, self._served),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
            ssl_certfile=settings.certificate if tls else None,
            ssl_keyfile=settings.key if tls else None,
        )
        try:
            config.load()
        except OSError as error:
            message = f"rest.tls.certificate, rest.tls.key: cannot be used: {error}"
            raise ConfigError(message, hint="give PEM files that this user can read") from None
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="tailrace-rest", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Answer no more. Twice is once."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_SECONDS + 2)
        self._socket.close()


def _listen(settings: RestSettings) -> socket.socket:
    listener = settings.listener
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    try:
        return socket.create_server((listener.host, listener.port), family=family, backlog=128)
    except OSError as error:
        message = f"cannot listen on {listener}: {error.strerror or error}"
        raise ConfigError(
            message, hint="stop what listens there, or give another address: --listen 127.0.0.1:18083"
        ) from None
