"""Whether the server can go on where the connector stopped."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known, missing
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import properties


def look(facts: Facts) -> Iterator[Finding]:
    """It has all that comes after the offset, and nothing is missing before."""
    connector = facts.connector
    if connector is None or connector.is_in_snapshot or not connector.offset:
        return
    note = "reads all tables again; what was deleted meanwhile stays at the consumers"
    again = properties(connector, {"snapshot.mode": "when_needed"}, note=note)
    source, gtids = facts.source, connector.gtids
    if not gtids:
        files = [name for name, _ in known(source.binlog).files]
        file = str(connector.offset.get("file", ""))
        if files and file not in files:
            yield error(
                "the binlog file of its offset is gone: it cannot go on",
                f"offset {file}, the oldest file is {files[0]}",
                again,
            )
        return
    if source.variable("gtid_mode") != "ON":
        yield error("its offset has GTIDs, and the server gives none", f"gtid_mode = {source.variable('gtid_mode')}")
        return
    ahead, purged = missing(gtids, source.executed), missing(source.purged, gtids)
    # A running one reads on while we ask: what it has and the server had not is looked for only in one at rest.
    if ahead and not connector.status.is_running:
        yield error(
            "this server never executed what the connector has: it is another one, or lost it",
            f"missing: {ahead}",
            again,
        )
    if purged:
        yield error(
            "transactions after its offset are purged from the binlog: it cannot go on", f"purged: {purged}", again
        )


CHECK = Check(
    id="connector.offset",
    title="the binlog still has all that comes after its offset",
    why="What is purged cannot be captured (error 1236); Debezium fails, or with when_needed reads all tables again.",
    look=look,
    needs=Need.CONNECTOR,
)
