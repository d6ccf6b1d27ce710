"""What the comparisons have given to both, properties and values; printed at the end of a run."""

from __future__ import annotations

from collections import Counter

from tailrace.config import custom, peers
from tailrace.config.debezium import DEFAULTS
from tailrace.config.parse import FAMILIES, FIELDS

exercised: set[str] = set()
"""Names of properties, filled by the tests of this process."""
counted: Counter[str] = Counter()
"""How many values were compared, by what they are; filled by the tests of this process."""
CELLS = "types in a set of modes, in a snapshot or in the stream"
ROWS = "rows of generated changes"

ALWAYS = {
    "name", "connector.class", "topic.prefix", "database.hostname", "database.port", "database.user",
    "database.password", "database.server.id", "database.include.list", "snapshot.mode",
}  # fmt: skip
"""Given in every comparison."""
CONVERTERS = "b,jdbc"
"""The names that comparisons give to converters."""


def table() -> list[str]:
    """Lines: what was compared, what is supported but was not, of all that exist."""
    supported = {field.name for field in FIELDS} & set(DEFAULTS)
    compared = {name for name in exercised | ALWAYS if name in DEFAULTS}
    rest = sorted(supported - compared)
    refused = sorted(set(DEFAULTS) - supported)
    families = (*FAMILIES, custom.options({custom.NAMES.name: CONVERTERS}))
    met = {family.name for family in families for name in exercised if family.pattern.fullmatch(name)}
    missed = sorted({family.name for family in families} - met)
    idle = [name for name in refused if peers.note(name, "other") is not None]
    return [
        _line("properties that Debezium has", len(DEFAULTS)),
        _line("  supported", len(supported)),
        _line("    compared with real Debezium here", len(compared & supported)),
        _line("    not compared here", len(rest)),
        _line("  accepted without effect", len(idle)),
        _line("  refused but for the default", len(refused) - len(idle)),
        _line("families of properties", len({family.name for family in families})),
        _line("  compared here", len(met)),
        *(_line(what, count) for what, count in sorted(counted.items())),
        "compared: " + ", ".join(sorted(compared - ALWAYS)),
        "families compared: " + ", ".join(sorted(met)),
        "supported, not compared here: " + ", ".join([*rest, *missed]),
    ]


def _line(what: str, count: int) -> str:
    return f"{what:<60}{count:>6}"
