"""binlog_row_image: whole rows before and after a change."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """It is FULL."""
    found = facts.source.variable("binlog_row_image", default="FULL")
    if found == "FULL":
        return
    repair = variables(
        facts.profile, {"binlog_row_image": "FULL"}, note="open sessions keep theirs: let them reconnect"
    )
    evidence = f"binlog_row_image = {found}"
    if facts.may_be_debezium:
        yield error("events hold only some columns; Debezium refuses to start", evidence, repair)
    else:
        yield warning("events hold only some columns, and incremental snapshots are refused", evidence, repair)


CHECK = Check(
    id="binlog.image",
    title="events hold whole rows (binlog_row_image=FULL)",
    why="With MINIMAL or NOBLOB an update has only the columns that changed: no consumer can tell the row.",
    look=look,
)
