"""Tables as compact JSON and back: only what differs from a plain column is written."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from tailrace.history.charset import Charset
from tailrace.model.table import Column, Table, TableId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DEFAULTS: Final = tuple((f.name, f.default) for f in fields(Column) if f.default is not MISSING)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """A table's definition, not looked at yet."""

    id: TableId
    content: dict[str, Any]

    def read(self) -> Table:
        """The definition. Raises ValueError, KeyError or TypeError for what `dump` does not write."""
        return _read_table(self.id, self.content)


@dataclass(frozen=True, slots=True)
class Delta(Generic[T]):
    """What one record of the history changes: definitions are whole, so replaying one twice does no harm."""

    tables: tuple[T, ...] = ()
    dropped: tuple[TableId, ...] = ()
    databases: Mapping[str, Charset] = field(default_factory=dict)
    dropped_databases: tuple[str, ...] = ()
    complete: bool = False
    """True where the tables are all there are, as after a snapshot: what came before no longer counts."""


def dump(delta: Delta[Table]) -> str:
    """A delta as JSON text."""
    content: dict[str, Any] = {
        "tables": [_table(table) for table in delta.tables],
        "dropped": delta.dropped,
        "databases": {name: (charset.name, charset.collation) for name, charset in delta.databases.items()},
        "dropped_databases": delta.dropped_databases,
        "complete": delta.complete,
    }
    return json.dumps(
        {key: value for key, value in content.items() if value}, ensure_ascii=False, separators=(",", ":")
    )


def load(text: str) -> Delta[Stored]:
    """The delta of a JSON text, its tables not looked at yet.

    Raises ValueError, KeyError or TypeError for what `dump` does not write.
    """
    content = json.loads(text)
    return Delta(
        tuple(Stored(TableId(*table["id"]), table) for table in content.get("tables", ())),
        tuple(TableId(*name) for name in content.get("dropped", ())),
        {name: Charset(*charset) for name, charset in content.get("databases", {}).items()},
        tuple(content.get("dropped_databases", ())),
        bool(content.get("complete")),
    )


def _table(table: Table) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": table.id,
        "columns": [_column(column) for column in table.columns],
        "primary_key": table.primary_key,
        "unique_keys": table.unique_keys,
        "other_keys": table.other_keys,
        "charset": table.charset,
        "collation": table.collation,
        "comment": table.comment,
    }
    return {key: value for key, value in content.items() if value}


def _column(column: Column) -> dict[str, Any]:
    content = {"name": column.name, "data_type": column.data_type}
    for name, default in _DEFAULTS:
        value = getattr(column, name)
        if value != default:
            content[name] = value
    return content


def _read_table(name: TableId, content: dict[str, Any]) -> Table:
    return Table(
        id=name,
        columns=tuple(map(_read_column, content.get("columns", ()))),
        primary_key=tuple(content.get("primary_key", ())),
        unique_keys=_read_keys(content.get("unique_keys", ())),
        other_keys=_read_keys(content.get("other_keys", ())),
        charset=content.get("charset"),
        collation=content.get("collation"),
        comment=content.get("comment", ""),
    )


def _read_keys(content: Iterable[tuple[str, Iterable[str]]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(columns)) for name, columns in content)


def _read_column(content: dict[str, Any]) -> Column:
    if "labels" in content:
        content["labels"] = tuple(content["labels"])
    return Column(**content)
