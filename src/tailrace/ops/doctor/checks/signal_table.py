"""The signalling table: three columns, in this order."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.model.table import Column, TableId
from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import quoted, sql

WANTED = (("id", 42), ("type", 32), ("data", 2048))
COLUMNS = "id VARCHAR(42) PRIMARY KEY, type VARCHAR(32) NOT NULL, data VARCHAR(2048) NULL"


def look(facts: Facts) -> Iterator[Finding]:
    """It is there, and right."""
    connector = facts.connector
    if connector is None:
        return
    for name in connector.items("signal.data.collection"):
        table_id = TableId(*name.partition(".")[::2])
        found = facts.find(table_id)
        create = f"CREATE TABLE {quoted(table_id)} ({COLUMNS})"
        if found is None:
            yield error(
                "the signalling table does not exist, or the account does not see it", f"no {name}", sql(create)
            )
            continue
        columns = found.table.columns
        names = [column.name.lower() for column in columns]
        if names != [each for each, _ in WANTED]:
            moved = (
                f"RENAME TABLE {quoted(table_id)} TO {quoted(TableId(table_id.database, table_id.table + '_before'))}"
            )
            yield error(
                "its columns must be id, type and data, in this order: they are read by their places",
                f"{name} has {', '.join(names)}",
                sql(moved, create),
            )
            continue
        short = [
            (each, length) for (each, length), column in zip(WANTED, columns, strict=True) if not _holds(column, length)
        ]
        if short:
            changes = ", ".join(
                f"MODIFY {each} VARCHAR({length})" + (" NOT NULL" if each != "data" else "") for each, length in short
            )
            yield warning(
                "a longer signal is refused by the server, or cut",
                ", ".join(f"{each} holds less than {length} characters" for each, length in short),
                sql(f"ALTER TABLE {quoted(table_id)} {changes}"),
            )


def _holds(column: Column, length: int) -> bool:
    return "text" in column.data_type or (column.data_type in {"char", "varchar"} and (column.length or 0) >= length)


CHECK = Check(
    id="signal.table",
    title="the signalling table has id, type and data",
    why="Signals are rows, read by the places of their columns; a table of another shape gives none, or wrong ones.",
    look=look,
    needs=Need.CONNECTOR,
)
