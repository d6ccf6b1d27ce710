"""The store of a worker that stands alone: one SQLite file in WAL mode, which one worker at a time may have."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tailrace.errors import StorageError
from tailrace.storage.lock import FileLock
from tailrace.worker.state import State, Target
from tailrace.worker.store import Status, Stored, Told

_VERSION = 1
_TABLES = """
CREATE TABLE connector (
    name    TEXT PRIMARY KEY,
    config  TEXT NOT NULL,
    target  TEXT NOT NULL,
    status  TEXT,
    topics  TEXT NOT NULL DEFAULT '[]'
) STRICT, WITHOUT ROWID;
"""


class SqliteStore:
    """See `tailrace.worker.store.Store`."""

    def __init__(self, path: Path) -> None:
        """Raises StorageError where another worker has the file, or it cannot be used."""
        self._where = str(path)
        self._mutex = threading.Lock()
        with self._explained():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = FileLock(
            path.with_name(f"{path.name}.lock"),
            "this worker folder is in use by",
            "give this worker another worker.folder",
        )
        try:
            with self._explained():
                # Configurations may hold passwords: for this user's eyes only.
                path.touch(mode=0o600)
                self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._set_up()
        except BaseException:
            self._lock.release()
            raise

    def _set_up(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            message = f"the worker's file has version {version}; this Tailrace knows up to {_VERSION}"
            raise StorageError(message, where=self._where, hint="upgrade Tailrace, or set worker.folder elsewhere")
        if version == 0:
            self._db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")

    def connectors(self) -> Sequence[Stored]:
        """All of them, ordered by name."""
        rows = self._query("SELECT name, config, target FROM connector ORDER BY name")
        return [Stored(name, json.loads(config), Target(target)) for name, config, target in rows]

    def connector(self, name: str) -> Stored | None:
        """One of them."""
        rows = self._query("SELECT name, config, target FROM connector WHERE name = ?", name)
        return next((Stored(name, json.loads(config), Target(target)) for name, config, target in rows), None)

    def put(self, connector: Stored) -> None:
        """A new one, or new configuration or target of one that is there."""
        self._query(
            "INSERT INTO connector (name, config, target) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET config = excluded.config, target = excluded.target",
            connector.name,
            json.dumps(dict(connector.config)),
            connector.target.value,
        )

    def delete(self, name: str) -> None:
        """Forget the connector, its status and its topics; no error where there is none."""
        self._query("DELETE FROM connector WHERE name = ?", name)

    def status(self, name: str) -> Status | None:
        """What was last told."""
        rows = self._query("SELECT status FROM connector WHERE name = ?", name)
        return _status(rows[0][0]) if rows and rows[0][0] else None

    def put_status(self, name: str, status: Status) -> None:
        """Told by this worker."""
        self._query("UPDATE connector SET status = ? WHERE name = ?", _text(status), name)

    def topics(self, name: str) -> Sequence[str]:
        """Topics that got records since the last reset, ordered."""
        rows = self._query("SELECT topics FROM connector WHERE name = ?", name)
        return [str(topic) for topic in json.loads(rows[0][0])] if rows else []

    def put_topics(self, name: str, topics: Sequence[str]) -> None:
        """In place of those before."""
        self._query("UPDATE connector SET topics = ? WHERE name = ?", json.dumps(sorted(topics)), name)

    def refresh(self) -> None:
        """Nothing: nobody else writes."""

    def close(self) -> None:
        """Twice is once."""
        with self._mutex:
            self._db.close()
            self._lock.release()

    def _query(self, sql: str, *arguments: str) -> list[tuple[str, ...]]:
        with self._mutex, self._explained():
            return self._db.execute(sql, arguments).fetchall()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            hint = "set worker.folder to a folder that this user can write"
            raise StorageError(f"the worker's file cannot be used: {error}", where=self._where, hint=hint) from error


def _text(status: Status) -> str:
    parts = (status.connector, status.task)
    return json.dumps([[told.state.value, told.worker_id, told.trace] if told else None for told in parts])


def _status(text: str) -> Status | None:
    connector, task = (Told(State(told[0]), *told[1:]) if told else None for told in json.loads(text))
    return Status(connector, task) if connector else None
