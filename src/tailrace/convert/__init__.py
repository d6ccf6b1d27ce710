"""Tables to plans: what the kernel must know of a table to encode its rows, compiled once per version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tailrace._kernel import Plan
from tailrace.config import EventsConfig
from tailrace.convert.table import Described, describe
from tailrace.model.table import Table, TableId

if TYPE_CHECKING:
    from tailrace.converters import Converter

Learn = Callable[[Table, Described], None]
"""Told how the rows of a table version are written, before the first of them are."""


class Plans:
    """Compiled plans by table version. A version that no binlog file mentions any more goes with `forget`."""

    def __init__(self, events: EventsConfig, learn: Learn | None = None, converters: Sequence[Converter] = ()) -> None:
        self._events = events
        self._converters = converters
        self._learn = learn
        self._plans: dict[Table, tuple[Plan, Described]] = {}

    def plan(self, table: Table) -> Plan:
        """The plan of this version. Raises SchemaError where a column's type is not known."""
        known = self._plans.get(table)
        if known is None:
            described = describe(table, self._events, self._converters)
            known = self._plans[table] = Plan(table, described.encoding), described
        plan, described = known
        if self._learn is not None:
            self._learn(table, described)
        return plan

    def take_unfit(self) -> list[tuple[TableId, str, int]]:
        """(table, column, how many of its values became null because their form has no room for them)."""
        return [
            (table.id, *found)
            for table, (plan, described) in self._plans.items()
            if described.may_lose
            for found in plan.take_unfit()
        ]

    def forget(self) -> None:
        """After DDL: old versions will not come back."""
        self._plans.clear()
