"""A schema history that lacks the tables that are not captured yet."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import properties

ONLY_CAPTURED = "schema.history.internal.store.only.captured.tables.ddl"


def look(facts: Facts) -> Iterator[Finding]:
    """Tailrace keeps every table, whatever the property says."""
    connector = facts.connector
    if connector is not None and connector.is_debezium and connector.is_true(ONLY_CAPTURED):
        yield warning(
            "a table that is not captured, and gets the name of one that is, as gh-ost and pt-online-schema-change do,"
            " is read by the columns of the old one where the connector has started meanwhile: values come under wrong"
            " names, and no error tells of it",
            f"{ONLY_CAPTURED} = true",
            properties(
                connector,
                {ONLY_CAPTURED: "false"},
                note="the tables that are there already come into the history by snapshot.mode=recovery for one start,"
                " if no table was altered since the offset",
            ),
        )


CHECK = Check(
    id="connector.history",
    title="its schema history knows the tables that are not captured (store.only.captured.tables.ddl)",
    why="A RENAME TABLE takes the definition of the old name to the new one; there must be one.",
    look=look,
    needs=Need.CONNECTOR,
)
