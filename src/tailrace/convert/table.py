"""A table version in the modes of a connector: how the kernel writes its rows."""

from __future__ import annotations

import json
from dataclasses import replace

from tailrace.config.columns import ColumnsConfig
from tailrace.config.events import DocumentConfig, EventsConfig
from tailrace.convert import native
from tailrace.convert.defaults import default
from tailrace.convert.envelope import row_envelope
from tailrace.convert.fields import describe as describe_type
from tailrace.convert.names import field_name, schema_name, table_topic
from tailrace.convert.schema import Schema, struct
from tailrace.errors import SchemaError
from tailrace.model.encoding import FieldEncoding, TableEncoding
from tailrace.model.table import Column, Table, TableId

_PARAMETER = "__debezium.source.column."
_HIDDEN = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
"""Types that asterisks and digests hide; a cut applies to whatever is text or bytes in the event."""


def encoding(table: Table, events: EventsConfig) -> TableEncoding:
    """Raises SchemaError where a column's type is not known, or a key names a column that is not there."""
    topic = table_topic(table.id, events.topics)
    names = f"{events.topics.prefix}.{table.id}"
    described = [_describe(column, events) for column in table.columns]
    values = [
        _in_value(table.id, column, *description, events)
        if events.columns.captured.accepts(f"{table.id}.{column.name}")
        else None
        for column, description in zip(table.columns, described, strict=True)
    ]
    key = key_columns(table, events.columns)
    row = Schema(
        "struct",
        optional=True,
        name=schema_name(f"{names}.Value", events.schema_names),
        fields=tuple((value[0].name, value[1]) for value in values if value is not None),
    )
    envelope = row_envelope(schema_name(f"{names}.Envelope", events.schema_names), row)
    key_fields = tuple((described[index][0].name, described[index][1]) for index in key)
    key_schema = struct(schema_name(f"{names}.Key", events.schema_names), *key_fields)
    return TableEncoding(
        topic=topic,
        fields=tuple(value[0] if value is not None else None for value in values),
        key=tuple((index, _field(*described[index], events.key)) for index in key),
        key_schema=key_schema.text() if key and events.key.schemas else None,
        value_schema=envelope.text() if events.value.schemas else None,
    )


def row_key(table: Table) -> tuple[str, ...]:
    """The primary key; without one the first unique key, its columns nullable or not, as Debezium takes it."""
    if table.primary_key or not table.unique_keys:
        return table.primary_key
    return table.unique_keys[0][1]


def key_columns(table: Table, columns: ColumnsConfig) -> tuple[int, ...]:
    """Indexes of the columns that make the key: those configured, else those of `row_key`."""
    wanted = columns.key(table.id) or row_key(table)
    places = {column.name.lower(): index for index, column in enumerate(table.columns)}
    try:
        return tuple(places[name.lower()] for name in wanted)
    except KeyError as missing:
        message = f"the key of {table.id} names a column that it does not have: {missing.args[0]}"
        raise SchemaError(message, hint="change message.key.columns") from None


def _describe(column: Column, events: EventsConfig) -> tuple[FieldEncoding, Schema]:
    form, schema = describe_type(column, events.types)
    schema = replace(schema, optional=column.nullable, default=default(column, form))
    return FieldEncoding(field_name(column.name, events.field_names), form), schema


def _in_value(
    table: TableId, column: Column, field: FieldEncoding, schema: Schema, events: EventsConfig
) -> tuple[FieldEncoding, Schema]:
    """What a key does not have: masks, and parameters that tell of them and of the column's type."""
    rule = events.columns.mask(table, column)
    length = native.length(column)
    if rule is not None and rule.kind == "truncate":
        # A column that is never longer is left alone.
        if length is None or length > rule.length:
            field = replace(field, mask=rule)
            schema = schema.with_parameters(("truncateLength", str(rule.length)))
    elif rule is not None:
        # The parameter marks every column that is named, whether its type can be hidden or not.
        schema = schema.with_parameters(("masked", "true"))
        if column.data_type in _HIDDEN:
            field = replace(field, mask=rule if rule.kind == "fixed" else replace(rule, length=length or 0))
    if events.columns.propagates(table, column, native.type_name(column)):
        schema = schema.with_parameters(*_source_parameters(column))
    return _field(field, schema, events.value), schema


def _source_parameters(column: Column) -> list[tuple[str, str]]:
    parameters = {
        "type": native.type_name(column),
        "length": native.length(column),
        "scale": native.scale(column),
        "name": column.name,
    }
    return [(f"{_PARAMETER}{name}", str(value)) for name, value in parameters.items() if value is not None]


def _field(field: FieldEncoding, schema: Schema, document: DocumentConfig) -> FieldEncoding:
    if not document.null_becomes_default or schema.default is None:
        return field
    return replace(field, null=json.dumps(schema.default, ensure_ascii=False))
