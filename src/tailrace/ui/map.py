"""The topology as the console draws it: servers, who follows whom, connectors, and GTIDs as intervals. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tailrace.ops.topology.gtids import count, intervals, missing
from tailrace.ops.topology.read import Member


class Captures(NamedTuple):
    """A connector, where it reads and how far it is."""

    name: str
    address: str
    uuid: str
    """Of the server that it reads; empty where it has not said so."""
    gtids: str
    state: str
    problem: str = ""


def draw(members: Sequence[Member], connectors: Sequence[Captures]) -> dict[str, Any]:
    """All of it, as JSON takes it."""
    # On top who follows nobody.
    members = sorted(members, key=lambda each: (each.follows is not None, each.address))
    by_address = {member.address: member for member in members}
    by_uuid = {member.uuid: member for member in members if member.uuid}
    shown = [_connector(each, by_uuid.get(each.uuid) or by_address.get(each.address)) for each in connectors]
    return {
        "servers": [_server(member, by_address, members) for member in members],
        "connectors": shown,
        "sources": _sources(members, shown),
    }


def _server(member: Member, by_address: Mapping[str, Member], members: Sequence[Member]) -> dict[str, Any]:
    follows = member.follows
    above = by_address.get(follows.source) if follows is not None else None
    lacks = errant = None
    if above is not None and not above.error and not member.error:
        lacks, errant = missing(above.executed, member.executed), missing(member.executed, above.executed)
    known = {each.uuid for each in members}
    return {
        "address": member.address,
        "error": member.error,
        "uuid": member.uuid,
        "server_id": member.server_id,
        "version": member.version,
        "read_only": member.read_only,
        "gtids": member.gtids,
        "executed": member.executed,
        "purged": member.purged,
        "file": member.file,
        "position": member.position,
        "follows": None
        if follows is None
        else {
            "source": follows.source,
            "receiving": follows.receiving,
            "applying": follows.applying,
            "seconds": follows.seconds,
            "waiting": follows.waiting,
            "error": follows.error,
        },
        "lacks": lacks,
        "lacks_count": None if lacks is None else count(lacks),
        "errant": errant,
        "unknown_replicas": [
            {"server_id": each.server_id, "address": each.address, "uuid": each.uuid}
            for each in member.registered
            if each.uuid not in known
        ],
    }


def _connector(each: Captures, reads: Member | None) -> dict[str, Any]:
    behind = purged = None
    if reads is not None and reads.gtids and not reads.error and each.gtids:
        behind, purged = missing(reads.executed, each.gtids), missing(reads.purged, each.gtids)
    return {
        "name": each.name,
        "reads": reads.address if reads is not None else each.address,
        "configured": each.address,
        "state": each.state,
        "problem": each.problem,
        "captured": each.gtids,
        "lacks": behind,
        "lacks_count": None if behind is None else count(behind),
        "lost": purged,
    }


def _sources(members: Sequence[Member], connectors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A picture for each source of GTIDs: one row a server, one a connector."""
    rows = [
        *(
            ("server", each.address, intervals(each.executed), intervals(each.purged), intervals(""))
            for each in members
            if each.gtids
        ),
        *(
            ("connector", each["name"], intervals(each["captured"]), intervals(""), intervals(each["lost"] or ""))
            for each in connectors
            if each["captured"]
        ),
    ]
    names = dict.fromkeys(source for _, _, has, _, _ in rows for source in has)
    shown = [
        {
            "source": name,
            "of": next((each.address for each in members if each.uuid == name.partition(":")[0]), None),
            "last": max(has[name][-1][1] for _, _, has, _, _ in rows if name in has),
            "rows": [
                {
                    "kind": kind,
                    "name": who,
                    "has": has.get(name, []),
                    "purged": purged.get(name, []),
                    "lost": lost.get(name, []),
                }
                for kind, who, has, purged, lost in rows
            ],
        }
        for name in names
    ]
    return sorted(shown, key=lambda each: (each["of"] is None, -int(str(each["last"]))))
