"""Tables whose names become one topic."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tailrace.model.table import TableId
from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.listed import listed
from tailrace.ops.doctor.repair import setting

ILLEGAL = re.compile(r"[^A-Za-z0-9._-]")


def look(facts: Facts) -> Iterator[Finding]:
    """Each captured table has a topic of its own."""
    by_topic: dict[str, list[TableId]] = {}
    for each in facts.captured_tables:
        by_topic.setdefault(ILLEGAL.sub("_", str(each.id)), []).append(each.id)
    for topic, tables in by_topic.items():
        if len(tables) > 1:
            yield warning(
                "characters that Kafka does not allow become _, and so these tables share a topic",
                f"{listed(tables)} → {topic}",
                setting("capture one of them only, or route one elsewhere by ByLogicalTableRouter"),
            )


CHECK = Check(
    id="tables.topics",
    title="each captured table has a topic of its own",
    why="Two tables in one topic have two schemas and keys that clash.",
    look=look,
)
