"""What a server is and how far its binlog reaches, as one frozen value; whether it can be captured."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tailrace.errors import AccessDenied, PositionPurged, SourceError, UnsupportedSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tailrace.model.offset import Offset
    from tailrace.mysql.connection import Connection

_VARIABLES: Final = (
    "version",
    "server_uuid",
    "server_id",
    "log_bin",
    "binlog_format",
    "binlog_row_image",
    "binlog_row_metadata",
    "binlog_row_value_options",
    "binlog_checksum",
    "gtid_mode",
    "gtid_executed",
    "gtid_purged",
    "lower_case_table_names",
    "character_set_server",
    "collation_server",
    "sql_mode",
    "max_allowed_packet",
)
_GRANT: Final = re.compile(r"^GRANT (.+?) ON (.+?) TO ", re.IGNORECASE)
_SCOPE: Final = re.compile(r"`(?P<database>(?:[^`]|``)+)`\.(?:\*|`(?P<table>(?:[^`]|``)+)`)")
_LIKE: Final = {"%": ".*", "_": "."}
_SYNTAX_ERROR: Final = 1064

SubtractGtids = Callable[[str, str], str]
"""(a, b) → the GTIDs of `a` that are not in `b`, as text."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """The server's word on itself, at one moment."""

    where: str
    user: str
    version: str
    uuid: str
    server_id: int
    log_bin: bool
    binlog_format: str
    row_image: str
    row_metadata: str
    row_value_options: str
    checksum: str
    gtid_mode: str
    gtid_executed: str
    gtid_purged: str
    lower_case_table_names: int
    character_set: str
    collation: str
    sql_mode: str
    """Global sql_mode."""
    max_allowed_packet: int
    """Bytes."""
    privileges: frozenset[str]
    """Global (`*.*`) privileges in capitals, dynamic ones and those of active roles included."""
    table_privileges: tuple[tuple[str, frozenset[str]], ...]
    """(scope as SHOW GRANTS prints it, privileges) of what is granted on less than `*.*`."""
    file: str
    position: int
    """End of the binlog; file '' where it is off or the user may not see it."""
    files: tuple[str, ...]
    """SHOW BINARY LOGS, oldest first; empty where the user may not see it."""

    @property
    def has_gtids(self) -> bool:
        """Whether every new transaction gets a GTID."""
        return self.gtid_mode == "ON"

    def may(self, *privileges: str) -> bool:
        """Whether the user holds one of these global privileges."""
        return "ALL PRIVILEGES" in self.privileges or not self.privileges.isdisjoint(privileges)


@dataclass(frozen=True, slots=True)
class BinlogEnd:
    """Where the binlog ends, and what was executed up to there: one statement, so one moment."""

    file: str
    position: int
    gtids: str


def read_binlog_end(connection: Connection) -> BinlogEnd:
    """SHOW BINARY LOG STATUS (8.2 and later), or SHOW MASTER STATUS. Raises AccessDenied without REPLICATION CLIENT."""
    try:
        rows = connection.query("SHOW BINARY LOG STATUS")
    except SourceError as error:
        if error.server_code != _SYNTAX_ERROR:
            raise
        rows = connection.query("SHOW MASTER STATUS")
    if not rows:
        return BinlogEnd("", 0, "")
    return BinlogEnd(rows[0][0], int(rows[0][1]), rows[0][4].replace("\n", ""))


def read_facts(connection: Connection) -> ServerFacts:
    """Five statements. A user who may not see the binlog's end gets facts without it: `check_streamable` tells."""
    names = ", ".join(f"'{name}'" for name in _VARIABLES)
    found = {
        str(name).lower(): str(value)
        for name, value in connection.query(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})")
    }
    privileges, narrower = parse_grants(_grants(connection))
    end = BinlogEnd("", 0, "")
    files: tuple[str, ...] = ()
    if found["log_bin"] == "ON":
        try:
            end = read_binlog_end(connection)
            files = tuple(str(row[0]) for row in connection.query("SHOW BINARY LOGS"))
        except AccessDenied:
            pass  # REPLICATION CLIENT is missing: check_streamable says so, with the GRANT
    return _facts(connection, found, privileges, narrower, end, files)


def _grants(connection: Connection) -> Iterator[str]:
    """SHOW GRANTS, with what the active roles give."""
    roles = str(connection.query("SELECT CURRENT_ROLE()")[0][0])
    using = "" if roles == "NONE" else f" FOR CURRENT_USER() USING {roles}"
    return (str(row[0]) for row in connection.query(f"SHOW GRANTS{using}"))


def _facts(  # noqa: PLR0917 -- each is one answer of the server
    connection: Connection,
    found: Mapping[str, str],
    privileges: frozenset[str],
    narrower: tuple[tuple[str, frozenset[str]], ...],
    end: BinlogEnd,
    files: tuple[str, ...],
) -> ServerFacts:
    return ServerFacts(
        where=connection.where,
        user=connection.user,
        version=found["version"],
        uuid=found["server_uuid"],
        server_id=int(found["server_id"]),
        log_bin=found["log_bin"] == "ON",
        # The variables that a future server may drop say what such a server does.
        binlog_format=found.get("binlog_format", "ROW"),
        row_image=found.get("binlog_row_image", "FULL"),
        row_metadata=found.get("binlog_row_metadata", "MINIMAL"),
        row_value_options=found.get("binlog_row_value_options", ""),
        checksum=found.get("binlog_checksum", "NONE"),
        gtid_mode=found.get("gtid_mode", "OFF"),
        gtid_executed=end.gtids or found.get("gtid_executed", "").replace("\n", ""),
        gtid_purged=found.get("gtid_purged", "").replace("\n", ""),
        lower_case_table_names=int(found["lower_case_table_names"]),
        character_set=found["character_set_server"],
        collation=found["collation_server"],
        sql_mode=found["sql_mode"],
        max_allowed_packet=int(found["max_allowed_packet"]),
        privileges=privileges,
        table_privileges=narrower,
        file=end.file,
        position=end.position,
        files=files,
    )


def parse_grants(lines: Iterable[str]) -> tuple[frozenset[str], tuple[tuple[str, frozenset[str]], ...]]:
    """Lines of SHOW GRANTS as global privileges, and those of narrower scopes."""
    everywhere: set[str] = set()
    narrower: list[tuple[str, frozenset[str]]] = []
    for line in lines:
        found = _GRANT.match(line)
        if not found:
            continue
        named = frozenset(part.strip().upper() for part in found[1].split(","))
        if found[2] == "*.*":
            everywhere |= named
        else:
            narrower.append((found[2], named))
    return frozenset(everywhere), tuple(narrower)


def covers(scope: str, database: str, table: str, *, partial_revokes: bool) -> bool:
    """Whether a grant on `scope`, as SHOW GRANTS prints it, is one on the table. The name of a database is a pattern of
    LIKE in it, unless the server has partial revokes on (manual, "GRANT Statement").
    """
    found = _SCOPE.fullmatch(scope)
    if found is None:
        return False
    granted = found["database"].replace("``", "`")
    if found["table"] is not None:
        return (granted, found["table"].replace("``", "`")) == (database, table)
    if partial_revokes:
        return granted == database
    like = "".join(_LIKE.get(part) or re.escape(part[-1]) for part in re.findall(r"\\.|.", granted))
    return re.fullmatch(like, database) is not None


def check_streamable(facts: ServerFacts, offset: Offset | None, subtract: SubtractGtids) -> None:
    """Raises UnsupportedSource, AccessDenied or PositionPurged, each with the statement that repairs it.

    `subtract(a, b)` is the GTID algebra of the kernel. With `offset` None only the server itself is judged.
    """
    _check_settings(facts)
    _check_privileges(facts)
    if offset is None:
        return
    if offset.gtids:
        check_gtids(facts, offset.gtids, subtract)
    elif facts.files and offset.file not in facts.files:
        raise PositionPurged(
            f"binlog file {offset.file} of the offset is no longer on the server, whose oldest is {facts.files[0]}",
            where=facts.where,
            hint="take a new snapshot: snapshot.mode=when_needed; what was deleted meanwhile stays at the consumers",
        )


def _check_settings(facts: ServerFacts) -> None:
    if not facts.log_bin:
        raise UnsupportedSource(
            "the server writes no binlog", where=facts.where, hint="start it without --skip-log-bin (log_bin=binlog)"
        )
    if facts.binlog_format != "ROW":
        raise UnsupportedSource(
            f"binlog_format is {facts.binlog_format}: changes are written as statements, not as rows",
            where=facts.where,
            hint="SET PERSIST binlog_format = 'ROW', then let every open session reconnect",
        )


def _check_privileges(facts: ServerFacts) -> None:
    missing = [
        privilege
        for privilege, also in (("REPLICATION SLAVE", ()), ("REPLICATION CLIENT", ("SUPER",)))
        if not facts.may(privilege, *also)
    ]
    if missing:
        raise AccessDenied(
            f"user {facts.user} lacks {' and '.join(missing)}",
            where=facts.where,
            hint=f"GRANT {', '.join(missing)} ON *.* TO '{facts.user}'@'%'",
        )


class ExecutedGtids(Protocol):
    """What a server says of its GTIDs."""

    @property
    def where(self) -> str:
        """`host:port`."""

    @property
    def gtid_mode(self) -> str:
        """The variable."""

    @property
    def has_gtids(self) -> bool:
        """Whether every new transaction gets a GTID."""

    @property
    def gtid_executed(self) -> str:
        """The set."""

    @property
    def gtid_purged(self) -> str:
        """The part of it that is no longer in the binlog."""


def check_gtids(facts: ExecutedGtids, gtids: str, subtract: SubtractGtids) -> None:
    """Raises UnsupportedSource or PositionPurged where the server cannot send all that comes after `gtids`."""
    if not facts.has_gtids:
        raise UnsupportedSource(
            f"the offset has GTIDs, but gtid_mode is {facts.gtid_mode} here",
            where=facts.where,
            hint="SET PERSIST gtid_mode = ON by its documented steps, or set gtid.ignore.on.recovery=true",
        )
    ahead = subtract(gtids, facts.gtid_executed)
    if ahead:
        raise PositionPurged(
            f"this server never executed what the offset has: {ahead}",
            where=facts.where,
            hint="connect to a server that has these transactions, or take a new snapshot",
        )
    purged = subtract(facts.gtid_purged, gtids)
    if purged:
        raise PositionPurged(
            f"transactions after the offset were purged from the binlog: {purged}",
            where=facts.where,
            hint="take a new snapshot: snapshot.mode=when_needed; what was deleted meanwhile stays at the consumers"
            " (and raise binlog_expire_logs_seconds)",
        )
