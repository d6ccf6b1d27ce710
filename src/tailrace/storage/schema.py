"""The tables of the SQLite storage, as a list of migrations; a file remembers which of them it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace.errors import StorageError

if TYPE_CHECKING:
    import sqlite3

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE connector (
        name        TEXT PRIMARY KEY,
        offset      TEXT,
        sink_state  TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE schema_history (
        seq         INTEGER PRIMARY KEY AUTOINCREMENT,
        connector   TEXT NOT NULL,
        record      TEXT NOT NULL
    ) STRICT;
    CREATE INDEX schema_history_connector ON schema_history (connector, seq);
    CREATE TABLE xa_hold (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        connector   TEXT NOT NULL,
        xid         TEXT NOT NULL,
        prepared    INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX xa_hold_xid ON xa_hold (connector, xid, id);
    CREATE TABLE xa_piece (
        hold        INTEGER NOT NULL REFERENCES xa_hold (id) ON DELETE CASCADE,
        seq         INTEGER NOT NULL,
        data        BLOB NOT NULL,
        PRIMARY KEY (hold, seq)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""Never edited once released: a change is a new entry."""


def migrate(connection: sqlite3.Connection, where: str) -> None:
    """Bring the file up to the newest version. Raises StorageError on a file of a younger Tailrace."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT"
    )
    # A write lock is taken before looking, so that two processes do not both see the old version.
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection, where)
        for number in range(version + 1, len(MIGRATIONS) + 1):
            for statement in MIGRATIONS[number - 1].split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO migration VALUES (?, datetime('now'))", (number,))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, where: str) -> int:
    (version,) = connection.execute("SELECT coalesce(max(version), 0) FROM migration").fetchone()
    if version > len(MIGRATIONS):
        message = f"the storage has version {version}; this Tailrace knows up to {len(MIGRATIONS)}"
        raise StorageError(message, where=where, hint="upgrade Tailrace, or set storage.path to another file")
    return int(version)
