"""Pieces of tables and the stream together equal the tables, whatever is written, altered or killed meanwhile."""

from __future__ import annotations

import json
import os
import random
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import pymysql
import pytest
from pymysql.constants.ER import LOCK_DEADLOCK

from support.connector import Connector, doubled
from support.running import MARKER, SIGNALS
from tailrace.lab.server import await_condition
from tailrace.lab.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace.lab import Server

RUNS = int(os.environ.get("TAILRACE_RANDOM_RUNS", "8"))
XA_RBDEADLOCK = 1614
TABLES = {
    "keyed": "id INT PRIMARY KEY, amount DECIMAL(9,2), note VARCHAR(40), doc JSON, at TIMESTAMP(3) DEFAULT NOW(3)",
    "pair": "a INT, b VARCHAR(10), c DOUBLE, PRIMARY KEY (a, b)",
    "bytes": "k VARBINARY(8) PRIMARY KEY, v INT",
}


class Writer:
    """Rows first, then random transactions and statements on tables until told to end."""

    def __init__(self, server: Server, database: str, draw: random.Random) -> None:
        self._server = server
        self._database = database
        self._draw = draw
        self._end = threading.Event()
        self._error: BaseException | None = None
        self._altered = 0
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        with self._connect() as connection, connection.cursor() as cursor:
            for table, columns in TABLES.items():
                cursor.execute(f"CREATE TABLE {table} ({columns})")
            ids = self._draw.sample(range(4000), self._draw.choice([0, 30, 3000]))
            cursor.executemany("INSERT INTO keyed (id, amount) VALUES (%s, %s)", [(n, n / 4) for n in ids])
            cursor.executemany("INSERT INTO pair VALUES (%s, %s, %s)", [(n % 60, f"w{n}", n) for n in ids[:900]])
            cursor.executemany("INSERT INTO bytes VALUES (%s, %s)", [(n.to_bytes(3, "little"), n) for n in ids[:900]])
            connection.commit()
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
                    if self._draw.random() < 0.01:
                        self._alter(cursor)
                    self._transaction(cursor, self._draw.choice([1, 3, 12, 12, 300]))
        except BaseException as error:  # noqa: BLE001 - raised by __exit__
            self._error = error

    def _alter(self, cursor: Any) -> None:
        self._altered += 1
        number = self._altered
        cursor.execute(
            self._draw.choice(
                [
                    f"ALTER TABLE keyed ADD COLUMN extra{number} INT DEFAULT {number} FIRST",
                    f"ALTER TABLE pair ADD COLUMN extra{number} INT DEFAULT {number}",
                    f"ALTER TABLE pair MODIFY a BIGINT, ADD COLUMN extra{number} INT",
                    "TRUNCATE TABLE bytes",
                    "ALTER TABLE bytes MODIFY k VARBINARY(9)",
                ]
            )
        )

    def _transaction(self, cursor: Any, statements: int) -> None:
        draw = self._draw
        xa = draw.random() < 0.05
        if xa:
            cursor.execute("XA START 'x'")
        with suppress(pymysql.err.IntegrityError), _deadlocks():
            for _ in range(statements):
                number, word = draw.randint(1, 4000), draw.choice(["ä", "b", "c'\n", ""])
                cursor.execute(
                    *draw.choice(
                        [
                            ("REPLACE INTO keyed (id, amount, note) VALUES (%s, %s, %s)", (number, number / 4, word)),
                            ("UPDATE keyed SET doc = JSON_OBJECT('n', %s) WHERE id < %s LIMIT 5", (number, number)),
                            ("UPDATE keyed SET id = id + 10000 WHERE id = %s", (number,)),
                            ("DELETE FROM keyed WHERE id IN (%s, %s)", (number, number + 10000)),
                            ("REPLACE INTO pair (a, b, c) VALUES (%s, %s, %s)", (number % 60, word, number / 7)),
                            ("DELETE FROM pair WHERE a = %s LIMIT 3", (number % 60,)),
                            ("REPLACE INTO bytes VALUES (%s, %s)", (number.to_bytes(3, "little"), number)),
                            ("DELETE FROM bytes WHERE k > %s LIMIT 1", (number.to_bytes(3, "little"),)),
                        ]
                    )
                )
        if xa:
            # As the victim of a deadlock it can only be rolled back.
            with _deadlocks():
                cursor.execute("XA END 'x'")
                cursor.execute("XA PREPARE 'x'")
                cursor.execute(f"XA {draw.choice(['COMMIT', 'ROLLBACK'])} 'x'")
                return
            cursor.execute("XA ROLLBACK 'x'")
        else:
            cursor.execute("ROLLBACK" if draw.random() < 0.1 else "COMMIT")


@contextmanager
def _deadlocks() -> Iterator[None]:
    """The initial snapshot's LOCK TABLES may make a transaction a victim."""
    try:
        yield
    except pymysql.err.OperationalError as error:
        if error.args[0] not in {LOCK_DEADLOCK, XA_RBDEADLOCK}:
            raise


@pytest.fixture
def database(mysql: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"pieces_{request.node.callspec.params['number']}"
    mysql.execute(f"CREATE DATABASE {name}")
    mysql.execute(MARKER.format(name))
    mysql.execute(SIGNALS.format(f"{name}.asked"))
    yield name
    mysql.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize("number", range(RUNS))
def test_pieces_and_stream_equal_the_tables_under_writes_ddl_and_kills(
    number: int, mysql: Server, database: str, seed: int, tmp_path: Path
) -> None:
    draw = random.Random(f"{seed} incremental {number}")
    connector = Connector(
        tmp_path,
        mysql,
        database,
        snapshot__mode=draw.choice(["no_data", "initial"]),
        skipped__operations="none",
        signal__data__collection=f"{database}.asked",
        incremental__snapshot__chunk__size=draw.choice([3, 20, 100, 1024]),
        offset__flush__interval__ms=draw.choice([1, 20, 500]),
        tailrace__batch__bytes=draw.choice([4096, 1 << 20]),
    )
    waiting = threading.Event()
    with Writer(mysql, database, draw):
        connector.start()
        connector.await_streaming()
        data = json.dumps({"data-collections": [rf"{database}\.({'|'.join(TABLES)})"]})
        mysql.execute(f"INSERT INTO {database}.asked VALUES ('all', 'execute-snapshot', %s)", (data,))
        for _ in range(draw.choice([0, 1, 1, 2, 3])):
            # No condition is awaited: any moment will do.
            waiting.wait(draw.uniform(0.05, 0.9))
            connector.kill9()
            connector.start()
        waiting.wait(draw.uniform(0, 0.6))
    connector.catch_up(mysql, database)
    connector.await_offset(mysql.execute("SELECT @@GLOBAL.gtid_executed")[0][0])
    assert await_condition(lambda: "incremental_snapshot" not in (connector.offset() or {}), 60), connector.offset()
    assert connector.stop() == 0
    assert doubled(connector.events()) == []
    with mysql.connect() as connection:
        verdicts = verify(connection, database, connector.files)
    # A change of a row that was not read yet, or a row read once more under a new key, does not fit what was before it.
    assert [one for one in verdicts if one.rebuilt_hash != one.server_hash] == []
