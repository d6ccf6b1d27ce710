"""What is known of the servers and connectors of a failover at one moment; read without changing anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tailrace._kernel import GtidSet
from tailrace.errors import ConnectionLost, WorkerError
from tailrace.mysql.connection import connect
from tailrace.mysql.server import read_binlog_end
from tailrace.ops.connect import reason, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailrace.config import SourceConfig
    from tailrace.mysql.connection import Connection
    from tailrace.ops.connect import Connect

SOURCE, CANDIDATE, ENDPOINT = "source", "candidate", "endpoint"
_VARIABLES = (
    "version",
    "server_uuid",
    "gtid_mode",
    "gtid_executed",
    "gtid_purged",
    "log_bin",
    "log_replica_updates",
    "log_slave_updates",
    "read_only",
    "super_read_only",
    "innodb_read_only",
    "aurora_server_id",
    "replica_preserve_commit_order",
    "slave_preserve_commit_order",
    "performance_schema",
)
_FOLLOWING = """
SELECT c.HOST, c.PORT, c.USER, s.SOURCE_UUID, s.SERVICE_STATE, a.SERVICE_STATE, s.RECEIVED_TRANSACTION_SET,
  COALESCE(NULLIF(s.LAST_ERROR_MESSAGE, ''), (SELECT MAX(w.LAST_ERROR_MESSAGE)
    FROM performance_schema.replication_applier_status_by_worker w WHERE w.CHANNEL_NAME = ''), '')
FROM performance_schema.replication_connection_configuration c
JOIN performance_schema.replication_connection_status s USING (CHANNEL_NAME)
JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)
WHERE c.CHANNEL_NAME = ''"""
_READERS = """
SELECT t.PROCESSLIST_USER, COALESCE(MAX(CAST(v.VARIABLE_VALUE AS CHAR)), '')
FROM performance_schema.threads t
LEFT JOIN performance_schema.user_variables_by_thread v
  ON v.THREAD_ID = t.THREAD_ID AND v.VARIABLE_NAME IN ('replica_uuid', 'slave_uuid')
WHERE t.PROCESSLIST_COMMAND LIKE 'Binlog Dump%' GROUP BY t.THREAD_ID, t.PROCESSLIST_USER"""


@dataclass(frozen=True, slots=True)
class Following:
    """How a replica follows its source."""

    host: str
    port: int
    user: str
    source_uuid: str
    """Empty before the first connection."""
    receiving: bool
    applying: bool
    received: str
    """GTIDs in the relay log, or applied from it."""
    error: str


@dataclass(frozen=True, slots=True)
class Reader:
    """A session that reads the binlog."""

    user: str
    uuid: str
    """Of the replica, as it says; Debezium's client says none."""


@dataclass(frozen=True, slots=True)
class Member:
    """A server. Where it could not be asked, only `name`, `address` and `error` mean something."""

    name: str
    address: str
    error: str = ""
    version: str = ""
    uuid: str = ""
    has_gtids: bool = False
    log_bin: bool = False
    log_replica_updates: bool = False
    preserve_commit_order: bool = True
    performance_schema: bool = True
    instance: str = ""
    """Its name in an Aurora cluster, as the server says."""
    read_only: bool = False
    """Also where the engine itself is opened so, as that of a reader of Aurora."""
    super_read_only: bool = False
    file: str = ""
    position: int = 0
    executed: str = ""
    purged: str = ""
    following: Following | None = None
    readers: tuple[Reader, ...] = ()

    @property
    def is_reachable(self) -> bool:
        """Whether it was asked."""
        return not self.error

    @property
    def holds(self) -> GtidSet:
        """All it has: executed, or received and yet to be applied."""
        received = self.following.received if self.following else ""
        return GtidSet(self.executed).union(GtidSet(received))


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector, as its worker tells."""

    name: str
    state: str
    """In words: `RUNNING, task 0 RUNNING`."""
    is_running: bool
    why: str
    """What failed, if anything has."""
    address: str
    """Where it looks for its server."""
    user: str
    gtids: str
    """Of the stored offset; it may be ahead of that while it runs."""
    place: str
    """`file:position` of the stored offset; empty where none is stored."""
    in_snapshot: bool
    in_transaction: bool = False
    """The offset is inside the transaction after `gtids`: Debezium's always is, until an event comes after it."""
    worker: str = ""
    """URL of the worker, or of one of its group."""
    at: str = ""
    """The same without its scheme, where several workers are asked."""

    @property
    def label(self) -> str:
        """Its name, and where there are several workers whose it is."""
        return f"{self.name}@{self.at}" if self.at else self.name

    @property
    def arguments(self) -> str:
        """What names it to a command."""
        return f"{self.name} --url {self.worker}" if self.at else self.name

    def captured(self, source_uuid: str) -> str:
        """GTIDs whose events may be out, where those of today come from a server of that server_uuid."""
        return with_next(self.gtids, source_uuid) if self.in_transaction else self.gtids


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it."""

    source: Member
    candidate: Member
    replicas: tuple[Member, ...] = ()
    connectors: tuple[Connector, ...] = ()
    endpoint: Member | None = None
    """The server that answers at the address which connectors use."""

    @property
    def source_uuid(self) -> str:
        """Of the primary; from the replica's word where it is away."""
        following = self.candidate.following
        return self.source.uuid or (following.source_uuid if following else "")

    @property
    def members(self) -> tuple[Member, ...]:
        """All servers."""
        return (self.source, self.candidate, *self.replicas)


def gather(servers: dict[str, SourceConfig], workers: Sequence[Connect] = (), connectors: Sequence[str] = ()) -> Facts:
    """Asks all. `servers` by name: `source`, `candidate`, perhaps `endpoint`, and replicas.

    The order matters: whoever has less at any moment is asked first, so that what a later one lacks is really missing.
    Raises WorkerError where a connector cannot be asked.
    """
    asked = read_connectors(workers, connectors)
    others = [name for name in servers if name not in {SOURCE, CANDIDATE, ENDPOINT}]
    candidate = read_member(CANDIDATE, servers[CANDIDATE])
    replicas = tuple(read_member(name, servers[name]) for name in others)
    source = read_member(SOURCE, servers[SOURCE])
    endpoint = read_member(ENDPOINT, servers[ENDPOINT]) if ENDPOINT in servers else None
    return Facts(source, candidate, replicas, asked, endpoint)


def read_member(name: str, server: SourceConfig) -> Member:
    """One server; one that is away or silent is a fact too. Raises SourceError where it refuses the login."""
    member = Member(name, f"{server.host}:{server.port}")
    try:
        with connect(server, read_timeout=server.connect_timeout_ms / 1000) as connection:
            return _read(connection, member)
    except ConnectionLost as lost:
        return replace(member, error=lost.message)


def _read(connection: Connection, member: Member) -> Member:
    names = ", ".join(f"'{name}'" for name in _VARIABLES)
    rows = connection.query(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})")
    found = {str(name): str(value) for name, value in rows}
    end = read_binlog_end(connection)
    following = [_following(row) for row in connection.query(_FOLLOWING)]
    ordered = found.get("replica_preserve_commit_order", found.get("slave_preserve_commit_order", "ON"))
    return replace(
        member,
        version=found["version"],
        uuid=found["server_uuid"],
        has_gtids=found["gtid_mode"] == "ON",
        log_bin=found["log_bin"] == "ON",
        log_replica_updates=found.get("log_replica_updates", found.get("log_slave_updates")) == "ON",
        preserve_commit_order=ordered == "ON",
        performance_schema=found["performance_schema"] == "ON",
        instance=found.get("aurora_server_id", ""),
        read_only="ON" in {found["read_only"], found["innodb_read_only"]},
        super_read_only=found["super_read_only"] == "ON",
        file=end.file,
        position=end.position,
        executed=end.gtids or _one_line(found["gtid_executed"]),
        purged=_one_line(found["gtid_purged"]),
        following=following[0] if following else None,
        readers=tuple(Reader(str(user or ""), str(uuid)) for user, uuid in connection.query(_READERS)),
    )


def _following(row: Sequence[Any]) -> Following:
    host, port, user, uuid, receiving, applying, received, error = row
    return Following(
        host=str(host),
        port=int(port),
        user=str(user),
        source_uuid=str(uuid or ""),
        receiving=receiving == "ON",
        applying=applying == "ON",
        received=_one_line(str(received or "")),
        error=str(error),
    )


def read_connectors(workers: Sequence[Connect], names: Sequence[str]) -> tuple[Connector, ...]:
    """Those of these names, of each worker that has one. Raises WorkerError, also where none has."""
    if len(workers) == 1:
        return tuple(read_connector(workers[0], name) for name in names)
    there = [(worker, set(worker.names())) for worker in workers] if names else []
    found = []
    for name in names:
        owners = [worker for worker, has in there if name in has]
        if not owners:
            where = ", ".join(worker.access.url for worker in workers)
            raise WorkerError(f"no worker has a connector {name}", where=where, hint="tailrace connector list --url …")
        found += [replace(read_connector(one, name), at=_without_scheme(one.access.url)) for one in owners]
    return tuple(found)


def _without_scheme(url: str) -> str:
    return url.partition("://")[2].rstrip("/")


def read_connector(worker: Connect, name: str) -> Connector:
    """One connector. Raises WorkerError."""
    config = worker.config(name)
    status = worker.status(name)
    offset = stored_offset(worker, name)
    return Connector(
        name=name,
        state=words(status),
        is_running=status.is_running,
        why=reason(status) if status.is_failed else "",
        address=f"{config.get('database.hostname', '')}:{config.get('database.port', '3306')}",
        user=config.get("database.user", ""),
        gtids=_one_line(str(offset.get("gtids") or "")),
        place=f"{offset['file']}:{offset['pos']}" if "file" in offset else "",
        in_snapshot=bool(offset.get("snapshot")),
        in_transaction=is_in_transaction(offset),
        worker=worker.access.url,
    )


def stored_offset(worker: Connect, name: str) -> dict[str, Any]:
    """Of a MySQL connector, which has one partition; empty where none is stored."""
    found = [entry["offset"] for entry in worker.offsets(name) if entry.get("offset")]
    return dict(found[0]) if found else {}


def is_in_transaction(offset: Mapping[str, Any]) -> bool:
    """Whether events of the next transaction are behind this offset; `event` and `row` count them."""
    return bool(offset.get("event") or offset.get("row"))


def with_next(gtids: str, uuid: str) -> str:
    """The set with the GTID that follows its last one of this server: a primary counts them up in binlog's order."""
    part = next((part for part in gtids.split(",") if part.startswith(f"{uuid}:")), None)
    if not uuid or part is None:
        return gtids
    last = int(re.split("[:-]", part)[-1])
    return f"{gtids},{uuid}:{last + 1}"


def _one_line(gtids: str) -> str:
    return re.sub(r"\s", "", gtids)
