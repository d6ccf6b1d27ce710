"""server_id 0: nobody may read the binlog."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """The server has an id."""
    if facts.source.number("server_id") == 0:
        yield error(
            "a server without an id refuses everyone who asks for its binlog",
            "server_id = 0",
            variables(facts.profile, {"server_id": 1}, note="any number that no other server and no connector has"),
        )


CHECK = Check(
    id="server.identity",
    title="the server has an id",
    why="With server_id=0 the server refuses replicas and connectors (error 1236).",
    look=look,
)
