"""binlog_row_metadata: what a table map says of the columns."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """It is FULL."""
    found = facts.source.variable("binlog_row_metadata", default="MINIMAL")
    if found != "FULL":
        yield info(
            "names and types of columns are not in the binlog, and are followed through each ALTER TABLE instead",
            f"binlog_row_metadata = {found}",
            variables(
                facts.profile, {"binlog_row_metadata": "FULL"}, note="some bytes more for each table in a transaction"
            ),
        )


CHECK = Check(
    id="binlog.metadata",
    title="the binlog describes its tables (binlog_row_metadata=FULL)",
    why="With FULL each table map has names, types and keys, so a lost schema history can be made again, but for "
    "columns that were renamed or dropped after the offset.",
    look=look,
)
