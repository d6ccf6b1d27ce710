"""Every column type as Arrow holds the value that the JSON writes."""

from __future__ import annotations

import base64
import json
import struct
from datetime import datetime, timedelta
from decimal import Context, Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from oracles.decoder_debezium import BINARIES, EPOCH, document
from support.kernel import batches, lines
from support.recording import Setting, record
from support.type_tables import column_types, type_tables
from tailrace._kernel import Envelope

if TYPE_CHECKING:
    from tailrace import lab
    from tailrace.model.table import Column, Table

ARROW = Envelope(name="golden", version="test", format="arrow")
TEMPORAL = {"date", "time", "datetime", "timestamp"}
SHAPES = {
    "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection", "geometry",
}  # fmt: skip


def from_json(column: Column, value: Any) -> Any:  # noqa: C901 - a branch for each type
    """What a JSON value means, in the form that `from_arrow` gives."""
    if value is None:
        return None
    match column.data_type:
        case "bigint" if column.unsigned:
            return value % 2**64
        case "decimal":
            unscaled = int.from_bytes(base64.b64decode(value), "big", signed=True)
            return Decimal(unscaled).scaleb(-(column.scale or 0), Context(prec=100))
        case "bit" if column.length != 1:
            return int.from_bytes(base64.b64decode(value), "little")
        case "datetime" if (column.length or 0) <= 3:
            return value * 1000
        case "timestamp":
            return (datetime.fromisoformat(value) - EPOCH) // timedelta(microseconds=1)
        case "float":
            return struct.pack("<f", value)
        case "vector":
            return [struct.pack("<f", element) for element in value]
        case "json":
            return document(value)
        case kind if kind in SHAPES:
            return (value["srid"] or 0).to_bytes(4, "little") + base64.b64decode(value["wkb"])
        case kind if kind in BINARIES:
            return base64.b64decode(value)
        case _:
            return value


def from_arrow(column: Column, values: pa.Array) -> list[Any]:
    """Times as counts of their unit, single-precision numbers as their bytes."""
    if column.data_type in TEMPORAL:
        return list(values.cast(pa.int32() if column.data_type == "date" else pa.int64()).to_pylist())
    match column.data_type:
        case "float":
            return [None if value is None else struct.pack("<f", value) for value in values.to_pylist()]
        case "vector":
            return [None if value is None else [struct.pack("<f", v) for v in value] for value in values.to_pylist()]
        case "json":
            return [None if value is None else document(value) for value in values.to_pylist()]
        case _:
            return list(values.to_pylist())


def same(column: Column, arrow: Any, told: Any) -> bool:
    # A zero date in a NOT NULL column is null in Arrow, and the epoch in Debezium's JSON.
    return bool(arrow == told or (arrow is None and not column.nullable and column.data_type in TEMPORAL and told == 0))


def test_arrow_holds_what_json_writes(mysql: lab.Server, seed: int) -> None:
    random = Random(seed)
    recording = record(mysql, type_tables(random, column_types(random)), random, Setting())
    events: dict[str, list[Any]] = {}
    for batch in batches(recording.binlog, lambda need: recording.tables[need.table]):
        for line in lines(batch):
            event = json.loads(line.value)
            events.setdefault(event["source"]["table"], []).append(event)
    for batch in batches(recording.binlog, lambda need: recording.tables[need.table], envelope=ARROW):
        for rows in (*batch.arrow(), *batch.arrow(tail=True)):
            compare(recording.tables[rows.table], pa.record_batch(rows), events)
    assert not any(events.values()), "all events were met"


def compare(table: Table, rows: pa.RecordBatch, events: dict[str, list[Any]]) -> None:
    """Takes the events that the rows stand for."""
    told = [events[table.id.table].pop(0) for _ in range(rows.num_rows)]
    assert rows.column("op").to_pylist() == [event["op"] for event in told]
    for field in ("gtid", "file", "pos", "row"):
        assert rows.column(field).to_pylist() == [event["source"][field] for event in told]
    assert rows.column("ts").cast(pa.int64()).to_pylist() == [event["source"]["ts_us"] for event in told]
    for image in ("before", "after"):
        array = rows.column(image)
        assert array.is_null().to_pylist() == [event[image] is None for event in told]
        for column, values in zip(table.columns, array.flatten(), strict=True):
            for value, event in zip(from_arrow(column, values), told, strict=True):
                if event[image] is not None:
                    theirs = from_json(column, event[image][column.name])
                    assert same(column, value, theirs), f"{table.id}.{column}: {value!r}, JSON says {theirs!r}"
