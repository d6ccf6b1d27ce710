"""BIGINT UNSIGNED in Debezium's default mode."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info
from tailrace.ops.doctor.listed import listed
from tailrace.ops.doctor.repair import properties


def look(facts: Facts) -> Iterator[Finding]:
    """None, or the mode is precise."""
    connector = facts.connector
    if connector is None or connector.get("bigint.unsigned.handling.mode").lower() != "long":
        return
    tables = [
        each.id
        for each in facts.captured_tables
        if any(column.data_type == "bigint" and column.unsigned for column in each.table.columns)
    ]
    if tables:
        yield info(
            "values of 2^63 and more come out negative, as bigint.unsigned.handling.mode is long",
            listed(tables),
            properties(connector, {"bigint.unsigned.handling.mode": "precise"}, note="changes the schema"),
        )


CHECK = Check(
    id="tables.unsigned",
    title="BIGINT UNSIGNED comes out whole",
    why="The default, long, is a signed number of 64 bits.",
    look=look,
    needs=Need.CONNECTOR,
)
