"""Facts of all base tables, by information_schema and, where it may be read, performance_schema."""

from __future__ import annotations

from tailrace.config import SourceConfig
from tailrace.errors import ConnectionLost, SourceError
from tailrace.history import from_server
from tailrace.model.table import TableId
from tailrace.mysql.connection import Connection, connect
from tailrace.ops.doctor.facts import TableFacts, Unread

OTHERS = "NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')"
ENGINES = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE, TABLE_ROWS FROM information_schema.TABLES"  # noqa: S608 - of constants
    f" WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA {OTHERS}"
)
CASCADES = (
    "SELECT DISTINCT CONSTRAINT_SCHEMA, TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS"
    " WHERE DELETE_RULE IN ('CASCADE', 'SET NULL') OR UPDATE_RULE IN ('CASCADE', 'SET NULL')"
)
WRITES = (
    "SELECT OBJECT_SCHEMA, OBJECT_NAME, COUNT_WRITE FROM performance_schema.table_io_waits_summary_by_table"  # noqa: S608 - the same
    f" WHERE OBJECT_SCHEMA {OTHERS}"
)


def read_tables(source: SourceConfig) -> tuple[TableFacts, ...] | Unread:
    """Raises ConnectionLost."""
    try:
        with connect(source) as connection:
            return _read(connection)
    except ConnectionLost:
        raise
    except SourceError as error:
        return Unread(error.message)


def _read(connection: Connection) -> tuple[TableFacts, ...]:
    # Estimates of now, and not of when they were last asked for; nothing is stored by that.
    connection.query("SET SESSION information_schema_stats_expiry = 0")
    engines = {TableId(database, name): (engine, rows) for database, name, engine, rows in connection.query(ENGINES)}
    cascades = {TableId(database, name) for database, name in connection.query(CASCADES)}
    writes = _writes(connection)
    found = from_server.read_tables(connection.query)
    return tuple(
        TableFacts(
            table=table,
            engine=str(engines[table.id][0] or ""),
            rows=int(engines[table.id][1] or 0),
            cascades=table.id in cascades,
            writes=writes.get(table.id, 0) if writes is not None else None,
        )
        for table in found
        if table.id in engines
    )


def _writes(connection: Connection) -> dict[TableId, int] | None:
    """A table that nobody has used is not there; None: the account may not see it."""
    try:
        rows = connection.query(WRITES)
    except ConnectionLost:
        raise
    except SourceError:
        return None
    return {TableId(database, name): int(count) for database, name, count in rows}
