"""The play in its scenes: server, shop, capture, kill, restart, the shop closes, the proof."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailrace.errors import LabError
from tailrace.lab import background
from tailrace.lab.demo.connector import Connector, Life
from tailrace.lab.demo.tail import Seen
from tailrace.lab.pair import Lab
from tailrace.lab.server import Server
from tailrace.lab.verify import Verdict, verify
from tailrace.lab.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATABASE = "shop"
MARK = ".tailrace-demo"
"""A file in the folder of a play: what lies there is ours to remove."""
OPENING_TRANSACTIONS = 1500
"""What the snapshot finds."""
DDL_SECONDS = 2.0
"""Between two ALTER TABLE of the shop."""
BEAT = 0.1
"""Seconds between two looks at the files."""
CATCH_UP_SECONDS = 60.0
DOWN_SECONDS = 1.0
"""How long the connector stays dead: the shop goes on meanwhile."""
PROOF = "the proof: every table rebuilt from its events alone"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is on stage now."""

    name: str
    seen: Seen = field(default_factory=Seen)
    transactions: int = 0
    """Committed by the shop while it is open."""
    ddl: int = 0
    """ALTER TABLE by the shop."""
    connector: Life = Life.WAITING


@dataclass(frozen=True, slots=True)
class Proof:
    """How it ended, and where everything lies."""

    verdicts: tuple[Verdict, ...]
    last: Scene
    resumed_seconds: float
    """From the restart of the killed connector to its first new event."""
    lab: Path
    config: Path
    files: tuple[Path, ...]

    @property
    def doubled(self) -> int:
        """Events that came twice."""
        return sum(verdict.doubled for verdict in self.verdicts)

    @property
    def holds(self) -> bool:
        """Whether each table rebuilt from its events equals the table, and each event came once, in its place."""
        return all(verdict.equal for verdict in self.verdicts)


def play(folder: Path, seconds: float, rate: float, *, keep: bool, show: Callable[[Scene], None]) -> Proof:
    """The shop is open at `rate` transactions a second, from the snapshot on for `seconds`; `keep` leaves the server.

    What an earlier play left in `folder` is removed. Raises LabError where something does not come about; nothing is
    left running then.
    """
    clear_folder(folder)
    with ExitStack() as ending:
        show(Scene("a MySQL server starts"))
        server = Server.create(folder / "lab" / "primary")
        ending.callback(server.stop)
        server.start()
        show(Scene("the shop opens, and sells for a while"))
        Workload(server.admin_dsn, rate=5000, database=DATABASE).run(
            threading.Event(), transactions=OPENING_TRANSACTIONS
        )
        shop = _OpenShop(Workload(server.admin_dsn, rate=rate, database=DATABASE, ddl_every=DDL_SECONDS))
        stage = _Stage(shop, Connector(folder, server, DATABASE), show)
        ending.callback(stage.clear)
        resumed = _act(stage, seconds)
        last = _last_change(server)
        stage.watch("the shop has closed; catching up", lambda now: now.seen.gtid == last, CATCH_UP_SECONDS)
        stage.connector.stop()
        final = stage.show(PROOF)
        files = tuple(stage.connector.files)
        with server.connect() as connection:
            verdicts = verify(connection, DATABASE, files)
        if keep:
            server.release()
            ending.pop_all()
        return Proof(tuple(verdicts), final, resumed, folder / "lab", stage.connector.config, files)


def clear_folder(folder: Path) -> None:
    """Ends and removes an earlier play. Raises LabError where the folder holds anything else."""
    if (folder / MARK).exists():
        primary = folder / "lab" / "primary"
        if (primary / "server.json").exists():
            background.stop(Lab(folder / "lab"))
            Server.open(primary).kill9()
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise LabError(
            "the folder is not empty, and not of an earlier demo", where=str(folder), hint="--dir NEW_FOLDER"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def _act(stage: _Stage, seconds: float) -> float:
    """Capture, kill, restart while the shop is open; seconds from the restart to the first new event."""
    stage.connector.start()
    stage.shop.start()
    stage.watch("snapshot while the shop goes on", lambda now: bool(now.seen.gtid), CATCH_UP_SECONDS)
    began = time.monotonic()
    stage.wait("streaming", began + seconds / 2)
    stage.connector.kill9()
    stage.wait("kill -9 of the connector; the shop goes on", time.monotonic() + DOWN_SECONDS)
    again = "started again; it goes on from the stored offset"
    old = _number(stage.show(again).seen.gtid)
    restarted = time.monotonic()
    stage.connector.start()
    stage.watch(again, lambda now: _number(now.seen.gtid) > old, CATCH_UP_SECONDS)
    resumed = time.monotonic() - restarted
    stage.wait("streaming again", began + seconds)
    stage.shop.close()
    return resumed


def _number(gtid: str) -> int:
    """Of the transaction: there is one server only, so it grows."""
    return int(gtid.rpartition(":")[2] or 0)


class _Stage:
    """Shop and connector, and whoever looks at them."""

    def __init__(self, shop: _OpenShop, connector: Connector, show: Callable[[Scene], None]) -> None:
        self.shop = shop
        self.connector = connector
        self._show = show

    def show(self, name: str) -> Scene:
        done = self.shop.workload.progress()
        scene = Scene(name, self.connector.tail.refresh(), done.transactions, done.ddl, self.connector.life)
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
            self.shop.check()
            time.sleep(BEAT)

    def clear(self) -> None:
        self.connector.kill9()
        self.shop.close()


def _last_change(server: Server) -> str:
    """One more captured change; its GTID."""
    with server.connect(database=DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE customers SET is_active = NOT is_active ORDER BY id DESC LIMIT 1")
        cursor.execute("SELECT @@server_uuid, @@gtid_executed")
        uuid, executed = cursor.fetchone() or ("", "")
    return f"{uuid}:{executed.replace(chr(10), '').rpartition('-')[2]}"


class _OpenShop:
    """The workload in a thread; `check` and `close` raise LabError where it went wrong."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self._closing = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def check(self) -> None:
        error, self._error = self._error, None
        if error:
            raise LabError(f"the shop had to close: {error}") from error

    def close(self) -> None:
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.check()

    def _run(self) -> None:
        try:
            self.workload.run(self._closing)
        except BaseException as error:  # noqa: BLE001 - raised by check
            self._error = error
