"""The live systems of an exercise: two servers, a worker with a connector, and what the connector wrote."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pymysql

from tailrace.errors import LabError, TailraceError
from tailrace.lab.pair import Lab
from tailrace.lab.server import write_private
from tailrace.lab.verify import Verdict, events, verify
from tailrace.lab.worker import Worker, jsonl_config
from tailrace.ops.connect import Connect
from tailrace.ops.exposition import Exposition, scrape
from tailrace.ops.http import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tailrace.lab.aws import Aws
    from tailrace.lab.prometheus import Prometheus
    from tailrace.lab.server import Server

CONNECTOR = "shop"
DATABASE = "shop"
SERVER_ID = 54002
SETTLE_SECONDS = 30.0
STILL_SECONDS = 5.0
EVERY_SECONDS = 0.2
LOCK_SECONDS = 2
"""That a read waits for a table which somebody has locked."""


@dataclass(frozen=True)
class Stage:
    """Of the lab in its folder."""

    lab: Lab

    @property
    def primary(self) -> Server:
        """The source."""
        return self.lab.primary

    @property
    def replica(self) -> Server:
        """Its replica."""
        return self.lab.replica

    @property
    def worker(self) -> Worker:
        """Raises LabError where the lab has none."""
        worker = self.lab.worker
        if worker is None:
            raise LabError("this exercise needs the lab's worker", hint="tailrace lab up --with worker")
        return worker

    @property
    def connect(self) -> Connect:
        """The worker's REST interface."""
        return Connect(Access(self.worker.url))

    @property
    def prometheus(self) -> Prometheus:
        """Raises LabError where the lab has none."""
        prometheus = self.lab.prometheus
        if prometheus is None:
            raise LabError("this exercise needs the lab's Prometheus", hint="tailrace lab up --with prometheus")
        return prometheus

    @property
    def aws(self) -> Aws:
        """Raises LabError where the lab has no emulator of AWS."""
        aws = self.lab.aws
        if aws is None:
            raise LabError("this exercise needs the lab's AWS", hint="tailrace lab up --with aws")
        return aws

    def metrics(self) -> Exposition:
        """What the worker's /metrics says now."""
        return scrape(self.worker.metrics_url)

    @property
    def config(self) -> dict[str, str]:
        """Of the connector of the exercises, where nothing else is said."""
        return jsonl_config(self.primary, CONNECTOR, DATABASE, self.worker.events, server_id=SERVER_ID)

    def leave_config(self, changes: Mapping[str, str] | None = None) -> None:
        """The file that `tailrace lab up` leaves beside the worker, with these properties beside the usual ones; who
        began with `tailrace learn start` has none.
        """
        config = {**self.config, **(changes or {})}
        write_private(self.worker.folder / f"{CONNECTOR}.json", json.dumps(config, indent=1) + "\n")

    def make_connector(self, changes: Mapping[str, str] | None = None) -> None:
        """The connector of the exercises, running on return, with these properties beside the usual ones.

        Raises TailraceError where it does not come to run.
        """
        self.connect.create(CONNECTOR, {**self.config, **(changes or {})})
        self.connect.await_status(
            CONNECTOR, lambda status: status is not None and status.is_running, seconds=SETTLE_SECONDS
        )

    def stop_connector(self) -> None:
        """Stopped on return. Raises TailraceError where it does not come to stop."""
        self.connect.stop(CONNECTOR)
        self.connect.await_status(
            CONNECTOR, lambda status: status is not None and status.is_stopped, seconds=SETTLE_SECONDS
        )

    def resume_connector(self) -> bool:
        """Whether it runs and has caught up, or has failed."""
        self.connect.resume(CONNECTOR)

        def decided() -> bool:
            # A task that is about to fail is said to run first: what it has read tells them apart.
            return self.connect.status(CONNECTOR).is_failed or (self.is_running() and self.caught_up())

        self.until(decided, SETTLE_SECONDS)
        return not self.connect.status(CONNECTOR).is_failed

    def state(self) -> str:
        """`RUNNING, task 0 RUNNING`, or why it cannot be told."""
        try:
            return self.connect.status(CONNECTOR).summary
        except TailraceError as error:
            return error.message

    def is_running(self) -> bool:
        """Whether the connector and its task run."""
        try:
            return self.connect.status(CONNECTOR).is_running
        except TailraceError:
            return False

    def insert(self, into: str, rows: int, values: str) -> None:
        """So many rows into a table of the source, in one statement. `into`: its name, and the columns where not all
        are given; `values`: SQL of a row, in which `i` is its number, from 1.
        """
        with self.primary.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SET SESSION cte_max_recursion_depth = {rows}")
            cursor.execute(
                f"INSERT INTO {into} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
                f" SELECT {values} FROM n"
            )

    def written(self) -> Iterator[dict[str, Any]]:
        """The events that the connector wrote, in their order."""
        files = sorted(self.worker.events.glob("*.jsonl"))
        return (event for event in events(files) if event.get("op"))

    def verdicts(self, server: Server | None = None, folder: Path | None = None) -> list[Verdict]:
        """Each table of the server (None: the source), against what the files of `folder` (None: the worker's) make.

        Raises LabError where somebody has a table locked.
        """
        files = sorted((folder or self.worker.events).glob("*.jsonl"))
        asked = server or self.primary
        with asked.connect(init_command=f"SET lock_wait_timeout = {LOCK_SECONDS}") as connection:
            try:
                return verify(connection, DATABASE, files)
            except pymysql.OperationalError as error:
                raise LabError(f"the tables cannot be read: {error.args[-1]}", where=DATABASE) from None

    def compare(self, table: str, server: Server | None = None) -> Verdict | None:
        """The table rebuilt from what was written, against the server's (None: the source's); None: it has none."""
        return next((verdict for verdict in self.verdicts(server) if verdict.table == table), None)

    def unequal(self) -> list[Verdict]:
        """Tables of the source that what was written does not make, or not with each event once."""
        return [verdict for verdict in self.verdicts() if not verdict.equal]

    def purge(self) -> bool:
        """All binlog files of the source but the newest go; whether they did.

        One that the replica still reads stays until it has read on.
        """

        def gone() -> bool:
            self.primary.execute("PURGE BINARY LOGS TO %s", (self.primary.binlog_files()[-1].name,))
            return len(self.primary.binlog_files()) == 1

        return self.until(gone, SETTLE_SECONDS)

    def caught_up(self, connector: str = CONNECTOR) -> bool:
        """Whether the stored offset has all that the source has executed, and is not that of a snapshot under way."""
        stored = self.offset(connector)
        asked = "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, %s)"
        (missing,) = self.primary.execute(asked, (stored.get("gtids") or "",))[0]
        return not missing and not stored.get("snapshot")

    def offset(self, connector: str = CONNECTOR) -> dict[str, Any]:
        """The connector's stored offset; empty where there is none."""
        found = self.connect.offsets(connector)
        return dict(found[0].get("offset") or {}) if found else {}

    def settle(self, seconds: float = SETTLE_SECONDS, connector: str = CONNECTOR) -> bool:
        """Waits until the connector has caught up; whether it has."""
        return self.until(lambda: self.caught_up(connector), seconds)

    def until_still(self, holds: Callable[[], bool], seconds: float) -> bool:
        """As `until`, and it gives up where the connector has written nothing for STILL_SECONDS: no learner waits long
        to hear that nothing has been mended.
        """
        size, since, held = -1, time.monotonic(), False

        def decided() -> bool:
            nonlocal size, since, held
            held = holds()
            if held:
                return True
            now = sum(file.stat().st_size for file in self.worker.events.glob("*.jsonl"))
            if now != size:
                size, since = now, time.monotonic()
            return time.monotonic() - since >= STILL_SECONDS

        self.until(decided, seconds)
        return held

    @staticmethod
    def until(holds: Callable[[], bool], seconds: float) -> bool:
        """Whether `holds` came true within `seconds`; what cannot be asked does not hold."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    return True
            except TailraceError:
                pass
            if time.monotonic() >= deadline:
                return False
            time.sleep(EVERY_SECONDS)
