"""read.only=true, which needs GTIDs."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import properties


def look(facts: Facts) -> Iterator[Finding]:
    """There are some."""
    connector = facts.connector
    mode = facts.source.variable("gtid_mode", default="OFF")
    if connector and connector.is_true("read.only") and mode != "ON":
        yield error(
            "read-only incremental snapshots take GTID sets for watermarks, and there are none",
            f"read.only = true, gtid_mode = {mode}",
            properties(connector, {"read.only": "false"}, note="or turn GTIDs on: see gtid.mode"),
        )


CHECK = Check(
    id="signal.read-only",
    title="read-only incremental snapshots have the GTIDs they need",
    why="Without gtid_mode=ON read.only=true is refused when the first signal comes.",
    look=look,
    needs=Need.CONNECTOR,
)
