"""A table version in the modes of a connector: how the kernel writes its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailrace.config.columns import ColumnsConfig
from tailrace.config.converters import DocumentConfig
from tailrace.config.events import EventsConfig
from tailrace.convert import native
from tailrace.convert.defaults import default
from tailrace.convert.envelope import SOURCE, row_envelope
from tailrace.convert.fields import describe as describe_type
from tailrace.convert.given import given, written
from tailrace.convert.names import field_name, schema_name, table_topic, unsanitized_topic
from tailrace.convert.schema import OPTIONAL_INT64, OPTIONAL_STRING, STRING, Json, Schema, struct
from tailrace.errors import SchemaError, TransformError
from tailrace.model.encoding import FieldEncoding, TableEncoding, Unwrap
from tailrace.model.table import Column, Table, TableId

if TYPE_CHECKING:
    from tailrace.converters import Conversion, Converter

Convert = Callable[[Json], Json]
"""Not for null."""

_PARAMETER = "__debezium.source.column."
_NARROW = frozenset({"time_ms", "time_iso", "time_ns", "datetime_ns"})
"""Forms that have no room for each value of their type."""
_HIDDEN = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
"""Types that asterisks and digests hide; a cut applies to whatever is text or bytes in the event."""


@dataclass(frozen=True, slots=True)
class Described:
    """How the kernel writes a table's rows, and the schemas they have."""

    encoding: TableEncoding
    key: Schema | None
    """None: the table has no key."""
    value: Schema
    converted: tuple[tuple[str, Convert], ...] = ()
    """(field, what makes its value of that which the kernel wrote) where a converter has a function."""

    @property
    def may_lose(self) -> bool:
        """Whether a value may become null because its form has no room for it."""
        return any(field is not None and field.form in _NARROW for field in self.encoding.fields)


def describe(table: Table, events: EventsConfig, converters: Sequence[Converter] = ()) -> Described:
    """How rows of the table are written; of `converters` the first that takes a column counts.

    Raises SchemaError where a column's type is not known, or a key names a column that is not there.
    """
    source_topic = table_topic(table.id, events.topics)
    topic, route = source_topic, events.transforms.route
    if route is not None:
        topic = route.topic(source_topic)
    conversions = [_conversion(table.id, column, converters) for column in table.columns]
    functions = [
        _function(table.id, column, conversion) if conversion is not None else None
        for column, conversion in zip(table.columns, conversions, strict=True)
    ]
    described = [
        _describe(column, events, conversion, function)
        for column, conversion, function in zip(table.columns, conversions, functions, strict=True)
    ]
    values = [
        _in_value(table.id, column, *description, events, convert=function)
        if events.columns.captured.accepts(f"{table.id}.{column.name}")
        else None
        for column, description, function in zip(table.columns, described, functions, strict=True)
    ]
    key = key_columns(table, events.columns)
    key_fields = tuple((described[index][0].name, described[index][1]) for index in key)
    key_suffix = ""
    if route is not None and route.key_field is not None and (route.every_key or (key and topic != source_topic)):
        key_fields = (*key_fields, (route.key_field, STRING))
        origin = unsanitized_topic(table.id, events.topics) if route.every_key else source_topic
        key_suffix = f",{json.dumps(route.key_field)}:{json.dumps(route.table(origin), ensure_ascii=False)}"
    key_schema = struct(schema_name(f"{topic}.Key", events.schema_names), *key_fields)
    value_schema = _value_schema(topic, values, events)
    unwrap = events.transforms.unwrap
    encoding = TableEncoding(
        topic=topic,
        fields=tuple(value[0] if value is not None else None for value in values),
        key=tuple((index, _field(*described[index], events.key, functions[index])) for index in key),
        key_schema=key_schema.text() if key_fields and events.key.schemas else None,
        value_schema=value_schema.text() if events.value.schemas else None,
        key_suffix=key_suffix,
        unwrap=Unwrap(unwrap.deletes, unwrap.fields, unwrap.headers) if unwrap is not None else None,
    )
    converted = tuple(
        (field.name, function)
        for (field, _), function in zip(described, functions, strict=True)
        if function is not None
    )
    return Described(encoding, key_schema if key_fields else None, value_schema, converted)


def _value_schema(topic: str, values: Sequence[tuple[FieldEncoding, Schema] | None], events: EventsConfig) -> Schema:
    """Of the envelope; or of the row alone, with what is added to it."""
    fields = tuple((value[0].name, value[1]) for value in values if value is not None)
    row_name = schema_name(f"{topic}.Value", events.schema_names)
    unwrap = events.transforms.unwrap
    if unwrap is not None:
        return struct(row_name, *fields, *((name, _added(part)) for name, part in unwrap.fields))
    return row_envelope(schema_name(f"{topic}.Envelope", events.schema_names), struct(row_name, *fields, optional=True))


def _added(part: str) -> Schema:
    """The schema of a part of the envelope that is added to a row."""
    source = dict(SOURCE.fields)
    if part.startswith("source."):
        return Schema(source[part.removeprefix("source.")].type, optional=True)
    return OPTIONAL_STRING if part in {"op", "deleted"} else OPTIONAL_INT64


def row_key(table: Table) -> tuple[str, ...]:
    """The primary key; without one the first unique key of columns that are never NULL."""
    if table.primary_key:
        return table.primary_key
    never_null = {column.name for column in table.columns if not column.nullable}
    return next((columns for _, columns in table.unique_keys if never_null.issuperset(columns)), ())


def key_columns(table: Table, columns: ColumnsConfig) -> tuple[int, ...]:
    """Indexes of the columns that make the key: those configured, else those of `row_key`."""
    wanted = columns.key(table.id) or row_key(table)
    places = {column.name.lower(): index for index, column in enumerate(table.columns)}
    try:
        return tuple(places[name.lower()] for name in wanted)
    except KeyError as missing:
        message = f"the key of {table.id} names a column that it does not have: {missing.args[0]}"
        raise SchemaError(message, hint="change message.key.columns") from None


def _conversion(table: TableId, column: Column, converters: Sequence[Converter]) -> Conversion | None:
    return next((found for converter in converters if (found := converter(table, column)) is not None), None)


def _function(table: TableId, column: Column, conversion: Conversion) -> Convert | None:
    """From what the kernel writes to what the event has; it raises TransformError."""
    convert = conversion.convert
    if convert is None:
        return None
    _, read = given(column)

    def function(value: Json) -> Json:
        try:
            return written(convert(read(value)))
        except Exception as error:
            message = f"a converter failed: {type(error).__name__}: {error}"
            hint = "correct it, or set event.converting.failure.handling.mode"
            raise TransformError(message, where=f"column {table}.{column.name}", hint=hint) from error

    return function


def _describe(
    column: Column, events: EventsConfig, conversion: Conversion | None, convert: Convert | None
) -> tuple[FieldEncoding, Schema]:
    form, schema = describe_type(column, events.types)
    if conversion is not None:
        form, schema = conversion.form or given(column)[0], conversion.schema
    # Of geometries Debezium takes only points at their word that they are never NULL.
    optional = column.nullable or form == "geometry"
    value = default(column, form)
    schema = replace(schema, optional=optional, default=convert(value) if convert and value is not None else value)
    if events.schema_comments and column.comment:
        schema = replace(schema, doc=column.comment)
    # A zero date is NULL to Debezium; of a struct's field that must not be NULL Connect gives the default, if any.
    zero = None if optional or value is None else json.dumps(value)
    name = field_name(column.name, events.field_names)
    return FieldEncoding(name, form, zero=zero, strict=events.strict), schema


def _in_value(
    table: TableId,
    column: Column,
    field: FieldEncoding,
    schema: Schema,
    events: EventsConfig,
    *,
    convert: Convert | None,
) -> tuple[FieldEncoding, Schema]:
    """What a key does not have: masks, and parameters that tell of them and of the column's type."""
    rule = events.columns.mask(table, column)
    if rule is not None and convert is not None:
        message = f"column {table}.{column.name} has a converter and a mask"
        raise SchemaError(message, hint="leave it out of one of them: what is masked cannot be converted")
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
    return _field(field, schema, events.value, convert), schema


def _source_parameters(column: Column) -> list[tuple[str, str]]:
    parameters = {
        "type": native.type_name(column),
        "length": native.length(column),
        "scale": native.scale(column),
        "name": column.name,
    }
    return [(f"{_PARAMETER}{name}", str(value)) for name, value in parameters.items() if value is not None]


def _field(field: FieldEncoding, schema: Schema, document: DocumentConfig, convert: Convert | None) -> FieldEncoding:
    # What a function makes is put in after the kernel: of NULL too.
    if not document.null_becomes_default or schema.default is None or convert is not None:
        return field
    return replace(field, null=json.dumps(schema.default, ensure_ascii=False))
