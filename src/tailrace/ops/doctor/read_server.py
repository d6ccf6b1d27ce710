"""Facts of one MySQL server, by SELECT and SHOW alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tailrace.config import SourceConfig
from tailrace.errors import ConnectionLost, SourceError
from tailrace.model.table import TableId
from tailrace.mysql.connection import Connection, connect
from tailrace.mysql.server import parse_grants
from tailrace.ops.doctor.facts import Account, Binlog, Dump, Following, Registered, Server, Unread, Wait

T = TypeVar("T")

SYNTAX_ERROR = 1064
XA_REFUSED = 1401
"""The only word of the server on a privilege that is missing there."""
NO_PROCEDURE, CALL_REFUSED = 1305, 1370
STATUS = ("Ssl_server_not_after", "aurora_enhanced_binlog")
LIMIT = re.compile(r"\b(MAX_(?:QUERIES|UPDATES|CONNECTIONS)_PER_HOUR|MAX_USER_CONNECTIONS) (\d+)")
EXPIRES = re.compile(r"PASSWORD EXPIRE(?: (DEFAULT|NEVER|INTERVAL \d+ DAY))?")
PLUGIN = re.compile(r"IDENTIFIED WITH '([^']+)'")
DUMPS = """
SELECT t.PROCESSLIST_USER, COALESCE(MAX(CAST(v.VARIABLE_VALUE AS CHAR)), '')
FROM performance_schema.threads t
LEFT JOIN performance_schema.user_variables_by_thread v
  ON v.THREAD_ID = t.THREAD_ID AND v.VARIABLE_NAME IN ('replica_uuid', 'slave_uuid')
WHERE t.PROCESSLIST_COMMAND LIKE 'Binlog Dump%' GROUP BY t.THREAD_ID, t.PROCESSLIST_USER"""

# Threads of InnoDB's own have no session: the one of statistics waits for a table too.
WAITS = """
SELECT w.OBJECT_SCHEMA, w.OBJECT_NAME, t.PROCESSLIST_ID, t.PROCESSLIST_TIME, MIN(b.PROCESSLIST_ID)
FROM performance_schema.metadata_locks w
JOIN performance_schema.threads t ON t.THREAD_ID = w.OWNER_THREAD_ID
JOIN performance_schema.metadata_locks h ON h.OBJECT_TYPE = 'TABLE' AND h.OBJECT_SCHEMA = w.OBJECT_SCHEMA
  AND h.OBJECT_NAME = w.OBJECT_NAME AND h.LOCK_STATUS = 'GRANTED' AND h.OWNER_THREAD_ID <> w.OWNER_THREAD_ID
JOIN performance_schema.threads b ON b.THREAD_ID = h.OWNER_THREAD_ID AND b.PROCESSLIST_ID IS NOT NULL
WHERE w.LOCK_STATUS = 'PENDING' AND w.OBJECT_TYPE = 'TABLE' AND t.PROCESSLIST_ID IS NOT NULL
GROUP BY 1, 2, 3, 4 ORDER BY 4 DESC"""
APPLIER_ERROR = (
    "SELECT LAST_ERROR_MESSAGE FROM performance_schema.replication_applier_status_by_worker"
    " WHERE LAST_ERROR_NUMBER <> 0 LIMIT 1"
)


def read_server(source: SourceConfig) -> Server:
    """Raises SourceError where the server is away or refuses the login; what only the account may not see is Unread."""
    with connect(source, read_timeout=source.connect_timeout_ms / 1000) as connection:
        return _Reading(connection).server()


class _Reading:
    """One session."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        user, _, host = str(connection.query("SELECT CURRENT_USER()")[0][0]).rpartition("@")
        self._user = user
        self._account_name = f"'{user}'@'{host}'"

    def server(self) -> Server:
        query = self._connection.query
        variables = {str(name): str(value) for name, value in query("SHOW GLOBAL VARIABLES")}
        names = ", ".join(f"'{name}'" for name in STATUS)
        status = {
            str(name): str(value) for name, value in query(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
        }
        privileges, narrower = parse_grants(self._grants())
        following = self._try(self._following)
        return Server(
            where=self._connection.where,
            account_name=self._account_name,
            user=self._user,
            variables=variables,
            status=status,
            encrypted=self._connection.encrypted,
            clock_ahead=self._clock(),
            privileges=privileges,
            narrower=narrower,
            account=self._try(self._account),
            binlog=self._try(self._binlog) if variables.get("log_bin") == "ON" else Binlog(),
            executed=_one_line(variables.get("gtid_executed", "")),
            purged=_one_line(variables.get("gtid_purged", "")),
            dumps=self._try(self._dumps),
            registered=self._try(self._registered),
            following=following,
            filters=self._try(self._filters),
            prepared=self._try(self._prepared),
            waits=self._try(self._waits),
            retention_hours=self._try(self._retention_hours),
        )

    def _try(self, read: Callable[[], T]) -> T | Unread:
        try:
            return read()
        except ConnectionLost:
            raise
        except SourceError as error:
            hint = (error.hint or "").replace("the capture user", self._account_name)
            return Unread("; ".join(filter(None, (error.message, hint))))

    def _either(self, new: str, old: str) -> list[Mapping[str, Any]]:
        """Rows of a statement that older servers know by another name, its columns by the new names."""
        try:
            return self._rows(new)
        except SourceError as error:
            if error.server_code != SYNTAX_ERROR:
                raise
            return self._rows(old)

    def _rows(self, sql: str) -> list[Mapping[str, Any]]:
        return [
            {name.replace("Master", "Source").replace("Slave", "Replica"): value for name, value in row.items()}
            for row in self._connection.query_named(sql)
        ]

    def _grants(self) -> list[str]:
        roles = str(self._connection.query("SELECT CURRENT_ROLE()")[0][0])
        using = "" if roles == "NONE" else f" FOR CURRENT_USER() USING {roles}"
        return [str(row[0]) for row in self._connection.query(f"SHOW GRANTS{using}")]

    def _clock(self) -> float:
        """At least; how long the question took is no skew."""
        before = time.time()
        # SYSDATE, for NOW is when the statement began, and so is UNIX_TIMESTAMP() without an argument.
        there = float(self._connection.query("SELECT UNIX_TIMESTAMP(SYSDATE(6))")[0][0])
        after = time.time()
        return there - before if there < before else max(0.0, there - after)

    def _account(self) -> Account:
        text = str(self._connection.query("SHOW CREATE USER CURRENT_USER()")[0][0])
        plugin, expires = PLUGIN.search(text), EXPIRES.search(text)
        limits = tuple((name, int(number)) for name, number in LIMIT.findall(text) if int(number))
        return Account(plugin[1] if plugin else "", (expires[1] or "") if expires else "", limits)

    def _binlog(self) -> Binlog:
        rows = self._either("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS")
        files = tuple((str(row[0]), int(row[1])) for row in self._connection.query("SHOW BINARY LOGS"))
        if not rows:
            return Binlog(files=files)
        row = rows[0]
        return Binlog(
            str(row["File"]),
            int(row["Position"]),
            str(row["Binlog_Do_DB"] or ""),
            str(row["Binlog_Ignore_DB"] or ""),
            files,
        )

    def _dumps(self) -> tuple[Dump, ...]:
        return tuple(Dump(str(user or ""), str(uuid)) for user, uuid in self._connection.query(DUMPS))

    def _registered(self) -> tuple[Registered, ...]:
        rows = self._either("SHOW REPLICAS", "SHOW SLAVE HOSTS")
        return tuple(
            Registered(int(row["Server_Id"]), str(row["Host"] or ""), str(row.get("Replica_UUID") or ""))
            for row in rows
        )

    def _following(self) -> Following | None:
        rows = self._either("SHOW REPLICA STATUS", "SHOW SLAVE STATUS")
        if not rows:
            return None
        row = rows[0]
        behind = row.get("Seconds_Behind_Source")
        return Following(
            source=f"{row['Source_Host']}:{row['Source_Port']}",
            receiver=str(row["Replica_IO_Running"]),
            applier=str(row["Replica_SQL_Running"]),
            error=self._applier_error(str(row["Last_SQL_Error"] or row["Last_IO_Error"] or "")),
            behind=None if behind is None else int(behind),
        )

    def _applier_error(self, told: str) -> str:
        """With several appliers the server's word is only that one of them has failed, and where to look."""
        if "replication_applier_status_by_worker" not in told:
            return told
        found = self._try(lambda: self._connection.query(APPLIER_ERROR))
        return told if isinstance(found, Unread) or not found else str(found[0][0])

    def _waits(self) -> tuple[Wait, ...]:
        return tuple(
            Wait(TableId(str(database), str(name)), int(session), int(seconds or 0), int(blocker))
            for database, name, session, seconds, blocker in self._connection.query(WAITS)
        )

    def _filters(self) -> tuple[tuple[str, str], ...]:
        rows = self._connection.query(
            "SELECT FILTER_NAME, FILTER_RULE FROM performance_schema.replication_applier_filters"
            " WHERE FILTER_RULE <> '' UNION SELECT FILTER_NAME, FILTER_RULE"
            " FROM performance_schema.replication_applier_global_filters WHERE FILTER_RULE <> ''"
        )
        return tuple((str(name), str(rule)) for name, rule in rows)

    def _prepared(self) -> tuple[str, ...] | Unread:
        try:
            rows = self._connection.query("XA RECOVER CONVERT XID")
        except SourceError as error:
            if error.server_code != XA_REFUSED:
                raise
            return Unread(f"GRANT XA_RECOVER_ADMIN ON *.* TO {self._account_name} is missing")
        return tuple(_xid(row) for row in rows)

    def _retention_hours(self) -> str | Unread | None:
        """There is such a procedure on RDS and Aurora only. An account of few privileges sees none anywhere."""
        try:
            rows = self._connection.query("CALL mysql.rds_show_configuration")
        except SourceError as error:
            if error.server_code == NO_PROCEDURE:
                return None
            if error.server_code != CALL_REFUSED:
                raise
            return Unread(f"GRANT EXECUTE ON PROCEDURE mysql.rds_show_configuration TO {self._account_name} is missing")
        found = next((row[1] for row in rows if str(row[0]) == "binlog retention hours"), None)
        return None if found is None or str(found).upper() == "NULL" else str(found)


def _xid(row: Sequence[Any]) -> str:
    """(format, length of gtrid, of bqual, both as 0x…) as XA ROLLBACK takes it."""
    kind, first, second, data = row
    digits = str(data)[2:]
    parts = digits[: 2 * int(first)], digits[2 * int(first) : 2 * (int(first) + int(second))]
    return ", ".join([*(f"X'{part}'" for part in parts), str(kind)])


def _one_line(gtids: str) -> str:
    return re.sub(r"\s", "", gtids)
