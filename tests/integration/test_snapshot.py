from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tailrace.config.field import Password
from tailrace.config.snapshot import LockingMode
from tailrace.config.source import SourceConfig
from tailrace.errors import SnapshotConflict
from tailrace.history.from_server import read_tables
from tailrace.lab.server import await_condition
from tailrace.model.table import TableId
from tailrace.mysql.connection import Connection, connect
from tailrace.snapshot.open import OpenSnapshot, Rung, open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailrace import lab

TABLES = (TableId("snap", "account"), TableId("snap", "ledger"))
ACCOUNTS, BALANCE = 20, 1_000
SEEING = "SELECT, REPLICATION SLAVE, REPLICATION CLIENT"


@pytest.fixture
def bank(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute("CREATE DATABASE snap")
    mysql.execute("CREATE TABLE snap.account (id INT PRIMARY KEY, balance INT NOT NULL)")
    mysql.execute("CREATE TABLE snap.ledger (id BIGINT AUTO_INCREMENT PRIMARY KEY, amount INT NOT NULL)")
    mysql.execute(
        "INSERT INTO snap.account VALUES " + ", ".join(f"({number}, {BALANCE})" for number in range(ACCOUNTS))
    )
    yield mysql
    mysql.execute("DROP DATABASE snap")


@contextmanager
def transfers(server: lab.Server, writers: int = 2) -> Iterator[None]:
    """Each transaction moves money between accounts and writes one row of the ledger."""
    stop = threading.Event()

    def write(number: int) -> None:
        with closing(server.connect(autocommit=False)) as connection, connection.cursor() as cursor:
            turn = 0
            while not stop.is_set():
                turn += 1
                source, target = sorted(((turn * 7 + number) % ACCOUNTS, (turn * 3 + number + 1) % ACCOUNTS))
                cursor.execute("UPDATE snap.account SET balance = balance - 1 WHERE id = %s", (source,))
                cursor.execute("UPDATE snap.account SET balance = balance + 1 WHERE id = %s", (target,))
                cursor.execute("INSERT INTO snap.ledger (amount) VALUES (1)")
                connection.commit()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    try:
        assert await_condition(lambda: bool(server.execute("SELECT COUNT(*) > 20 FROM snap.ledger")[0][0]), 20)
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def user(server: lab.Server, grants: str) -> Iterator[Callable[[], Connection]]:
    server.execute("CREATE USER narrow@'%' IDENTIFIED BY 'p'")
    try:
        server.execute(f"GRANT {grants} ON *.* TO narrow@'%'")
        source = SourceConfig(server.host, server.port, "narrow", Password("p"), 78_001, connect_timeout_ms=5_000)
        yield lambda: connect(source)
    finally:
        server.execute("DROP USER narrow@'%'")


def opened(make: Callable[[], Connection], **options: Any) -> OpenSnapshot[Any]:
    return open_snapshot(
        make, lambda connection: read_tables(connection.query, tables=TABLES), lambda _: TABLES, **options
    )


def transactions(server: lab.Server, after: str, gtids: str) -> int:
    """How many GTIDs of `gtids` are not in `after`: the workload's sets are one interval each."""
    left = str(server.execute("SELECT GTID_SUBTRACT(%s, %s)", (gtids, after))[0][0])
    count = 0
    for interval in left.split(":")[1:]:
        low, _, high = interval.partition("-")
        count += int(high or low) - int(low) + 1
    return count


@pytest.mark.parametrize(
    ("grants", "locking", "rung"),
    [
        (f"{SEEING}, RELOAD", LockingMode.MINIMAL, Rung.GLOBAL_LOCK),
        (f"{SEEING}, LOCK TABLES", LockingMode.MINIMAL, Rung.TABLE_LOCKS),
        (SEEING, LockingMode.MINIMAL, Rung.NO_LOCK),
        (f"{SEEING}, BACKUP_ADMIN", LockingMode.NONE, Rung.NO_LOCK),
    ],
)
def test_views_and_position_are_of_one_instant_under_writes(
    bank: lab.Server, grants: str, locking: LockingMode, rung: Rung
) -> None:
    with user(bank, grants) as make:
        before = str(bank.execute("SELECT @@gtid_executed")[0][0])
        with transfers(bank):
            for _ in range(1 if rung is Rung.NO_LOCK else 3):
                with closing(opened(make, threads=2, locking=locking)) as snapshot:
                    assert snapshot.rung is rung
                    seen = [
                        (
                            int(reader.query("SELECT SUM(balance) FROM snap.account")[0][0]),
                            int(reader.query("SELECT COUNT(*) FROM snap.ledger")[0][0]),
                        )
                        for reader in snapshot.readers
                    ]
                    committed = transactions(bank, before, snapshot.offset.gtids)
                    assert {total for total, _ in seen} == {ACCOUNTS * BALANCE}
                    if rung is Rung.NO_LOCK:
                        # Nothing is lost: what the offset holds is in every view.
                        assert all(rows >= committed for _, rows in seen)
                    else:
                        assert [rows for _, rows in seen] == [committed, committed]


def test_long_query_cannot_freeze_the_server_behind_our_lock(bank: lab.Server) -> None:
    with user(bank, f"{SEEING}, RELOAD, LOCK TABLES") as make, closing(bank.connect()) as slow:
        running = threading.Thread(target=lambda: _swallow(slow, "SELECT SLEEP(60) FROM snap.account LIMIT 1"))
        running.start()
        asked = "SELECT COUNT(*) FROM performance_schema.processlist WHERE INFO LIKE 'SELECT SLEEP(60)%'"
        assert await_condition(lambda: bank.execute(asked)[0][0] == 1, 10)
        try:
            with closing(opened(make, lock_timeout=1.0)) as snapshot:
                assert snapshot.rung is Rung.TABLE_LOCKS
                bank.execute("UPDATE snap.account SET balance = balance WHERE id = 1")
        finally:
            bank.execute(f"KILL {slow.thread_id()}")
            running.join()


def _swallow(connection: Any, sql: str) -> None:
    import pymysql

    try:
        connection.cursor().execute(sql)
    except pymysql.MySQLError:
        return


def test_lock_is_released_when_opening_fails(bank: lab.Server) -> None:
    def fail(_: Connection) -> Any:
        raise RuntimeError("cannot read")

    with user(bank, f"{SEEING}, RELOAD") as make:
        with pytest.raises(RuntimeError):
            open_snapshot(make, fail, lambda _: TABLES)
        bank.execute("UPDATE snap.account SET balance = balance + 0 WHERE id = 1")


def test_extended_locking_keeps_writers_out_until_closed(bank: lab.Server) -> None:
    with user(bank, f"{SEEING}, RELOAD") as make, closing(bank.connect()) as writer, writer.cursor() as cursor:
        cursor.execute("SET lock_wait_timeout = 1")
        snapshot = opened(make, locking=LockingMode.EXTENDED)
        with pytest.raises(Exception, match="1205"):
            cursor.execute("INSERT INTO snap.ledger (amount) VALUES (5)")
        snapshot.close()
        cursor.execute("SET lock_wait_timeout = 20")
        cursor.execute("INSERT INTO snap.ledger (amount) VALUES (5)")


def test_altered_table_is_a_conflict(bank: lab.Server) -> None:
    with user(bank, f"{SEEING}, RELOAD") as make, closing(opened(make)) as snapshot:
        bank.execute("ALTER TABLE snap.ledger ADD COLUMN note INT, ALGORITHM=COPY")
        with pytest.raises(SnapshotConflict):
            snapshot.readers[0].query("SELECT id, amount FROM snap.ledger")


def test_prepared_xa_transaction_is_not_missed_silently(bank: lab.Server) -> None:
    with user(bank, f"{SEEING}, RELOAD, XA_RECOVER_ADMIN") as make, closing(bank.connect()) as writer:
        cursor = writer.cursor()
        for sql in ("XA START 'x'", "INSERT INTO snap.ledger (amount) VALUES (9)", "XA END 'x'", "XA PREPARE 'x'"):
            cursor.execute(sql)
        try:
            with pytest.raises(SnapshotConflict, match="XA"):
                opened(make)
        finally:
            cursor.execute("XA ROLLBACK 'x'")
