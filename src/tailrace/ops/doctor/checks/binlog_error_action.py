"""binlog_error_action: what happens when the binlog cannot be written."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """The server stops rather than going on without a binlog."""
    found = facts.source.variable("binlog_error_action", default="ABORT_SERVER")
    if found != "ABORT_SERVER":
        yield error(
            "when the binlog cannot be written (a full disk), the server goes on without it: changes are lost unseen",
            f"binlog_error_action = {found}",
            variables(facts.profile, {"binlog_error_action": "ABORT_SERVER"}),
        )


CHECK = Check(
    id="binlog.error-action",
    title="no commit goes on without its binlog",
    why="IGNORE_ERROR switches the binlog off until the next restart; what is committed meanwhile is never captured.",
    look=look,
)
