"""Which of Debezium's properties the comparisons have given to both; printed at the end of a run."""

from __future__ import annotations

from tailrace.config.debezium import DEFAULTS
from tailrace.config.parse import FAMILIES, FIELDS

exercised: set[str] = set()
"""Names of properties, filled by the tests of this process."""

ALWAYS = {
    "name", "connector.class", "topic.prefix", "database.hostname", "database.port", "database.user",
    "database.password", "database.server.id", "database.include.list", "snapshot.mode",
}  # fmt: skip
"""Given in every comparison."""


def table() -> list[str]:
    """Lines: what was compared, what is supported but was not, of all that exist."""
    supported = {field.name for field in FIELDS} & set(DEFAULTS)
    compared = {name for name in exercised | ALWAYS if name in DEFAULTS}
    families = {family.name for family in FAMILIES for name in exercised if family.pattern.fullmatch(name)}
    rest = sorted(supported - compared)
    return [
        f"Debezium has {len(DEFAULTS)} properties and {len(FAMILIES)} families of them.",
        f"supported: {len(supported)}; compared with real Debezium here: {len(compared)}, and {len(families)} families",
        "compared: " + ", ".join(sorted(compared - ALWAYS)),
        "families: " + ", ".join(sorted(families)),
        "supported, not compared here: " + ", ".join(rest),
    ]
