"""Working tables of online schema changes among the captured ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.listed import listed
from tailrace.ops.doctor.repair import properties

WORKING = re.compile(r"_(?P<table>.+)_(?:gho|ghc|del|new|old)")
"""gh-ost's and pt-online-schema-change's."""
PATTERN = r".*\._.*_(gho|ghc|del|new|old)"


def look(facts: Facts) -> Iterator[Finding]:
    """None: such a table stands beside the one that it is made for."""
    names = {each.id for each in known(facts.tables)}
    found = []
    for each in facts.captured_tables:
        match = WORKING.fullmatch(each.id.table)
        if match and each.id._replace(table=match["table"]) in names:
            found.append(each.id)
    if not found:
        return
    before = facts.connector.config.get("table.exclude.list", "") if facts.connector else ""
    yield warning(
        "working tables of an online schema change are captured: each row that is copied becomes an event of a table"
        " that nobody wants; and of the table itself no event tells what the change made of its rows",
        listed(found),
        properties(
            facts.connector,
            {"table.exclude.list": f"{before},{PATTERN}" if before else PATTERN},
            note="then drop what the tool has left, and take an incremental snapshot of the table",
        )
        if facts.connector
        else None,
    )


CHECK = Check(
    id="tables.online-change",
    title="no working table of gh-ost or pt-online-schema-change is captured",
    why="They double the load, and after the swap the consumers have rows of the old shape.",
    look=look,
)
