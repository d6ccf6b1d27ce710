"""Tables to plans: what the kernel must know of a table to encode its rows, compiled once per version."""

from __future__ import annotations

from tailrace._kernel import Plan
from tailrace.config import EventsConfig
from tailrace.convert.table import encoding
from tailrace.model.table import Table


class Plans:
    """Compiled plans by table version. A version that no binlog file mentions any more goes with `forget`."""

    def __init__(self, events: EventsConfig) -> None:
        self._events = events
        self._plans: dict[Table, Plan] = {}

    def plan(self, table: Table) -> Plan:
        """The plan of this version. Raises SchemaError where a column's type is not known."""
        plan = self._plans.get(table)
        if plan is None:
            plan = self._plans[table] = Plan(table, encoding(table, self._events))
        return plan

    def forget(self) -> None:
        """After DDL: old versions will not come back."""
        self._plans.clear()
