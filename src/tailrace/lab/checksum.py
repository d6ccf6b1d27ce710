"""What a table holds, in two figures: how many rows, and a hash that does not depend on their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymysql.connections import Connection

BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "geometry", "vector"})


@dataclass(frozen=True)
class TableSum:
    """`rows`, and the sum of 60 bits of each row's SHA-256."""

    rows: int
    hash: int


def table_sums(connection: Connection[Any], database: str) -> dict[str, TableSum]:
    """The sum of each base table of `database`, of one instant. The connection must hold no transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00', transaction_isolation = 'REPEATABLE-READ'")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        try:
            cursor.execute(
                "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
                " JOIN information_schema.tables t USING (table_schema, table_name)"
                " WHERE c.table_schema = %s AND t.table_type = 'BASE TABLE' ORDER BY 1, c.ordinal_position",
                (database,),
            )
            tables: dict[str, list[tuple[str, str]]] = {}
            for table, column, kind in cursor.fetchall():
                tables.setdefault(table, []).append((column, kind))
            sums = {}
            for table, columns in tables.items():
                cursor.execute(sum_query(database, table, columns))
                row = cursor.fetchone()
                assert row is not None
                sums[table] = TableSum(int(row[0]), int(row[1]))
            return sums
        finally:
            cursor.execute("COMMIT")


def sum_query(database: str, table: str, columns: Sequence[tuple[str, str]]) -> str:
    """The statement behind `table_sums`, for columns given as (name, data_type)."""
    # SHA-256, because 9.6 took MD5 out of the server. A sum, not an exclusive or: equal rows must not
    # cancel out. NULL is empty, which `=` keeps all else from being.
    values = ", '|', ".join(f"COALESCE(CONCAT('=', {_hex(name, kind)}), '')" for name, kind in columns)
    digest = f"CAST(CONV(LEFT(SHA2(CONCAT({values}), 256), 15), 16, 10) AS DECIMAL(30))"
    return f"SELECT COUNT(*), COALESCE(SUM({digest}), 0) FROM {_quote(database)}.{_quote(table)}"  # noqa: S608 - names quoted


def _hex(name: str, kind: str) -> str:
    column = _quote(name)
    return f"HEX({column})" if kind in BYTES else f"HEX(CAST({column} AS CHAR CHARACTER SET utf8mb4))"


def _quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
