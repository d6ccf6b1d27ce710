"""include.query without the server's part."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """Statements are in the binlog where they are asked for."""
    connector = facts.connector
    if connector and connector.is_true("include.query") and not facts.source.is_on("binlog_rows_query_log_events"):
        yield warning(
            "include.query asks for the statements, and the server does not write them down",
            "binlog_rows_query_log_events = OFF",
            variables(
                facts.profile,
                {"binlog_rows_query_log_events": "ON"},
                note="open sessions keep theirs: let them reconnect",
            ),
        )


CHECK = Check(
    id="connector.query",
    title="statements are in the binlog if it asks for them",
    why="source.query stays null unless binlog_rows_query_log_events is on.",
    look=look,
    needs=Need.CONNECTOR,
)
