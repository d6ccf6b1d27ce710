"""What a server of the lab is told so that it stands for an instance of Aurora. Each call is SQL as the administrator.

Unlike Aurora's, instances share no storage: a reader is a replica by GTID, with a binlog and a server_uuid of its own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pymysql

from tailrace.errors import LabError
from tailrace.lab.server import Server

ASK_SECONDS = 5
STOP_SECONDS = 10
"""Then STOP REPLICA is an error, and the server goes on stopping: one that hangs must not hold up all others."""


@dataclass(frozen=True)
class Replication:
    """How a server follows."""

    running: bool
    seconds: float | None
    """Seconds_Behind_Source; None: it does not know."""
    source_port: int


class Database:
    """One server."""

    def __init__(self, server: Server) -> None:
        self.server = server

    @property
    def reachable(self) -> bool:
        """Whether the administrator gets in, soon."""
        return self.server.is_reachable(within=ASK_SECONDS)

    def revive(self) -> None:
        """Starts a server that is down: its binlog is what Aurora's shared storage would still have."""
        if not self.reachable:
            self.server.start()
            self.server.release()

    def ask(self, sql: str, *arguments: object) -> tuple[tuple[Any, ...], ...]:
        """The rows of one statement. Raises pymysql.Error."""
        with self.server.connect(connect_timeout=ASK_SECONDS) as connection, connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return tuple(cursor.fetchall())

    def executed(self) -> str:
        """gtid_executed."""
        return str(self.ask("SELECT @@GLOBAL.gtid_executed")[0][0]).replace("\n", "")

    def lacks(self, gtids: str) -> str:
        """Those of `gtids` that it has not executed."""
        return str(self.ask("SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)", gtids)[0][0]).replace("\n", "")

    @property
    def is_read_only(self) -> bool:
        """Even for who may do everything."""
        return bool(self.ask("SELECT @@GLOBAL.super_read_only")[0][0])

    def make_read_only(self) -> None:
        """Waits for commits that are under way, then takes none."""
        self.ask("SET GLOBAL super_read_only = ON")

    def make_writable(self) -> None:
        """A primary."""
        self.ask("SET GLOBAL read_only = OFF")

    def take(self, assignments: Mapping[str, str]) -> None:
        """Variables as a parameter group has them."""
        applies = self.ask("SELECT 1 FROM performance_schema.replication_applier_status WHERE SERVICE_STATE = 'ON'")
        if applies:
            # Until then it refuses another binlog_format.
            self.ask("STOP REPLICA SQL_THREAD")
        for name, value in assignments.items():
            self.ask(f"SET PERSIST {name} = %s", value)
        if applies:
            self.ask("START REPLICA SQL_THREAD")

    def cut(self) -> None:
        """Ends all sessions of clients, those that read the binlog too, as the restart of an instance does."""
        with self.server.connect(connect_timeout=ASK_SECONDS) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT CONNECTION_ID()")
            (mine,) = cursor.fetchone() or (0,)
            cursor.execute("SHOW PROCESSLIST")
            # Not what applies or schedules: that is no client.
            spared = {"event_scheduler", "system user"}
            for session in [row[0] for row in cursor.fetchall() if row[0] != mine and row[1] not in spared]:
                # It may have gone by itself.
                with suppress(pymysql.Error):
                    cursor.execute(f"KILL {session}")

    def comes_to(self, gtids: str, seconds: float) -> bool:
        """Whether it has executed them all within that time."""
        patience: dict[str, Any] = {"connect_timeout": ASK_SECONDS, "read_timeout": seconds + ASK_SECONDS}
        with self.server.connect(**patience) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (gtids, seconds))
            ((late,),) = cursor.fetchall()
        return not late

    def await_executed(self, gtids: str, seconds: float) -> None:
        """Until it has executed them all. Raises LabError where it has not within that time."""
        if not self.comes_to(gtids, seconds):
            raise LabError(f"it lacks {self.lacks(gtids)} after {seconds:g} s", where=str(self.server.folder))

    def promote(self) -> None:
        """Follows nobody from now on, and takes writes."""
        self.ask("STOP REPLICA")
        self.ask("RESET REPLICA ALL")
        self.make_writable()

    def follow(self, source: Database) -> None:
        """Reads only what `source` writes, by GTID. Twice is once."""
        self.make_read_only()
        now = self.replication()
        if now and now.running and now.source_port == source.server.port:
            return
        account = source.server.capture
        self.ask("SET GLOBAL rpl_stop_replica_timeout = %s", STOP_SECONDS)
        self.ask("STOP REPLICA")
        # By default it gives up after ten tries, and a writer that comes again later is not followed.
        self.ask(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s, SOURCE_PASSWORD = %s,"
            " SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1,"
            " SOURCE_RETRY_COUNT = 86400",
            source.server.host,
            source.server.port,
            account.user,
            account.password,
        )
        self.ask("START REPLICA")

    def follows(self, source: Database) -> bool:
        """Whether it is set to, be it stopped or not."""
        now = self.replication()
        return now is not None and now.source_port == source.server.port

    def replication(self) -> Replication | None:
        """None: it follows nobody."""
        options: dict[str, Any] = {"connect_timeout": ASK_SECONDS, "cursorclass": pymysql.cursors.DictCursor}
        with self.server.connect(**options) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW REPLICA STATUS")
            row = cursor.fetchone()
        if not row:
            return None
        seconds = row["Seconds_Behind_Source"]
        return Replication(
            running=row["Replica_IO_Running"] == "Yes" and row["Replica_SQL_Running"] == "Yes",
            seconds=None if seconds is None else float(seconds),
            source_port=int(row["Source_Port"]),
        )


def wait_until(moment: float) -> None:
    """Sleeps till then, by time.monotonic()."""
    time.sleep(max(0.0, moment - time.monotonic()))
