"""What the worker itself finds wrong with the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, error


def look(facts: Facts) -> Iterator[Finding]:
    """Nothing."""
    if facts.connector is None:
        return
    for name, texts in known(facts.connector.problems).items():
        yield error(f"{name}: {' '.join(texts)}", f"the worker's validation of {name}")


CHECK = Check(
    id="connector.valid",
    title="the worker finds the configuration valid",
    why="A configuration may have been valid when it was made, and not be any more: it shows at the next restart.",
    look=look,
    needs=Need.CONNECTOR,
)
