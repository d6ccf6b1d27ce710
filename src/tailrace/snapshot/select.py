"""The text of a snapshot's SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailrace.model.table import Column, Table, TableId
    from tailrace.snapshot.chunks import Chunk


def quoted(name: str) -> str:
    """An identifier in backticks (manual: Schema Object Names)."""
    return "`" + name.replace("`", "``") + "`"


def qualified(table: TableId) -> str:
    """Database and table in backticks."""
    return f"{quoted(table.database)}.{quoted(table.table)}"


def select(table: Table, chunk: Chunk) -> str:
    """All columns by name, so invisible and generated ones too, in the order of the table."""
    columns = ", ".join(expression(column) for column in table.columns)
    if chunk.statement is not None:
        # Whatever it selects, in whatever order: what the table has is taken by name.
        return f"SELECT {columns} FROM ({chunk.statement.rstrip().rstrip(';')}) AS chosen"  # noqa: S608 -- the user's own
    condition = _condition(chunk)
    return f"SELECT {columns} FROM {qualified(table.id)}" + (f" WHERE {condition}" if condition else "")  # noqa: S608 -- quoted


def expression(column: Column) -> str:
    """A column so that the server prints all of its value."""
    name = quoted(column.name)
    # The server prints a FLOAT with six digits; as DOUBLE it prints enough to give back the same FLOAT.
    return f"{name}+0e0" if column.data_type == "float" else name


def _condition(chunk: Chunk) -> str:
    if chunk.key is None:
        return ""
    key = quoted(chunk.key)
    parts = []
    if chunk.low is not None:
        parts.append(f"{key} >= {chunk.low:d}")
    if chunk.high is not None:
        parts.append(f"{key} < {chunk.high:d}")
    return " AND ".join(parts)
