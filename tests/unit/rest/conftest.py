"""A REST interface over a worker whose connectors are stopped, in this process."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from support.rest import Client
from tailrace.rest.server import Server
from tailrace.worker.settings import Listener, RestSettings, Settings
from tailrace.worker.sqlite import SqliteStore
from tailrace.worker.state import Target
from tailrace.worker.store import Stored
from tailrace.worker.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Serve(Protocol):
    def __call__(self, connectors: Mapping[str, Mapping[str, str]] | None = None, **rest: Any) -> Client: ...


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as ends:

        def made(connectors: Mapping[str, Mapping[str, str]] | None = None, **rest: Any) -> Client:
            store = SqliteStore(tmp_path / "worker.db")
            for name, config in (connectors or {}).items():
                store.put(Stored(name, {**config, "name": name}, Target.STOPPED))
            settings = replace(RestSettings(listener=Listener("127.0.0.1", 0)), **rest)
            server = Server(settings)
            worker = Worker(store, Settings(tmp_path, settings), server.address)
            ends.callback(worker.close)
            ends.callback(server.stop)
            worker.start()
            server.start(worker)
            return Client(f"http://{server.address}")

        yield made
