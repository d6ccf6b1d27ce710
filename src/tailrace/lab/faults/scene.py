"""What a fault may touch: the lab, a connector of some worker, chance, and what it must remember to be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import pymysql
from pymysql.constants import ER

from tailrace.errors import LabError, TailraceError
from tailrace.lab.kafka import Broker
from tailrace.lab.pair import Lab
from tailrace.lab.process import await_condition
from tailrace.lab.proxy import Proxy
from tailrace.lab.server import Server

DATABASE = "shop"
"""Where there is no connector that says which."""
NAMES = ("refunds", "parcels", "coupons", "reviews", "returns", "vouchers", "invoices", "shipments")
STATE_SECONDS = 60.0
ROWS = 200


class Worker(Protocol):
    """A worker of Tailrace or of Kafka Connect, by its REST interface."""

    def config(self, name: str, /) -> dict[str, str]:
        """All properties."""

    def patch(self, name: str, changes: Mapping[str, str | None], /) -> None:
        """Changes properties; None removes one."""

    def create(self, name: str, config: dict[str, str], /) -> None:
        """Makes a connector."""

    def delete(self, name: str, /) -> None:
        """It goes."""

    def names(self) -> list[str]:
        """Of all connectors."""

    def pause(self, name: str, /) -> None:
        """Its tasks read nothing."""

    def resume(self, name: str, /) -> None:
        """Ends `pause` and `stop`."""

    def stop(self, name: str, /) -> None:
        """Its tasks end."""

    def status(self, name: str, /) -> Any:
        """Its state and its tasks'."""

    def offsets(self, name: str, /) -> list[dict[str, Any]]:
        """[{partition, offset}], as stored."""


@dataclass
class Scene:
    """Of one fault. `values`: what the placeholders of its texts stand for; `kept`: what undoing it needs."""

    lab: Lab
    random: Random
    connector: str = ""
    worker: Worker | None = None
    values: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def primary(self) -> Server:
        """The source."""
        return self.lab.primary

    @property
    def replica(self) -> Server:
        """Its replica."""
        return self.lab.replica

    @property
    def at(self) -> Worker:
        """The connector's worker. Raises LabError where none was named."""
        if self.worker is None or not self.connector:
            raise LabError("this fault needs a connector", hint="--connector NAME --url http://HOST:8083")
        return self.worker

    @property
    def has_connector(self) -> bool:
        """Whether there is still one to be healed."""
        try:
            return self.worker is not None and self.connector in self.worker.names()
        except TailraceError:
            return False

    @property
    def endpoint(self) -> Proxy:
        """Raises LabError where the lab has none, or the connector does not read through it."""
        endpoint = self.lab.endpoint
        if endpoint is None:
            raise LabError("this fault needs the lab's endpoint", hint="tailrace lab up --with endpoint")
        if self.at.config(self.connector).get("database.port") != str(endpoint.port):
            raise LabError(
                f"connector {self.connector} does not read through the lab's endpoint",
                hint=f"tailrace connector config {self.connector} --set database.port={endpoint.port}",
            )
        return endpoint

    @property
    def kafka(self) -> Broker:
        """Raises LabError where the lab has none."""
        kafka = self.lab.kafka
        if kafka is None:
            raise LabError("this fault needs the lab's Kafka", hint="tailrace lab up --with kafka")
        return kafka

    @property
    def database(self) -> str:
        """The one that the connector captures. Raises LabError where it captures single tables."""
        if not self.connector:
            return DATABASE
        config = self.at.config(self.connector)
        if config.get("table.include.list") or "," in config.get("database.include.list", ","):
            raise LabError(
                f"connector {self.connector} does not capture one whole database",
                hint="make one with database.include.list, and no table.include.list",
            )
        return config["database.include.list"]

    def make_table(self, rows: int = ROWS) -> str:
        """`database.table`, new and with rows, in the captured database; `heal_table` drops it."""
        table = f"{self.database}.{self.random.choice(NAMES)}_{self.random.randrange(10, 100)}"
        self.primary.execute(f"CREATE DATABASE IF NOT EXISTS {self.database}")
        self.primary.execute(
            f"CREATE TABLE {table} (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(200),"
            " amount DECIMAL(10,2) NOT NULL DEFAULT 0, changed_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        )
        self.values["TABLE"] = table
        self.write(rows)
        return table

    def write(self, rows: int, *, session: tuple[str, ...] = ()) -> None:
        """Rows into its table, in one transaction, in a session with these settings."""
        with self.primary.connect() as connection, connection.cursor() as cursor:
            for statement in session:
                cursor.execute(statement)
            cursor.execute(f"SET SESSION cte_max_recursion_depth = {rows + 1}")
            cursor.execute(
                f"INSERT INTO {self.values['TABLE']} (note, amount) WITH RECURSIVE n (i) AS"
                f" (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
                " SELECT CONCAT('note ', i), i / 100 FROM n"
            )

    def await_stored(self) -> None:
        """The connector's stored offset has what is executed now. Its table has rows. Raises LabError where it does not
        come to it.
        """
        (done,) = self.primary.execute("SELECT @@GLOBAL.gtid_executed")[0]
        # Debezium's has a transaction only when the next one has come: one that changes how many rows there are would
        # make that number depend on whether it was still read.
        self.primary.execute(f"UPDATE {self.values['TABLE']} SET amount = amount + 0.01 WHERE id = 1")

        def stored() -> bool:
            offset = next((each["offset"] or {} for each in self.at.offsets(self.connector)), {})
            return bool(self.primary.execute("SELECT GTID_SUBSET(%s, %s)", (done, offset.get("gtids") or ""))[0][0])

        self._until(stored, "stores no offset")

    def heal_table(self) -> None:
        """Drops what `make_table` made."""
        if table := self.values.get("TABLE"):
            self.primary.execute(f"DROP TABLE IF EXISTS {table}")

    def stop(self) -> None:
        """The connector's tasks have ended on return, however they were. Raises LabError."""
        worker = self.at
        worker.stop(self.connector)
        self._until(lambda: bool(worker.status(self.connector).is_stopped), "does not stop")

    def await_begun(self) -> None:
        """The connector has begun anew, whatever comes of it: it runs, or has failed. Raises LabError."""

        def begun() -> bool:
            status = self.at.status(self.connector)
            return bool(status.is_running or status.is_failed)

        self._until(begun, "does not begin anew")

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        if not await_condition(holds, STATE_SECONDS, every=0.1):
            raise LabError(f"connector {self.connector} {otherwise}", hint="tailrace connector status")

    def kill(self, session: int) -> None:
        """Ends a session at the primary; one that has gone by itself is fine."""
        try:
            self.primary.execute(f"KILL {session}")
        except pymysql.Error as error:
            if error.args[0] != ER.NO_SUCH_THREAD:
                raise

    def restart_replica(self) -> None:
        """It lives on when this process ends."""
        server = self.replica
        server.restart()
        server.release()
