"""Two readers of one binlog with one id end each other's connection, for ever."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, Repair, error
from tailrace.ops.doctor.repair import properties, shell, variables

Claim = tuple[int, str, str]


def look(facts: Facts) -> Iterator[Finding]:
    """No two of the servers, their replicas and the connectors have the same id."""
    claims = list(_claims(facts))
    taken = {number for number, _, _ in claims}
    for position, (number, who, _) in enumerate(claims):
        for _, before, _ in (claim for claim in claims[:position] if claim[0] == number and claim[1] != who):
            yield error(
                f"{before} and {who} have the same id: the server ends one when the other comes, in turns",
                f"server id {number} twice",
                _repair(facts, who, max(taken) + 1),
                who if who in {replica.where for replica in facts.replicas} else "",
            )


def _claims(facts: Facts) -> Iterator[Claim]:
    """(id, who, server_uuid where known), each reader once."""
    seen = {facts.source.variable("server_uuid")}
    yield facts.source.number("server_id"), facts.source.where, facts.source.variable("server_uuid")
    for replica in facts.replicas:
        seen.add(replica.variable("server_uuid"))
        yield replica.number("server_id"), replica.where, replica.variable("server_uuid")
    if facts.connector is not None:
        others = [(other.name, other.config) for other in facts.connector.others]
        for name, config in ((facts.connector.name, facts.connector.config), *others):
            given = config.get("database.server.id", "")
            if given.isdigit() and facts.connector.shares_server(config):
                yield int(given), f"connector {name}", ""
    for each in known(facts.source.registered):
        if each.uuid not in seen:
            yield each.server_id, f"replica {each.host or each.uuid}", each.uuid


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
    why="The server takes a second reader of the same id for the first one come again, and ends the first.",
    look=look,
)
