"""Whether the server that answers now goes on where the one before left off: asked at each connection of the stream.

A name or a proxy may lead to another server at any time. With GTIDs that is as good, if it has all that was captured;
file and position mean something on the server that wrote them only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailrace.errors import PositionPurged, SourceBehind
from tailrace.mysql.server import SubtractGtids, check_gtids

if TYPE_CHECKING:
    from tailrace.model.offset import Offset
    from tailrace.mysql.connection import Connection

_PATIENCE: Final = 2
"""Seconds: the binlog may be read before its transaction is committed, and a replica may be just about to apply it."""
_OWNED: Final = re.compile(r"([0-9a-fA-F-]{36}(?::\w+)?:\d+)#")
"""`gtid_owned`: each GTID with the sessions that have it under way."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Which server it is, and what it has executed."""

    where: str
    uuid: str
    gtid_mode: str
    gtid_executed: str
    gtid_purged: str
    gtid_owned: str
    """GTIDs of transactions that are being committed, as a set."""
    read_only: bool

    @property
    def has_gtids(self) -> bool:
        """Whether every new transaction gets a GTID."""
        return self.gtid_mode == "ON"


def read_standing(connection: Connection) -> Standing:
    """One statement, so one moment."""
    uuid, mode, executed, purged, owned, read_only = connection.query(
        "SELECT @@GLOBAL.server_uuid, @@GLOBAL.gtid_mode, @@GLOBAL.gtid_executed, @@GLOBAL.gtid_purged,"
        " @@GLOBAL.gtid_owned, @@GLOBAL.read_only"
    )[0]
    return Standing(
        where=connection.where,
        uuid=str(uuid),
        gtid_mode=str(mode),
        gtid_executed=str(executed).replace("\n", ""),
        gtid_purged=str(purged).replace("\n", ""),
        gtid_owned=",".join(_OWNED.findall(str(owned))),
        read_only=bool(read_only),
    )


def await_standing(connection: Connection, gtids: str, subtract: SubtractGtids) -> Standing:
    """What it is once it has executed `gtids`, or when it had two seconds for that."""
    standing = read_standing(connection)
    missing = subtract(gtids, standing.gtid_executed)
    if not missing or not standing.has_gtids:
        return standing
    connection.query("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (missing, _PATIENCE))
    return read_standing(connection)


def check_continues(standing: Standing, offset: Offset, before: str, subtract: SubtractGtids) -> None:
    """Raises PositionPurged where going on would lose changes, SourceBehind where what is missing may still come.

    `offset` without GTIDs is one of file and position, on the server whose server_uuid was `before`.
    """
    if not offset.gtids:
        if standing.uuid != before:
            raise PositionPurged(
                f"another server answers (server_uuid {standing.uuid}, {before} before), and the offset is a file and"
                f" a position, {offset.place}, which mean nothing there",
                where=standing.where,
                hint="lead the connector back to its server; with gtid_mode=ON it could have gone on here",
            )
        return
    missing = subtract(offset.gtids, standing.gtid_executed)
    if missing and (standing.read_only or subtract(missing, standing.gtid_owned) != missing):
        raise SourceBehind(
            f"this server has not executed yet what was captured: {missing}",
            where=standing.where,
            hint="it is read-only or still at it, so it is asked again; is it a replica that cannot catch up?",
        )
    check_gtids(standing, offset.gtids, subtract)
