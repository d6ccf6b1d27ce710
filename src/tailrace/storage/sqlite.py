"""Storage in one SQLite file in WAL mode, shared by any number of connectors."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import AbstractContextManager, closing, contextmanager
from typing import TYPE_CHECKING

from tailrace.errors import StorageError
from tailrace.model.offset import Offset
from tailrace.storage import Commit, Resume, SinkState
from tailrace.storage.lock import connector_lock
from tailrace.storage.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUSY_SECONDS = 10.0
_PAGE = 256
"""Schema history records fetched at a time."""

_HINTS = {
    sqlite3.SQLITE_FULL: "free some space and start again: the last stored offset is intact",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable for this user, or set storage.path elsewhere",
    sqlite3.SQLITE_CANTOPEN: "make the folder of storage.path, writable for this user",
    sqlite3.SQLITE_NOTADB: "storage.path names a file that is not a Tailrace storage: choose another name",
    sqlite3.SQLITE_CORRUPT: "move the file away and restore it from a copy, or start over with snapshot.mode=initial",
    sqlite3.SQLITE_BUSY: "another process holds the file: look for one that has it open (fuser, lsof)",
    sqlite3.SQLITE_IOERR: "look for disk errors (dmesg); the last stored offset is intact",
}


class SqliteStorage:
    """See `tailrace.storage.Storage`."""

    transactions = None

    def __init__(self, path: Path, connector: str) -> None:
        self._where = str(path)
        self._connector = connector
        self._mutex = threading.Lock()
        self._lock = connector_lock(path, connector)
        try:
            with self._explained():
                self._db = _open(path)
        except BaseException:
            self._lock.release()
            raise
        try:
            with self._explained():
                _set_up(self._db, self._where)
            with self._transaction() as db:
                db.execute("INSERT OR IGNORE INTO connector (name) VALUES (?)", (connector,))
                db.execute("DELETE FROM xa_hold WHERE connector = ? AND NOT prepared", (connector,))
        except BaseException:
            self.close()
            raise

    def load(self) -> Resume:
        """What the last commit left."""
        with self._mutex, self._explained():
            offset, state = self._db.execute(
                "SELECT offset, sink_state FROM connector WHERE name = ?", (self._connector,)
            ).fetchone() or (None, None)
        try:
            return Resume(Offset.from_json(offset) if offset else None, json.loads(state) if state else None)
        except ValueError as error:
            raise _unreadable(self._connector, error, self._where) from None

    def forget_offset(self) -> None:
        """The next run begins as a first one does; what the sink has stays."""
        with self._transaction(durable=True) as db:
            db.execute("UPDATE connector SET offset = NULL WHERE name = ?", (self._connector,))
            db.execute("DELETE FROM xa_hold WHERE connector = ?", (self._connector,))

    def commit(self, commit: Commit) -> None:
        """All of it, durably, or nothing."""
        with self._transaction(durable=True) as db:
            if commit.clear_history:
                db.execute("DELETE FROM schema_history WHERE connector = ?", (self._connector,))
            db.executemany(
                "INSERT INTO schema_history (connector, record) VALUES (?, ?)",
                ((self._connector, record) for record in commit.history),
            )
            for hold in commit.prepared:
                self._prepare(db, hold)
            db.executemany("DELETE FROM xa_hold WHERE id = ?", ((hold,) for hold in commit.forgotten))
            db.execute(
                "UPDATE connector SET offset = coalesce(?, offset), sink_state = coalesce(?, sink_state)"
                " WHERE name = ?",
                (commit.offset and commit.offset.to_json(), _json(commit.sink_state), self._connector),
            )

    def _prepare(self, db: sqlite3.Connection, hold: int) -> None:
        """A complete hold; staged pieces of earlier tries under its xid are of no more use."""
        db.execute("UPDATE xa_hold SET prepared = 1 WHERE id = ?", (hold,))
        db.execute(
            "DELETE FROM xa_hold WHERE connector = ?1 AND id < ?2 AND NOT prepared"
            " AND xid = (SELECT xid FROM xa_hold WHERE id = ?2)",
            (self._connector, hold),
        )

    def history(self) -> Iterator[str]:
        """Schema history records in the order they were committed."""
        last = 0
        while True:
            with self._mutex, self._explained():
                rows = self._db.execute(
                    "SELECT seq, record FROM schema_history WHERE connector = ? AND seq > ? ORDER BY seq LIMIT ?",
                    (self._connector, last, _PAGE),
                ).fetchall()
            for seq, record in rows:
                last = seq
                yield record
            if len(rows) < _PAGE:
                return

    def hold(self, xid: str, data: bytes, *, first: bool) -> int:
        """Keep the next piece of an XA transaction; `first` begins a new hold. Returns the hold's id."""
        with self._transaction() as db:
            hold = None if first else self._youngest(xid)
            if hold is None:
                hold = db.execute(
                    "INSERT INTO xa_hold (connector, xid) VALUES (?, ?) RETURNING id", (self._connector, xid)
                ).fetchone()[0]
            db.execute(
                "INSERT INTO xa_piece SELECT ?1, coalesce(max(seq), 0) + 1, ?2 FROM xa_piece WHERE hold = ?1",
                (hold, data),
            )
        return int(hold)

    def held(self, xid: str) -> int | None:
        """The youngest hold of `xid` that no commit has forgotten."""
        with self._mutex, self._explained():
            return self._youngest(xid)

    def _youngest(self, xid: str) -> int | None:
        (hold,) = self._db.execute(
            "SELECT max(id) FROM xa_hold WHERE connector = ? AND xid = ?", (self._connector, xid)
        ).fetchone()
        return None if hold is None else int(hold)

    def pieces(self, hold: int) -> Iterator[bytes]:
        """The pieces of a hold, in order, one in memory at a time."""
        seq = 0
        while True:
            seq += 1
            with self._mutex, self._explained():
                row = self._db.execute("SELECT data FROM xa_piece WHERE hold = ? AND seq = ?", (hold, seq)).fetchone()
            if row is None:
                return
            yield row[0]

    def close(self) -> None:
        """Give the lock back. Twice is once."""
        with self._mutex:
            self._db.close()
            self._lock.release()

    @contextmanager
    def _transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """A power cut may undo one that is not `durable`, but never one without all that follow.

        https://sqlite.org/pragma.html#pragma_synchronous
        """
        with self._mutex, self._explained():
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _explained(self) -> AbstractContextManager[None]:
        return _explained(self._where)


def read_offset(path: Path, connector: str) -> Offset | None:
    """The stored offset of a connector that may be running; None where there is none. Raises StorageError."""
    if not path.exists():
        return None
    with _explained(str(path)), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'connector'").fetchone():
            return None
        row = db.execute("SELECT offset FROM connector WHERE name = ?", (connector,)).fetchone()
    try:
        return Offset.from_json(row[0]) if row and row[0] else None
    except ValueError as error:
        raise _unreadable(connector, error, str(path)) from None


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        message = f"the storage cannot be used: {error}"
        raise StorageError(message, where=where, hint=_HINTS.get(code)) from error


def _unreadable(connector: str, error: ValueError, where: str) -> StorageError:
    message = f"the stored offset of connector {connector!r} cannot be read: {error}"
    return StorageError(message, where=where, hint=_HINTS[sqlite3.SQLITE_CORRUPT])


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _set_up(connection: sqlite3.Connection, where: str) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection, where)


def _json(state: SinkState | None) -> str | None:
    return None if state is None else json.dumps(state)
