"""Servers, asked by SELECT and SHOW alone: those that connectors read, those that follow them, those they follow."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace

from tailrace.config import SourceConfig
from tailrace.errors import ConnectionLost, SourceError, TailraceError
from tailrace.mysql.connection import Connection, connect
from tailrace.ops.lag.facts import Replica
from tailrace.ops.lag.read import read_source

MOST = 16
"""Servers that are asked."""
READ_MS = 5_000
_SYNTAX_ERROR = 1064


@dataclass(frozen=True, slots=True)
class Registered:
    """A line of SHOW REPLICAS: a replica, or a connector, which says of itself what it likes."""

    server_id: int
    address: str
    """`host:port`; empty where it does not say its host (`report_host`)."""
    uuid: str


@dataclass(frozen=True, slots=True)
class Member:
    """One server. Where it could not be asked, only `address` and `error` mean something."""

    address: str
    error: str = ""
    uuid: str = ""
    server_id: int = 0
    version: str = ""
    read_only: str = ""
    """`read_only` or `super_read_only`; empty: it takes writes."""
    gtids: bool = False
    executed: str = ""
    purged: str = ""
    file: str = ""
    position: int = 0
    follows: Replica | None = None
    registered: tuple[Registered, ...] = ()


def survey(logins: Sequence[SourceConfig]) -> tuple[Member, ...]:
    """All that can be found from these. A server that is only heard of is asked with the login that led to it."""
    known = {_address(login): login for login in logins}
    found: dict[str, Member] = {}
    while waiting := [login for address, login in known.items() if address not in found][: MOST - len(found)]:
        for login, member in zip(waiting, _ask(waiting), strict=True):
            found[_address(login)] = member
            for address in _heard_of(member):
                known.setdefault(address, _at(login, address))
    # Once more, those that others follow: what a replica has and its source has not is errant only if the source was
    # asked after it.
    followed = {member.follows.source for member in found.values() if member.follows is not None}
    again = [known[address] for address in found if address in followed and not found[address].error]
    for login, member in zip(again, _ask(again), strict=True):
        found[_address(login)] = member
    return _once(list(found.values()))


def _ask(logins: Sequence[SourceConfig]) -> list[Member]:
    if not logins:
        return []
    with ThreadPoolExecutor(len(logins)) as threads:
        return list(threads.map(read_member, logins))


def read_member(login: SourceConfig) -> Member:
    """One server; that it is away, or refuses, is a fact too."""
    member = Member(_address(login))
    try:
        with closing(connect(login, read_timeout=READ_MS / 1000)) as connection:
            return _read(connection, member)
    except TailraceError as error:
        return replace(member, error=error.message)


def _read(connection: Connection, member: Member) -> Member:
    source = read_source(connection)
    server_id, version, read_only, super_read_only, gtid_mode = connection.query(
        "SELECT @@GLOBAL.server_id, VERSION(), @@GLOBAL.read_only, @@GLOBAL.super_read_only, @@GLOBAL.gtid_mode"
    )[0]
    file, position = source.files[-1] if source.files else ("", 0)
    return replace(
        member,
        uuid=source.uuid,
        server_id=int(server_id),
        version=str(version),
        read_only="super_read_only" if super_read_only else "read_only" if read_only else "",
        gtids=gtid_mode == "ON",
        executed=source.executed,
        purged=source.purged,
        file=file,
        position=position,
        follows=source.replica,
        registered=_registered(connection),
    )


def _registered(connection: Connection) -> tuple[Registered, ...]:
    """None where the account may not see them."""
    try:
        try:
            rows = connection.query_named("SHOW REPLICAS")
        except SourceError as error:
            if error.server_code != _SYNTAX_ERROR:
                raise
            rows = connection.query_named("SHOW SLAVE HOSTS")
    except ConnectionLost:
        raise
    except SourceError:
        return ()
    return tuple(
        Registered(
            int(row["Server_Id"] if "Server_Id" in row else row["Server_id"]),
            f"{row['Host']}:{row['Port']}" if row["Host"] else "",
            str(row.get("Replica_UUID") or row.get("Slave_UUID") or ""),
        )
        for row in rows
    )


def _heard_of(member: Member) -> list[str]:
    return [
        *([member.follows.source] if member.follows is not None else []),
        # A connector registers without a port, and is no server.
        *(each.address for each in member.registered if each.address and not each.address.endswith(":0")),
    ]


def _once(members: list[Member]) -> tuple[Member, ...]:
    """A server that answers at two addresses is one; the first name counts, which is that of a connector."""
    seen: set[str] = set()
    kept = []
    for member in members:
        if not member.uuid or member.uuid not in seen:
            kept.append(member)
        seen.add(member.uuid)
    return tuple(kept)


def _address(login: SourceConfig) -> str:
    return f"{login.host}:{login.port}"


def _at(login: SourceConfig, address: str) -> SourceConfig:
    host, _, port = address.rpartition(":")
    return replace(login, host=host.strip("[]"), port=int(port))
