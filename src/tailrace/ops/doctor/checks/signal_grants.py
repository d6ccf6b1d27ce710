"""Whether the account may write watermarks."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.model.table import TableId
from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import grant, quoted


def look(facts: Facts) -> Iterator[Finding]:
    """It may, where it has to."""
    connector = facts.connector
    if connector is None or connector.is_true("read.only"):
        return
    if not connector.is_debezium and facts.source.variable("gtid_mode") == "ON":
        return  # with GTIDs tailrace writes nothing
    closes_by_delete = "delete" in connector.get("incremental.snapshot.watermarking.strategy").lower()
    needed = "INSERT, DELETE" if closes_by_delete else "INSERT"
    for name in connector.items("signal.data.collection"):
        table = TableId(*name.partition(".")[::2])
        if not facts.source.may_on(*table, "INSERT"):
            yield error(
                "an incremental snapshot writes a row around each piece, and may not",
                f"{facts.source.account_name} lacks INSERT on {name}",
                grant(
                    needed,
                    facts.source.account_name,
                    quoted(table),
                    "or set read.only=true, with GTIDs",
                ),
            )


CHECK = Check(
    id="signal.grants",
    title="the account may write to the signalling table if it must",
    why="Debezium brackets each piece of an incremental snapshot by two rows, unless read.only=true.",
    look=look,
    needs=Need.CONNECTOR,
)
