"""The lab: a primary and its replica in one state folder."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pymysql

from tailrace.errors import LabError
from tailrace.lab.server import Server, await_condition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROLES = ("primary", "replica")
FOLLOW_SECONDS = 30.0


@dataclass(frozen=True)
class Follow:
    """How a replica follows: both threads, their last error, and what the primary has that it has not."""

    receiving: bool
    applying: bool
    error: str
    missing: str
    """GTIDs executed on the primary and not here."""

    @property
    def healthy(self) -> bool:
        """Whether both threads run."""
        return self.receiving and self.applying


class Lab:
    """The servers of one state folder; `up` makes what is not there, `down` keeps the data, `reset` drops it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @property
    def exists(self) -> bool:
        """Whether the lab has been set up here."""
        return all((self.folder / role / "server.json").exists() for role in ROLES)

    @property
    def primary(self) -> Server:
        """Raises LabError where the lab was never up."""
        return Server.open(self.folder / "primary")

    @property
    def replica(self) -> Server:
        """Raises LabError where the lab was never up."""
        return Server.open(self.folder / "replica")

    def up(
        self, *, ports: tuple[int | None, int | None] = (None, None), options: Sequence[str] = (), keep: bool = False
    ) -> tuple[Server, Server]:
        """Starts both, the replica following. What runs already is left alone, so calling it again repairs.

        `ports` (primary, replica) and `options` count when the lab is first made. With `keep` the servers live on after
        this process; without, they die with it, and the returned objects must be kept.
        """
        servers = []
        for server_id, (role, port) in enumerate(zip(ROLES, ports, strict=True), start=1):
            place = self.folder / role
            if (place / "server.json").exists():
                servers.append(Server.open(place))
            else:
                servers.append(Server.create(place, port=port, server_id=server_id, options=options))
        primary, replica = servers
        with ThreadPoolExecutor() as both:
            list(both.map(Server.start, servers))
        _follow(replica, primary)
        if keep:
            primary.release()
            replica.release()
        return primary, replica

    def down(self) -> None:
        """Stops both, the replica first. Data and settings stay."""
        for role in reversed(ROLES):
            if (self.folder / role / "server.json").exists():
                Server.open(self.folder / role).stop()

    def reset(self, *, keep: bool = False) -> tuple[Server, Server]:
        """Both servers as new, at the same ports and with the same passwords. Raises LabError where there is no lab."""
        with ThreadPoolExecutor() as both:
            list(both.map(_drop, (self.replica, self.primary)))
        return self.up(keep=keep)

    def follow(self) -> Follow | None:
        """How the replica follows, or None where one of the two cannot be asked."""
        try:
            return _read_follow(self.replica, self.primary)
        except (pymysql.Error, LabError):
            return None


def _drop(server: Server) -> None:
    server.kill9()
    shutil.rmtree(server.datadir, ignore_errors=True)


def _follow(replica: Server, primary: Server) -> None:
    account = primary.capture
    with replica.connect(cursorclass=pymysql.cursors.DictCursor) as connection, connection.cursor() as cursor:
        state = _replica_status(cursor)
        if not (state and state["Source_Port"] == primary.port and _is_running(state)):
            cursor.execute("STOP REPLICA")
            cursor.execute(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s,"
                " SOURCE_PASSWORD = %s, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1",
                (primary.host, primary.port, account.user, account.password),
            )
            cursor.execute("START REPLICA")
        cursor.execute("SET GLOBAL super_read_only = ON")

        def settled() -> bool:
            state = _replica_status(cursor)
            return bool(state and (_is_running(state) or state["Last_SQL_Error"]))

        await_condition(settled, FOLLOW_SECONDS)
        state = _replica_status(cursor)
    if not (state and _is_running(state)):
        words = state and (state["Last_SQL_Error"] or state["Last_IO_Error"])
        raise LabError(
            f"the replica does not follow the primary: {words}",
            where=str(replica.folder),
            hint="tailrace lab reset (drops the lab's data)",
        )


def _read_follow(replica: Server, primary: Server) -> Follow | None:
    executed = primary.execute("SELECT @@gtid_executed")[0][0]
    missing = replica.execute("SELECT GTID_SUBTRACT(%s, @@gtid_executed)", (executed,))[0][0]
    with replica.connect(cursorclass=pymysql.cursors.DictCursor) as connection, connection.cursor() as cursor:
        state = _replica_status(cursor)
    if not state:
        return None
    return Follow(
        receiving=state["Replica_IO_Running"] == "Yes",
        applying=state["Replica_SQL_Running"] == "Yes",
        error=state["Last_SQL_Error"] or state["Last_IO_Error"],
        missing=missing.replace("\n", ""),
    )


def _replica_status(cursor: Any) -> dict[str, Any] | None:
    cursor.execute("SHOW REPLICA STATUS")
    row: dict[str, Any] | None = cursor.fetchone()
    return row


def _is_running(state: dict[str, Any]) -> bool:
    return bool(state["Replica_IO_Running"] == "Yes" and state["Replica_SQL_Running"] == "Yes")
