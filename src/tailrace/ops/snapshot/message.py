"""Signals about snapshots, as Debezium has them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tailrace.errors import ConfigError
from tailrace.ops.snapshot.channel import is_name, pattern


@dataclass(frozen=True, slots=True)
class Message:
    """{id, type, data}."""

    type: str
    data: Mapping[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {"id": self.id, "type": self.type, "data": dict(self.data)}

    def text(self) -> str:
        """Of its data, as the table has it."""
        return json.dumps(self.data, ensure_ascii=False)


def execute(
    tables: Sequence[str], conditions: Sequence[str], surrogate: str | None, *, blocking: bool = False
) -> Message:
    """Read tables; a condition is `TABLE=EXPRESSION`. Raises ConfigError."""
    data: dict[str, Any] = {
        "data-collections": [pattern(table) for table in tables],
        "type": "BLOCKING" if blocking else "INCREMENTAL",
    }
    if conditions:
        data["additional-conditions"] = [_condition(text, blocking=blocking) for text in conditions]
    if surrogate:
        data["surrogate-key"] = surrogate
    return Message("execute-snapshot", data)


def stop(tables: Sequence[str]) -> Message:
    """Read no more of these, or of all."""
    named = {"data-collections": [pattern(table) for table in tables]} if tables else {}
    return Message("stop-snapshot", {**named, "type": "INCREMENTAL"})


def pause() -> Message:
    """Rest."""
    return Message("pause-snapshot", {"type": "INCREMENTAL"})


def resume() -> Message:
    """Go on."""
    return Message("resume-snapshot", {"type": "INCREMENTAL"})


def _condition(text: str, *, blocking: bool) -> dict[str, str]:
    table, equals, expression = text.partition("=")
    table, expression = table.strip(), expression.strip()
    if not equals or not table or not expression:
        raise ConfigError(f"cannot read --condition {text}", hint="write it as --condition 'shop.orders=year = 2026'")
    if blocking and not expression.upper().startswith("SELECT"):
        if not is_name(table):
            hint = "a blocking snapshot takes a whole SELECT for a pattern of tables"
            raise ConfigError(f"cannot make a SELECT of --condition {text}", hint=hint)
        # A blocking snapshot wants the whole statement.
        expression = f"SELECT * FROM `{table.replace('.', '`.`')}` WHERE {expression}"  # noqa: S608 - the user's own SQL
    return {"data-collection": pattern(table), "filter": expression}
