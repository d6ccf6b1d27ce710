"""Properties that Debezium does not know: it passes over them without a word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from tailrace.config.debezium import DEFAULTS, PREFIXES
from tailrace.config.renamed import GONE, renamed
from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import properties

CONNECTS = re.compile(
    r"(?:key|value|header)\.converter(?:\..+)?|transforms(?:\..+)?|predicates(?:\..+)?|topic\.creation\..+"
    r"|(?:producer|consumer|admin)\.override\..+|errors\..+|config\.action\.reload|exactly\.once\.support"
    r"|transaction\.boundary(?:\..+)?|offsets\.storage\.topic|tasks\.max\.enforce|connector\.plugin\.version"
    r"|internal\..+|schema\.history\.internal\..+|openlineage\..+|driver\..+"
)


def look(facts: Facts) -> Iterator[Finding]:
    """None."""
    connector = facts.connector
    if connector is None or not connector.is_debezium:
        return  # tailrace refuses what it does not know
    converters = tuple(f"{name}." for each in ("converters", "post.processors") for name in connector.items(each))
    for name, value in connector.config.items():
        if _is_known(name) or name.startswith(converters):
            continue
        if now := renamed(name):
            repair = properties(connector, {name: None} | ({} if now in connector.config else {now: value}))
            yield error(f"{name} is an old name, which Debezium passes over: it is {now} now", name, repair)
        elif near := difflib.get_close_matches(name, DEFAULTS, n=1, cutoff=0.8):
            repair = properties(connector, {name: None, near[0]: value})
            yield warning(f"{name} is not a property: Debezium passes over it. Did you mean {near[0]}?", name, repair)
        else:
            words = "is gone" if name in GONE else "is not a property of Debezium's"
            yield warning(f"{name} {words}: it has no effect", name, properties(connector, {name: None}))


def _is_known(name: str) -> bool:
    return name in DEFAULTS or name.startswith(PREFIXES) or CONNECTS.fullmatch(name) is not None


CHECK = Check(
    id="connector.properties",
    title="every property of the connector is one that counts",
    why="A misspelt or renamed property has no effect and gives no error: the default holds instead.",
    look=look,
    needs=Need.CONNECTOR,
)
