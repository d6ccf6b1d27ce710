"""Connector and tasks, as the worker tells."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tailrace.ops.connect import reason, words
from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import shell


def look(facts: Facts) -> Iterator[Finding]:
    """All run."""
    connector = facts.connector
    if connector is None or connector.status.is_running:
        return
    status, name = connector.status, shlex.quote(connector.name)
    evidence = words(status)
    if status.is_failed:
        yield error(
            f"it has failed: {reason(status)}", evidence, shell(f"tailrace connector restart {name} --failed-only")
        )
    elif status.is_paused or status.state == "STOPPED":
        yield warning(
            "it captures nothing, and its place in the binlog ages",
            evidence,
            shell(f"tailrace connector resume {name}"),
        )
    else:
        yield warning("not all of it runs", evidence, shell(f"tailrace connector restart {name} --tasks"))


CHECK = Check(
    id="connector.state",
    title="connector and task run",
    why="A failed task stays failed until someone restarts it; a paused one lets its place in the binlog be purged.",
    look=look,
    needs=Need.CONNECTOR,
)
