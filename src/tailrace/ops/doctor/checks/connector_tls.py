"""How the connector asks for TLS."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info, warning
from tailrace.ops.doctor.repair import properties


def look(facts: Facts) -> Iterator[Finding]:
    """It demands it."""
    connector = facts.connector
    if connector is None:
        return
    mode = connector.get("database.ssl.mode").lower()
    repair = properties(
        connector, {"database.ssl.mode": "required"}, note="better verify_identity, with database.ssl.truststore"
    )
    if mode == "disabled":
        yield warning("every row can be read on the way", "database.ssl.mode = disabled", repair)
    elif mode == "preferred":
        yield info(
            "a server, or somebody between, that offers no TLS gets the rows in the clear",
            "database.ssl.mode = preferred",
            repair,
        )


CHECK = Check(
    id="connector.tls",
    title="it demands TLS (database.ssl.mode)",
    why="preferred goes on in the clear where TLS is not offered, without a word.",
    look=look,
    needs=Need.CONNECTOR,
)
