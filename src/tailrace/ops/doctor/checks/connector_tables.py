"""Filters that match nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tailrace.config.field import split_list
from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import properties

LISTS = (
    ("database.include.list", lambda each: each.id.database),
    ("table.include.list", lambda each: str(each.id)),
)


def look(facts: Facts) -> Iterator[Finding]:
    """Tables are captured, and each pattern has its share."""
    connector = facts.connector
    if connector is None:
        return
    tables = known(facts.tables)
    if not facts.captured_tables:
        lists = [
            name for name in connector.config if re.fullmatch(r"(?:database|table)\.(?:include|exclude)\.list", name)
        ]
        yield error(
            f"no table is captured: of {len(tables)} tables that the account sees none passes the filters",
            ", ".join(f"{name} = {connector.config[name]}" for name in lists) or "no filter",
            properties(connector, dict.fromkeys(lists)) if lists else None,
        )
        return
    for name, text in LISTS:
        for pattern in split_list(connector.config.get(name, "")):
            # A pattern that cannot be compiled is for connector.valid to tell.
            if not any(_matches(pattern, text(each)) for each in tables):
                remaining = [other for other in split_list(connector.config[name]) if other != pattern]
                yield warning(
                    f"this pattern of {name} matches nothing that the account sees: it is for the whole of"
                    f" {'`database`' if name.startswith('database') else '`database.table`'}",
                    f"{name} has {pattern}",
                    properties(connector, {name: ",".join(remaining) or None}, note="or correct it"),
                )


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name, re.IGNORECASE) is not None
    except re.error:
        return True


CHECK = Check(
    id="connector.tables",
    title="every pattern of its filters matches something",
    why="`table.include.list=orders` matches no table, for it is compared with `shop.orders`: nothing is captured,"
    " without a word.",
    look=look,
    needs=Need.CONNECTOR,
)
