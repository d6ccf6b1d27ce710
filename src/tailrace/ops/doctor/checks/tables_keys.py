"""Tables whose rows cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.listed import listed
from tailrace.ops.doctor.repair import quoted, sql
from tailrace.snapshot.keyset import identity


def look(facts: Facts) -> Iterator[Finding]:
    """Each captured table has a key."""
    keyless = [each.id for each in facts.captured_tables if not identity(each.table)]
    if keyless:
        column = "ADD COLUMN row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY"
        yield warning(
            "rows without a key give records without one: no compaction, no order of a row, no incremental snapshot",
            listed(keyless),
            sql(
                *(f"ALTER TABLE {quoted(table)} {column}" for table in keyless),
                note="rewrites the table; or name columns that are unique in message.key.columns",
            ),
        )


CHECK = Check(
    id="tables.keys",
    title="captured tables have a primary key, or a unique one that is never NULL",
    why="The key of a record is the table's key; without one a consumer cannot tell which row an update is of.",
    look=look,
)
