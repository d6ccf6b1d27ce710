"""Tables that no snapshot can read at one instant."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.listed import listed
from tailrace.ops.doctor.repair import quoted, sql

GOOD = frozenset({"INNODB", "ROCKSDB", "NDB", "NDBCLUSTER"})


def look(facts: Facts) -> Iterator[Finding]:
    """Each captured table is transactional."""
    others = [each for each in facts.captured_tables if each.engine.upper() not in GOOD]
    if others:
        yield warning(
            "tables without transactions are read as they are at the time, not as they were at the snapshot's position:"
            " rows come twice or not at all; MEMORY tables are emptied by a restart",
            listed([each.id for each in others], [each.engine for each in others]),
            sql(*(f"ALTER TABLE {quoted(each.id)} ENGINE = InnoDB" for each in others), note="rewrites the table"),
        )


CHECK = Check(
    id="tables.engines",
    title="captured tables are transactional (InnoDB)",
    why="A consistent snapshot is a read view, which only transactional engines have.",
    look=look,
)
