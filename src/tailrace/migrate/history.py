"""Debezium's schema history: replayed into tables, and written from them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tailrace._kernel import GtidSet
from tailrace.convert import native
from tailrace.convert.defaults import default_text
from tailrace.convert.table import row_key
from tailrace.errors import SchemaError, StorageError
from tailrace.history.ddl.effect import Context, apply
from tailrace.history.debezium import apply_changes
from tailrace.history.tables import Tables
from tailrace.model.offset import Offset
from tailrace.model.table import Column, Table, TableId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The tables at an offset, and how they were found."""

    tables: Tables
    records: int
    skipped: int
    """Statements that our parser could not follow, where the record's own definition was taken."""


def replay(lines: Iterable[str], offset: Offset, prefix: str) -> Replayed:
    """The tables after every record of `prefix` that lies at or before `offset`. Raises StorageError for what is none.

    Statements are read anew, which tells more (collations, unique keys) than the definitions beside them.
    """
    tables, records, skipped = Tables.of((), {}), 0, 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            position, server = record["position"], record["source"]["server"]
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"line {number} is no record of Debezium's schema history: {error}") from None
        if server != prefix or not _reached(position, offset):
            continue
        records += 1
        statement, changes = record.get("ddl") or "", record.get("tableChanges") or ()
        if not statement:
            # One of ours, of an earlier time.
            tables = apply_changes(tables, changes)
            continue
        try:
            tables, _ = apply(tables, Context(database=record.get("databaseName") or ""), statement)
        except SchemaError as error:
            log.warning("line %d: %s; its definition is taken instead", number, error.message)
            skipped += 1
            tables = apply_changes(tables, changes)
    return Replayed(tables, records, skipped)


def _reached(position: Mapping[str, Any], offset: Offset) -> bool:
    if position.get("snapshot"):
        return True
    if position.get("gtids") and offset.gtids:
        known, asked = GtidSet(position["gtids"]), GtidSet(offset.gtids)
        # The statement's own GTID is not in its record: equal sets mean that it comes after the offset.
        return known != asked and asked.contains(known)
    return (position["file"], position["pos"]) < (offset.file, offset.position)


def records(
    tables: Tables, gone: Iterable[TableId], offset: Offset, prefix: str, now_ms: Callable[[], int]
) -> Iterator[str]:
    """Lines from which Debezium recovers the tables as they are at `offset`; `gone` are those it knows no longer."""
    position: dict[str, object] = {
        "ts_sec": offset.timestamp_us // 1_000_000,
        "file": offset.file,
        "pos": offset.position,
    }
    if offset.gtids:
        position["gtids"] = offset.gtids
    position["snapshot"] = "INITIAL"
    changes = [(name, {"type": "DROP", "id": _quoted(name)}) for name in sorted(gone)]
    changes += [(table.id, _change(table)) for table in sorted(tables, key=lambda table: table.id)]
    for name, change in changes:
        record = {
            "source": {"server": prefix},
            "position": position,
            "ts_ms": now_ms(),
            "databaseName": name.database,
            "ddl": "",
            "tableChanges": [change],
        }
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _quoted(name: TableId) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name)


def _change(table: Table) -> dict[str, Any]:
    columns = [_written(column, position) for position, column in enumerate(table.columns, start=1)]
    return {
        "type": "CREATE",
        "id": _quoted(table.id),
        "table": {
            "defaultCharsetName": table.charset,
            "primaryKeyColumnNames": list(row_key(table)),
            "columns": columns,
            "attributes": [],
        },
    }


def _written(column: Column, position: int) -> dict[str, Any]:
    written: dict[str, Any] = {
        "name": column.name,
        "jdbcType": native.jdbc_type(column),
        "typeName": native.type_name(column),
        "typeExpression": native.type_name(column),
        "charsetName": column.charset,
        "length": native.length(column),
        "scale": native.scale(column),
        "position": position,
        "optional": column.nullable,
        "autoIncremented": column.auto_increment,
        "generated": column.auto_increment,
        "hasDefaultValue": column.nullable or default_text(column) is not None,
        "defaultValueExpression": default_text(column),
        "enumValues": [f"'{label}'" for label in column.labels],
    }
    return {name: value for name, value in written.items() if value is not None}
