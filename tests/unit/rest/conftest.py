"""A REST interface over a worker whose connectors are stopped, in this process."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
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


@contextmanager
def served(folder: Path, connectors: Mapping[str, Mapping[str, str]], **rest: Any) -> Iterator[str]:
    """The address of an interface with these connectors."""
    store = SqliteStore(folder / "worker.db")
    for name, config in connectors.items():
        store.put(Stored(name, {**config, "name": name}, Target.STOPPED))
    settings = replace(RestSettings(listener=Listener("127.0.0.1", 0)), **rest)
    server = Server(settings)
    worker = Worker(store, Settings(folder, settings), server.address)
    try:
        worker.start()
        server.start(worker)
        yield f"http://{server.address}"
    finally:
        server.stop()
        worker.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as ends:
        yield lambda connectors=None, **rest: Client(ends.enter_context(served(tmp_path, connectors or {}, **rest)))


@pytest.fixture(scope="module")
def serve_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """For tests that ask much and change little."""
    connector = {
        "connector.class": "mysql",
        "topic.prefix": "shop",
        "database.hostname": "127.0.0.1",
        "database.user": "u",
    }
    with served(tmp_path_factory.mktemp("rest"), {"a": connector, "0": connector}, rate=0) as url:
        yield url
