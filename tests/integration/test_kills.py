"""Snapshot and stream together equal the tables, whatever is written meanwhile and whenever the connector is killed."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import pymysql
import pytest
from pymysql.constants.ER import LOCK_DEADLOCK

from support.connector import Connector, doubled
from tailrace.lab.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace.lab import Server

SEEDS = 50
TABLES = {
    "keyed": "id INT PRIMARY KEY, amount DECIMAL(9,2), note VARCHAR(40), doc JSON, at TIMESTAMP(3) DEFAULT NOW(3)",
    "pair": "a INT, b VARCHAR(10), c DOUBLE, PRIMARY KEY (a, b)",
    "keyless": "n INT, text VARCHAR(20)",
}


class Writer:
    """Random transactions until told to end, each committed whole or not at all."""

    def __init__(self, server: Server, database: str, draw: random.Random) -> None:
        self._server = server
        self._database = database
        self._draw = draw
        self._end = threading.Event()
        self._error: BaseException | None = None
        self._columns = 0
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        with self._connect() as connection, connection.cursor() as cursor:
            for table, columns in TABLES.items():
                cursor.execute(f"CREATE TABLE {table} ({columns})")
            cursor.execute("CREATE TABLE marker (id INT PRIMARY KEY)")
            for _ in range(self._draw.randint(0, 8)):
                self._transaction(cursor, self._draw.randint(1, 60))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _connect(self) -> pymysql.connections.Connection[Any]:
        return self._server.connect(database=self._database, autocommit=False)

    def _run(self) -> None:
        try:
            with self._connect() as connection, connection.cursor() as cursor:
                while not self._end.is_set():
                    if self._draw.random() < 0.02:
                        self._alter(cursor)
                    large = self._draw.random() < 0.03
                    self._transaction(cursor, self._draw.randint(500, 1500) if large else self._draw.randint(1, 12))
        except BaseException as error:  # noqa: BLE001 - raised by __exit__
            self._error = error

    def _alter(self, cursor: Any) -> None:
        self._columns += 1
        position = self._draw.choice(["", "FIRST", "AFTER id"])
        cursor.execute(f"ALTER TABLE keyed ADD COLUMN extra{self._columns} INT DEFAULT {self._columns} {position}")

    def _transaction(self, cursor: Any, statements: int) -> None:
        draw = self._draw
        with suppress(pymysql.err.IntegrityError), _deadlocks():
            for _ in range(statements):
                number, word = draw.randint(1, 400), draw.choice(["ä", "b", "c'\n", ""])
                cursor.execute(
                    *draw.choice(
                        [
                            ("REPLACE INTO keyed (id, amount, note) VALUES (%s, %s, %s)", (number, number / 4, word)),
                            ("UPDATE keyed SET doc = JSON_OBJECT('n', %s) WHERE id = %s", (number, number)),
                            ("UPDATE keyed SET id = id + 1000 WHERE id = %s", (number,)),
                            ("DELETE FROM keyed WHERE id IN (%s, %s)", (number, number + 1000)),
                            ("REPLACE INTO pair VALUES (%s, %s, %s)", (number % 50, word, number / 7)),
                            ("DELETE FROM pair WHERE a = %s", (number % 50,)),
                            ("INSERT INTO keyless VALUES (%s, %s), (%s, %s)", (number, word, number, word)),
                            ("DELETE FROM keyless WHERE n = %s LIMIT 1", (number,)),
                        ]
                    )
                )
        cursor.execute("ROLLBACK" if draw.random() < 0.1 else "COMMIT")


@contextmanager
def _deadlocks() -> Iterator[None]:
    """The snapshot's LOCK TABLES may make a transaction a victim; the server has rolled it back."""
    try:
        yield
    except pymysql.err.OperationalError as error:
        if error.args[0] != LOCK_DEADLOCK:
            raise


@pytest.fixture
def database(mysql: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"kills_{request.node.callspec.params['number']}"
    mysql.execute(f"CREATE DATABASE {name}")
    yield name
    mysql.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize("number", range(SEEDS))
def test_nothing_is_lost_or_doubled_by_kills_at_any_moment(
    number: int, mysql: Server, database: str, seed: int, tmp_path: Path
) -> None:
    draw = random.Random(f"{seed} {number}")
    modes = {"sink__rotate__bytes": 20_000} if number % 3 == 0 else {}
    connector = Connector(
        tmp_path,
        mysql,
        database,
        snapshot__max__threads=1 + number % 2,
        offset__flush__interval__ms=draw.choice([1, 20, 1000]),
        tailrace__batch__bytes=draw.choice([4096, 1 << 20]),
        **modes,
    )
    waiting = threading.Event()
    with Writer(mysql, database, draw):
        for _ in range(draw.randint(1, 3)):
            connector.start()
            # Between the first connection and a second of streaming; no condition is awaited: any moment will do.
            waiting.wait(draw.uniform(0.3, 1.2))
            connector.kill9()
        connector.start()
        waiting.wait(draw.uniform(0, 0.5))
    connector.catch_up(mysql, database)
    assert connector.stop() == 0
    assert doubled(connector.events()) == []
    with mysql.connect() as connection:
        wrong = [verdict for verdict in verify(connection, database, connector.files) if not verdict.equal]
    assert wrong == []
