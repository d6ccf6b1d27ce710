"""A converter and a transform of one's own."""  # noqa: INP001 - one module is the whole package

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tailrace.converters import Column, Conversion, Converter, Schema, TableId
from tailrace.transforms import Record, Transform


def cents(options: Mapping[str, str]) -> Converter:
    """`shop.Cents`: amounts of money as whole cents; `digits` after the point, 2 if none are given."""
    digits = int(options.get("digits", "2"))

    def whole(amount: Decimal) -> int:
        return int(amount.scaleb(digits))

    def converter(table: TableId, column: Column) -> Conversion | None:  # noqa: ARG001 - the same for every table
        if column.data_type == "decimal" and column.scale == digits:
            return Conversion(Schema("int64", name="shop.Cents"), whole)
        return None

    return converter


def leave_out(options: Mapping[str, str]) -> Transform:
    """`shop.LeaveOut`: rows whose `column` has the given `value` give no events."""
    if not options.get("column"):
        raise ValueError("column is missing")
    column, value = options["column"], options.get("value")

    def transform(record: Record) -> Record | None:
        if record.table is None or record.value is None:
            return record
        row = record.value["after"] or record.value["before"]
        return None if row.get(column) == value else record

    return transform
