"""Two readers of the binlog with one id end each other's connection, for ever; not where they give two server_uuids.

The server takes a reader for another one come again by the server_uuid that it gives, and by the id where neither gives
one (sql/rpl_source.cc: kill_zombie_dump_threads). A replica gives its own, Debezium none, Tailrace one made of its id.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from tailrace.ops.connect import Status
from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Following, Unread, known
from tailrace.ops.doctor.finding import Finding, Repair, Severity
from tailrace.ops.doctor.repair import properties, shell, variables

_ENDED = "same server_uuid/server_id"
"""What the source says to the reader that it ends, and below what a replica says that finds its own id there."""
_EQUAL = "equal MySQL server ids"


@dataclass(frozen=True, slots=True)
class Claim:
    """Whoever has an id."""

    number: int
    who: str
    connector: Status | None = None
    """None: it is a server."""
    following: Following | None = None
    """Of a replica that was asked."""

    @property
    def is_ended(self) -> bool:
        """It has failed by another reader of its id."""
        return self.connector is not None and any(_ENDED in trace for _, trace in self.connector.traces)


def look(facts: Facts) -> Iterator[Finding]:
    """No two of the servers, their replicas and the connectors have the same id."""
    claims = list(_claims(facts))
    taken = {claim.number for claim in claims}
    for position, claim in enumerate(claims):
        for before in (one for one in claims[:position] if one.number == claim.number and one.who != claim.who):
            severity, what = _judge(before, claim)
            yield Finding(
                severity,
                f"{before.who} and {claim.who} have the same id: {what}",
                f"server id {claim.number} twice",
                _repair(facts, claim.who, max(taken) + 1),
                claim.who if claim.who in {replica.where for replica in facts.replicas} else "",
            )


def _judge(one: Claim, other: Claim) -> tuple[Severity, str]:
    """An error only where it is seen to happen."""
    if one.connector is not None and other.connector is not None:
        in_turns = "the server ends one when the other comes, in turns"
        both = one.connector.is_running and other.connector.is_running
        if both or one.is_ended or other.is_ended:
            return Severity.ERROR, in_turns
        return Severity.WARNING, f"once both read, {in_turns}"
    if one.connector is not None or other.connector is not None:
        return Severity.INFO, "neither is ended, for a server is known by its server_uuid; it makes logs hard to read"
    if other.following is not None and _EQUAL in other.following.error:
        return Severity.ERROR, "one follows the other, and has stopped by that"
    return Severity.WARNING, "one cannot follow the other: it stops when it next connects to it"


def _claims(facts: Facts) -> Iterator[Claim]:
    """Each reader once."""
    seen = {facts.source.variable("server_uuid")}
    yield Claim(facts.source.number("server_id"), facts.source.where)
    for replica in facts.replicas:
        seen.add(replica.variable("server_uuid"))
        following = None if isinstance(replica.following, Unread) else replica.following
        yield Claim(replica.number("server_id"), replica.where, following=following)
    if facts.connector is not None:
        others = [(other.name, other.config, other.status) for other in facts.connector.others]
        for name, config, status in ((facts.connector.name, facts.connector.config, facts.connector.status), *others):
            given = config.get("database.server.id", "")
            if given.isdigit() and facts.connector.shares_server(config):
                yield Claim(int(given), f"connector {name}", status)
    for each in known(facts.source.registered):
        if each.uuid not in seen:
            yield Claim(each.server_id, f"replica {each.host or each.uuid}")


def _repair(facts: Facts, who: str, free: int) -> Repair | None:
    connector = facts.connector
    if connector and who.startswith("connector "):
        return shell(f"tailrace connector config {shlex.quote(who[10:])} --set database.server.id={free}")
    if who in {replica.where for replica in facts.replicas}:
        return variables(facts.profile, {"server_id": free})
    if connector and connector.config.get("database.server.id"):
        return properties(connector, {"database.server.id": str(free)})
    return None


CHECK = Check(
    id="server.id-clash",
    title="no two readers of the binlog have one id",
    why="The server takes a second connector of the same id for the first one come again, and ends the first; a server "
    "of the same id it refuses as a replica.",
    look=look,
)
