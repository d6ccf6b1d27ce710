"""The play in its scenes: server, shop, capture, kill, restart, the shop closes, the proof."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailrace.errors import LabError
from tailrace.lab.demo.tail import Seen, Tail
from tailrace.lab.server import Server
from tailrace.lab.verify import Verdict, verify
from tailrace.lab.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATABASE = "shop"
OPENING_TRANSACTIONS = 1500
"""What the snapshot finds."""
BEAT = 0.1
"""Seconds between two looks at the files."""
CATCH_UP_SECONDS = 60.0
DOWN_SECONDS = 1.0
"""How long the connector stays dead: the shop goes on meanwhile."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is on stage now."""

    name: str
    seen: Seen = field(default_factory=Seen)
    transactions: int = 0
    """Committed by the shop so far."""
    alive: bool = False
    """Whether the connector runs."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How it ended, and where everything lies."""

    verdicts: tuple[Verdict, ...]
    seen: Seen
    transactions: int
    resumed_seconds: float
    """From the restart of the killed connector to its first new event."""
    folder: Path
    config: Path

    @property
    def holds(self) -> bool:
        """Whether each table rebuilt from its events equals the table, and no event came twice."""
        return self.seen.doubled == 0 and all(verdict.equal for verdict in self.verdicts)


def play(folder: Path, seconds: float, rate: float, *, keep: bool, show: Callable[[Scene], None]) -> Proof:
    """The shop is open for `seconds` at `rate` transactions a second; `keep` leaves the server running.

    What an earlier play left in `folder` is removed. Raises LabError where something does not come about.
    """
    with ExitStack() as ending:
        show(Scene("a MySQL server starts"))
        server = _server(folder, ending, keep=keep)
        show(Scene("the shop opens"))
        Workload(server.admin_dsn, rate=5000, database=DATABASE).run(
            threading.Event(), transactions=OPENING_TRANSACTIONS
        )
        stage = _Stage(Workload(server.admin_dsn, rate=rate, database=DATABASE), _Connector(folder, server), show)
        ending.callback(stage.clear)
        resumed = _act(stage, seconds)
        last = _last_change(server)
        stage.watch("the shop has closed; catching up", lambda now: now.seen.gtid == last, CATCH_UP_SECONDS)
        stage.connector.stop()
        final = stage.show("the proof: tables rebuilt from events")
        with server.connect() as connection:
            verdicts = verify(connection, DATABASE, sorted(stage.connector.events.glob("*.jsonl")))
        return Proof(tuple(verdicts), final.seen, final.transactions, resumed, folder, stage.connector.config)


def _act(stage: _Stage, seconds: float) -> float:
    """Capture, kill, restart while the shop is open; seconds from the restart to the first new event."""
    stage.connector.start()
    stage.shop.start()
    began = time.monotonic()
    stage.watch("snapshot, then stream", lambda now: bool(now.seen.gtid), CATCH_UP_SECONDS)
    stage.wait("streaming", began + seconds / 2)
    stage.connector.kill9()
    stage.wait("kill -9: the shop goes on without us", time.monotonic() + DOWN_SECONDS)
    old = stage.show("started again: on from the stored offset").seen.gtid
    restarted = time.monotonic()
    stage.connector.start()
    stage.watch(
        "started again: on from the stored offset", lambda now: now.seen.gtid not in ("", old), CATCH_UP_SECONDS
    )
    resumed = time.monotonic() - restarted
    stage.wait("streaming", began + seconds)
    stage.shop.close()
    return resumed


class _Stage:
    """Shop and connector, and whoever looks at them."""

    def __init__(self, workload: Workload, connector: _Connector, show: Callable[[Scene], None]) -> None:
        self.shop = _OpenShop(workload)
        self.connector = connector
        self._show = show

    def show(self, name: str) -> Scene:
        scene = Scene(name, self.connector.tail.refresh(), self.shop.transactions, self.connector.alive)
        self._show(scene)
        return scene

    def watch(self, name: str, until: Callable[[Scene], bool], limit: float) -> None:
        """Shows on until the condition holds; raises LabError after `limit` seconds."""
        deadline = time.monotonic() + limit
        while not until(self.show(name)):
            if time.monotonic() > deadline:
                raise LabError(f"{name}: not within {limit:.0f} s", where=str(self.connector.log))
            self.connector.check()
            time.sleep(BEAT)

    def wait(self, name: str, until: float) -> None:
        """Shows on until a moment of the monotonic clock."""
        while time.monotonic() < until:
            self.show(name)
            self.connector.check()
            time.sleep(BEAT)

    def clear(self) -> None:
        self.connector.end()
        self.shop.close()


def _server(folder: Path, ending: ExitStack, *, keep: bool) -> Server:
    """A new server in an empty folder."""
    if (folder / "mysql" / "server.json").exists():
        Server.open(folder / "mysql").kill9()
    for old in ("mysql", "events"):
        shutil.rmtree(folder / old, ignore_errors=True)
    for file in folder.glob("state.db*"):
        file.unlink()
    server = Server.create(folder / "mysql")
    ending.callback(server.release if keep else server.stop)
    server.start()
    return server


def _last_change(server: Server) -> str:
    """One more captured change; its GTID."""
    with server.connect(database=DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE customers SET is_active = NOT is_active ORDER BY id DESC LIMIT 1")
        cursor.execute("SELECT @@server_uuid, @@gtid_executed")
        uuid, executed = cursor.fetchone() or ("", "")
    return f"{uuid}:{executed.replace(chr(10), '').rpartition('-')[2]}"


class _Connector:
    """`tailrace run` as a process of its own, that can be killed."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.config = folder / "shop.properties"
        self.events = folder / "events"
        self.log = folder / "connector.log"
        self.tail = Tail(self.events)
        self._process: subprocess.Popen[bytes] | None = None
        properties = {
            "name": "shop",
            "topic.prefix": "shop",
            "database.hostname": server.host,
            "database.port": server.port,
            "database.user": server.user,
            "database.password": server.password,
            "database.server.id": 5400,
            "database.include.list": DATABASE,
            "storage.path": folder / "state.db",
            "sink.type": "jsonl",
            "sink.path": self.events,
        }
        self.log.unlink(missing_ok=True)
        self.config.touch(mode=0o600)
        self.config.write_text("".join(f"{k}={v}\n" for k, v in properties.items()), encoding="utf-8")

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.tail.rewind()
        command = [sys.executable, "-m", "tailrace.cli", "run", str(self.config)]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C is for the play, which ends its actors itself.
            self._process = subprocess.Popen(command, stderr=log, start_new_session=True)

    def check(self) -> None:
        """Raises LabError where the connector ended by itself."""
        if self._process is not None and self._process.poll() not in (None, -signal.SIGKILL):
            raise LabError("the connector has ended", where=str(self.log))

    def kill9(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            if self._process.wait(30) != 0:
                raise LabError("the connector did not stop cleanly", where=str(self.log))

    def end(self) -> None:
        if self.alive:
            self.kill9()


class _OpenShop:
    """The workload in a thread; `close` raises what went wrong in it."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._closing = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def transactions(self) -> int:
        return self._workload.progress().transactions

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        error, self._error = self._error, None
        if error:
            raise error

    def _run(self) -> None:
        try:
            self._workload.run(self._closing)
        except BaseException as error:  # noqa: BLE001 - raised by close
            self._error = error
