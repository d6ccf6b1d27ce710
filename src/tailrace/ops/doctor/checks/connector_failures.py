"""Properties by which events are dropped."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info, warning
from tailrace.ops.doctor.repair import properties

DROPS = {
    "event.processing.failure.handling.mode": ("warn", "skip", "ignore"),
    "event.deserialization.failure.handling.mode": ("warn", "skip", "ignore"),
    "inconsistent.schema.handling.mode": ("warn", "skip"),
    "schema.history.internal.skip.unparseable.ddl": ("true",),
    "errors.tolerance": ("all",),
}
OPERATIONS = {"c": "inserts", "u": "updates", "d": "deletes"}


def look(facts: Facts) -> Iterator[Finding]:
    """None is set."""
    connector = facts.connector
    if connector is None:
        return
    for name, drops in DROPS.items():
        value = connector.get(name).lower()
        if value in drops:
            yield warning(
                "what cannot be read is dropped, and the stream goes on without it",
                f"{name} = {value}",
                properties(connector, {name: None}),
            )
    skipped = [OPERATIONS[each] for each in connector.items("skipped.operations") if each in OPERATIONS]
    if skipped:
        yield info(
            f"{' and '.join(skipped)} are left out", f"skipped.operations = {connector.get('skipped.operations')}"
        )


CHECK = Check(
    id="connector.failures",
    title="an event that cannot be read stops it, and is not dropped",
    why="A dropped event is noticed when the copy is compared with the table, if ever.",
    look=look,
    needs=Need.CONNECTOR,
)
