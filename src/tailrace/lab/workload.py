"""Runs the order shop on a server at a set rate: several connections, a round trip a transaction, DDL now and then."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.constants import CLIENT, ER

from tailrace.errors import ConnectionLost, LabError
from tailrace.lab import checksum
from tailrace.lab.shop import DDL, TABLES, Shop

if TYPE_CHECKING:
    from pymysql.connections import Connection

BEAT = 0.01
"""Seconds: transactions due within one are run together, so 1,000/s wake a thread 100 times a second, not 1,000."""
MOST_AT_ONCE = 50
"""Transactions in one round trip."""
PASSING = frozenset({ER.LOCK_DEADLOCK, ER.LOCK_WAIT_TIMEOUT})
"""Rolled back by the server, and no fault: the next transaction is tried instead."""


@dataclass(frozen=True)
class Progress:
    """What a workload has done so far."""

    transactions: int
    rolled_back: int
    ddl: int
    seconds: float


class Workload:
    """The shop in `database` (made if it is not there; carried on with if it is) at `rate` transactions a second.

    The statements follow from `seed`; how the connections interleave does not. `ddl_every` is in seconds, 0 for none.
    """

    def __init__(
        self,
        dsn: str,
        rate: float = 100.0,
        seed: int = 1,
        *,
        database: str = "shop",
        threads: int = 4,
        ddl_every: float = 5.0,
    ) -> None:
        if rate <= 0 or threads < 1:
            raise LabError(f"a workload needs a rate above 0 and at least one thread, not {rate} and {threads}")
        self.database = database
        self._dsn = dsn
        self._rate = rate
        self._seed = seed
        self._threads = threads
        self._ddl_every = ddl_every
        self._lock = threading.Lock()
        self._done = self._rolled_back = self._ddl = 0
        self._started = time.monotonic()
        self._failure: Exception | None = None
        self.is_prepared = False
        """Its tables are there."""

    def prepare(self) -> None:
        """Makes database and tables where they are not there. Raises ConnectionLost."""
        with self._connect(database=None) as connection, connection.cursor() as cursor:
            # IF NOT EXISTS notes what exists; that is no warning worth passing on.
            cursor.execute("SET sql_notes = 0")
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{self.database}` CHARACTER SET utf8mb4")
            for table, columns in TABLES.items():
                cursor.execute(f"CREATE TABLE IF NOT EXISTS `{self.database}`.{table} ({columns})")
        self.is_prepared = True

    def run(self, stop: threading.Event, *, transactions: int | None = None) -> Progress:
        """Writes until `stop` is set, or about `transactions` are done. Raises what ended a connection."""
        self.prepare()
        first_id = self._first_free_id()
        self._started = time.monotonic()
        share = None if transactions is None else -(-transactions // self._threads)
        writers = [
            threading.Thread(target=self._guard, args=(self._write, stop, first_id + k, k, share), name=f"shop-{k}")
            for k in range(self._threads)
        ]
        writers_done = threading.Event()
        changer = threading.Thread(target=self._guard, args=(self._change, stop, writers_done), name="shop-ddl")
        for thread in [*writers, changer]:
            thread.start()
        for thread in writers:
            thread.join()
        writers_done.set()
        changer.join()
        if self._failure:
            raise self._failure
        return self.progress()

    def progress(self) -> Progress:
        """The counts so far; may be asked from any thread."""
        with self._lock:
            return Progress(self._done, self._rolled_back, self._ddl, time.monotonic() - self._started)

    def sums(self) -> dict[str, checksum.TableSum]:
        """Rows and hash of each table as of now."""
        with self._connect() as connection:
            return checksum.table_sums(connection, self.database)

    def _guard(self, work: Any, stop: threading.Event, *arguments: object) -> None:
        try:
            work(stop, *arguments)
        except (pymysql.Error, ConnectionLost) as error:
            # One dead connection ends the others: half a workload would look like a whole one.
            stop.set()
            with self._lock:
                self._failure = self._failure or error

    def _write(self, stop: threading.Event, first_id: int, number: int, share: int | None) -> None:
        shop = Shop(Random(f"{self._seed}-{number}"), first_id, self._threads)  # noqa: S311 - reproducible, no secret
        interval = self._threads / self._rate
        due = time.monotonic()
        done = 0
        with self._connect(autocommit=False) as connection:
            while not stop.is_set() and done != share:
                now = time.monotonic()
                if due > now:
                    stop.wait(max(BEAT, due - now))
                    continue
                # A server that was away is not made up for: the rate is a ceiling.
                due = max(due, now - 1)
                left = MOST_AT_ONCE if share is None else share - done
                count = min(1 + int((now - due) / interval), MOST_AT_ONCE, left)
                committed = self._commit(connection, [shop.transaction() for _ in range(count)])
                due += count * interval
                done += count
                with self._lock:
                    self._done += committed
                    self._rolled_back += count - committed

    def _commit(self, connection: Connection[Any], transactions: list[list[str]]) -> int:
        """Runs all in one round trip, and says how many were committed: where one fails, the rest is not tried."""
        committed = 0
        try:
            with connection.cursor() as cursor:
                cursor.execute(";".join(f"{';'.join(statements)};COMMIT" for statements in transactions))
                for statements in transactions:
                    for _ in statements:
                        cursor.nextset()
                    committed += 1
                    cursor.nextset()
        except pymysql.OperationalError as error:
            if error.args[0] not in PASSING:
                raise
            connection.rollback()
        return committed

    def _change(self, stop: threading.Event, writers_done: threading.Event) -> None:
        if not self._ddl_every:
            return
        with self._connect() as connection, connection.cursor() as cursor:
            step = _next_ddl(cursor)
            while not writers_done.wait(self._ddl_every) and not stop.is_set():
                cursor.execute(DDL[step % len(DDL)])
                step += 1
                with self._lock:
                    self._ddl += 1

    def _first_free_id(self) -> int:
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT GREATEST((SELECT COALESCE(MAX(id), 0) FROM customers),"
                " (SELECT COALESCE(MAX(id), 0) FROM orders), (SELECT COALESCE(MAX(id), 0) FROM payments))"
            )
            row = cursor.fetchone()
            assert row is not None
            return int(row[0])

    def _connect(self, *, database: str | None = "", autocommit: bool = True) -> Connection[Any]:
        server = urlsplit(self._dsn)
        try:
            return pymysql.connect(
                host=server.hostname or "127.0.0.1",
                port=server.port or 3306,
                user=unquote(server.username or ""),
                password=unquote(server.password or ""),
                database=self.database if database == "" else database,
                charset="utf8mb4",
                autocommit=autocommit,
                connect_timeout=10,
                client_flag=CLIENT.MULTI_STATEMENTS,
            )
        except pymysql.OperationalError as error:
            raise ConnectionLost(
                f"the workload cannot connect: {error.args[-1]}", where=f"{server.hostname}:{server.port}"
            ) from error


def _next_ddl(cursor: Any) -> int:
    """Where in the round of DDL the tables stand, so that a second run goes on where the first was stopped."""
    cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
        " AND column_name IN ('gift_text', 'card_text', 'points')"
    )
    columns = {row[1] for row in cursor.fetchall()}
    cursor.execute(
        "SELECT COUNT(*) FROM information_schema.statistics"
        " WHERE table_schema = DATABASE() AND index_name = 'by_status'"
    )
    indexed = bool(cursor.fetchone()[0])
    stages = {
        (frozenset(), False): 0,
        (frozenset({"gift_text"}), False): 1,
        (frozenset({"gift_text"}), True): 2,
        (frozenset({"card_text"}), True): 3,
        (frozenset({"card_text", "points"}), True): 4,
        (frozenset({"card_text", "points"}), False): 5,
        (frozenset({"points"}), False): 6,
    }
    try:
        return stages[frozenset(columns), indexed]
    except KeyError:
        raise LabError("the shop's tables were altered by others", hint="tailrace lab reset") from None
