"""Consoles to look at: one in this process, and one of a worker with a primary, a replica and their writes; and a
browser for them.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from support.rest import Client, connector_config
from support.workers import TailraceWorker
from tailrace.config import Password
from tailrace.errors import LabError
from tailrace.lab.browser import OPTIONS, chromium
from tailrace.lab.pair import Lab
from tailrace.lab.process import await_condition
from tailrace.rest.server import Server
from tailrace.ui.console import Console
from tailrace.worker.settings import Credential, Listener, RestSettings, Role, Settings
from tailrace.worker.sqlite import SqliteStore
from tailrace.worker.state import State, Target
from tailrace.worker.store import Status, Stored, Told
from tailrace.worker.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tailrace.lab.server import Server as MySql

CONFIG = {
    "connector.class": "mysql",
    "topic.prefix": "shop",
    # Where nothing listens.
    "database.hostname": "127.0.0.1",
    "database.port": "1",
    "database.user": "u",
    "database.password": "pAsSwOrD-of-the-source",
}
USERS = (
    Credential("reader", Role.READ_ONLY, Password("reading")),
    Credential("ops", Role.OPERATOR, Password("token-of-ops")),
)


@contextmanager
def served(
    folder: Path, *, target: Target = Target.STOPPED, elsewhere: str = "", site: Path | None = None, **rest: Any
) -> Iterator[Client]:
    """A worker with one connector, which is stopped; or is another worker's (`elsewhere`)."""
    store = SqliteStore(folder / "worker.db")
    store.put(Stored("a", {**CONFIG, "name": "a"}, target))
    if elsewhere:
        store.put_status("a", Status(Told(State.STOPPED, elsewhere)))
    settings = Settings(folder, replace(RestSettings(listener=Listener("127.0.0.1", 0), rate=0), **rest), site=site)
    console = Console(settings)
    server = Server(settings.rest, console.served)
    worker = Worker(store, settings, server.address, owns=lambda _: not elsewhere)
    try:
        worker.start()
        server.start(worker)
        console.start(worker)
        yield Client(f"http://{server.address}")
    finally:
        server.stop()
        console.close()
        worker.close()


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium. Skips where there is none; fails where `CI` is set."""
    try:
        found = chromium()
    except LabError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found.path, args=list(OPTIONS), env=found.environment)
        yield made
        made.close()


BIG = 60_000
"""Rows of the table that takes a while to read."""
TABLES = (
    "CREATE DATABASE shop",
    "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, status VARCHAR(20), total INT, note TEXT)",
    "CREATE TABLE shop.customers (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40), email VARCHAR(60))",
    "CREATE TABLE shop.big (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
    "INSERT INTO shop.orders (status, total) VALUES ('new', 10), ('paid', 25), ('new', 7)",
    "INSERT INTO shop.customers (name, email) VALUES ('Anna', 'anna@example.org'), ('José', 'jose@example.org')",
    (
        "INSERT INTO shop.big (v) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        f" SELECT a.i FROM n AS a JOIN n AS b ON b.i <= {BIG // 1000}"
    ),
)


@dataclass(frozen=True)
class Scene:
    """A primary and a replica, and a worker with connectors: `shop` on the primary, `copy` on the replica."""

    primary: MySql
    replica: MySql
    client: Client
    folder: Path

    @property
    def url(self) -> str:
        return f"{self.client.url}/console/"

    def create(self, name: str, server: MySql, number: int, **properties: object) -> None:
        config = connector_config(
            server,
            "shop",
            topic__prefix=name,
            database__server__id=number,
            sink__path=str(self.folder / "events" / name),
            **properties,
        )
        reply = self.client.ask("POST", "/connectors", {"name": name, "config": config})
        assert reply.status == 201, reply.text

    def captured(self, name: str, gtids: str = "") -> bool:
        """Whether the connector has come to this place, or to any."""
        found = self.client.ask("GET", f"/connectors/{name}/offsets").body["offsets"]
        return bool(found) and (found[0]["offset"] or {}).get("gtids", "").endswith(gtids)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    with ExitStack() as ends:
        servers = Lab(folder / "lab").up()
        primary, replica = servers.primary, servers.replica
        ends.callback(primary.kill9)
        ends.callback(replica.kill9)
        for statement in TABLES:
            primary.execute(statement)
        worker = ends.enter_context(TailraceWorker(folder, sink__type="jsonl"))
        made = Scene(primary, replica, Client(worker.url), folder)
        more = {"snapshot__mode": "no_data"}
        made.create("shop", primary, 801, column__mask__with__8__chars="shop.customers.email", **more)
        made.create("copy", replica, 802, **more)
        for name in ("shop", "copy"):
            made.client.await_state(name, "RUNNING", "RUNNING")
            assert await_condition(lambda name=name: made.captured(name), 30, every=0.1)
        primary.execute("UPDATE shop.orders SET note = 'first' WHERE id = 2")
        events = "/console/api/connectors/shop/events"
        assert await_condition(lambda: "first" in made.client.ask("GET", events).text, 30, every=0.2)
        yield made
