"""binlog_row_value_options: Debezium drops updates of which only a part is written."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, info
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """PARTIAL_JSON is not set."""
    found = facts.source.variable("binlog_row_value_options")
    if "PARTIAL_JSON" not in found:
        return
    repair = variables(
        facts.profile, {"binlog_row_value_options": ""}, note="open sessions keep theirs: let them reconnect"
    )
    evidence = f"binlog_row_value_options = {found}"
    if facts.may_be_debezium:
        yield error("Debezium drops updates of JSON columns without a word", evidence, repair)
    else:
        yield info("tailrace puts the rows together again; Debezium would drop these updates", evidence, repair)


CHECK = Check(
    id="binlog.partial-json",
    title="updates of JSON are written whole",
    why="PARTIAL_JSON writes PARTIAL_UPDATE_ROWS events, for which Debezium 3.6.1 has no handler: the update vanishes.",
    look=look,
)
