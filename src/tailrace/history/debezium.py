"""Definitions as Debezium's schema history has them (`tableChanges`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tailrace.errors import StorageError
from tailrace.history.charset import by_name
from tailrace.history.tables import Tables
from tailrace.model.table import Column, Table, TableId

_ID = re.compile(r'"((?:[^"]|"")*)"\."((?:[^"]|"")*)"')


def apply_changes(tables: Tables, changes: Sequence[Mapping[str, Any]]) -> Tables:
    """The tables after `tableChanges`. Raises StorageError, KeyError or TypeError where they are none."""
    for change in changes:
        match = _ID.fullmatch(change["id"])
        if match is None:
            raise StorageError(f"{change['id']} is no table")
        name = TableId(match[1].replace('""', '"'), match[2].replace('""', '"'))
        definition = change.get("table")
        tables = tables.drop(name) if definition is None else tables.put(_table(name, definition))
    return tables


def _table(name: TableId, definition: Mapping[str, Any]) -> Table:
    charset = by_name(definition.get("defaultCharsetName"), None)
    return Table(
        id=name,
        columns=tuple(_column(column) for column in definition["columns"]),
        primary_key=tuple(definition.get("primaryKeyColumnNames") or ()),
        charset=charset.name if charset else None,
        collation=charset.collation if charset else None,
    )


def _column(definition: Mapping[str, Any]) -> Column:
    words = definition["typeName"].lower().split()
    charset = by_name(definition.get("charsetName"), None)
    kind = {"geometrycollection": "geomcollection"}.get(words[0], words[0])
    length = None if kind in {"enum", "set"} else definition.get("length")
    return Column(
        name=definition["name"],
        data_type=kind,
        length=length,
        scale=definition.get("scale"),
        unsigned="unsigned" in words,
        zerofill="zerofill" in words,
        nullable=bool(definition.get("optional")),
        charset=charset.name if charset else None,
        collation=charset.collation if charset else None,
        labels=tuple(label.removeprefix("'").removesuffix("'") for label in definition.get("enumValues") or ()),
        default=definition.get("defaultValueExpression"),
        auto_increment=bool(definition.get("autoIncremented")),
    )
