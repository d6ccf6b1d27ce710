"""Properties of Debezium's earlier versions: what they are called now, or that they are gone."""

from __future__ import annotations

from typing import Final

_RENAMED: Final = {
    "database.server.name": "topic.prefix",
    "database.whitelist": "database.include.list",
    "database.blacklist": "database.exclude.list",
    "table.whitelist": "table.include.list",
    "table.blacklist": "table.exclude.list",
    "column.whitelist": "column.include.list",
    "column.blacklist": "column.exclude.list",
    "database.history": "schema.history.internal",
    "database.serverTimezone": "database.connectionTimeZone",
}
_HISTORY: Final = "database.history."
GONE: Final = frozenset(
    {
        "gtid.new.channel.position",
        "snapshot.new.tables",
        "provide.transaction.metadata.topic",
        "sanitize.field.names",
    }
)
"""Of which there is nothing left under any name."""


def renamed(name: str) -> str | None:
    """Today's name of a property; None where it has none."""
    if name.startswith(_HISTORY):
        return f"schema.history.internal.{name.removeprefix(_HISTORY)}"
    return _RENAMED.get(name)
