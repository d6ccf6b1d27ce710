"""Values that a converter's function makes, put in the place of those that the kernel wrote."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from tailrace._kernel import Batch
from tailrace.config.events import EventsConfig
from tailrace.config.failure import Failure
from tailrace.convert.schema import Json, Schema
from tailrace.convert.table import Convert, Described
from tailrace.errors import TransformError
from tailrace.model.encoding import Output
from tailrace.model.table import Table, TableId
from tailrace.transforms import Parts, Record

log = logging.getLogger(__name__)

_OTHER_KEYS = frozenset({"__debezium.newkey", "__debezium.oldkey"})
"""Headers that hold a key."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that a function writes."""

    convert: Convert
    default: Json
    """In place of NULL; None: NULL stays."""
    nullable: bool


@dataclass(frozen=True, slots=True)
class _Side:
    """Keys, or values, of one table."""

    columns: Mapping[str, _Column]
    head: int
    """Bytes of the schema before the document; 0: it has none."""
    enveloped: bool = False

    def rewrite(self, text: bytes, failed: Failed) -> bytes:
        """The document with the values of the functions."""
        tail = len(text) - 1 if self.head else len(text)
        document = orjson.loads(text[self.head : tail])
        images = [document.get("before"), document.get("after")] if self.enveloped else [document]
        for image in images:
            if image is not None:
                for name, column in self.columns.items():
                    if name in image:
                        image[name] = _value(column, image[name], failed)
        return text[: self.head] + orjson.dumps(document) + text[tail:]


@dataclass(frozen=True, slots=True)
class _Rows:
    key: _Side
    value: _Side


class Converted:
    """What of each batch has such columns; the records of other tables never become objects of Python's."""

    def __init__(self, events: EventsConfig, output: Output) -> None:
        """`output` is what the sink wants."""
        self._output = output
        self._failed = Failed(events.converting)
        self._events = events
        self._tables: dict[TableId, _Rows] = {}

    def learn(self, table: Table, described: Described) -> None:
        """How the table's rows are written from here on."""
        functions = dict(described.converted)
        if not functions:
            self._tables.pop(table.id, None)
            return
        events, encoding = self._events, described.encoding
        value = described.value
        if encoding.unwrap is None:
            value = dict(value.fields)["after"]
        key = described.key.fields if described.key is not None else ()
        self._tables[table.id] = _Rows(
            _Side(_columns(functions, key, default=events.key.null_becomes_default), _head(encoding.key_schema)),
            _Side(
                _columns(functions, value.fields, default=events.value.null_becomes_default),
                _head(encoding.value_schema),
                encoding.unwrap is None,
            ),
        )

    def apply(self, batch: Batch) -> Batch:
        """The batch as the sink wants it. Raises TransformError where a function fails and that is not passed over."""
        tables = list(self._tables)
        rows = batch.rows_of(tables) if tables else []
        if not rows and self._output == "records":
            return batch
        changed = [(place, self._rewrite(self._tables[tables[which]], parts)) for place, which, parts in rows]
        return batch.replaced(changed, output=self._output)

    def transform(self, record: Record) -> Record:
        """One record, before transforms see it."""
        if record.table is None:
            return record
        parts = (record.topic, record.key_text, record.value_text, record.headers)
        _, key, value, headers = self.parts(TableId(*record.table), parts)
        return replace(record, key_text=key, value_text=value, headers=tuple(headers))

    def parts(self, table: TableId, parts: Parts) -> Parts:
        """One record of a table."""
        rows = self._tables.get(table)
        return parts if rows is None else self._rewrite(rows, parts)

    def _rewrite(self, rows: _Rows, parts: Parts) -> Parts:
        topic, key, value, headers = parts
        if rows.key.columns:
            if key is not None:
                key = rows.key.rewrite(key, self._failed)
            headers = [
                (name, rows.key.rewrite(text, self._failed) if name in _OTHER_KEYS else text) for name, text in headers
            ]
        if value is not None:
            value = rows.value.rewrite(value, self._failed)
        return topic, key, value, headers


class Failed:
    """What becomes of a value on which a function failed."""

    def __init__(self, mode: Failure) -> None:
        self._mode = mode

    def __call__(self, error: TransformError, *, nullable: bool) -> None:
        """Raises the error where the value cannot be null."""
        if self._mode is Failure.FAIL or not nullable:
            raise error
        if self._mode is Failure.WARN:
            log.warning("%s: %s; it is null", error.where, error.message)


def _columns(
    functions: Mapping[str, Convert], fields: Sequence[tuple[str, Schema]], *, default: bool
) -> dict[str, _Column]:
    return {
        name: _Column(functions[name], schema.default if default else None, schema.optional)
        for name, schema in fields
        if name in functions
    }


def _head(schema: str | None) -> int:
    return len(f'{{"schema":{schema},"payload":'.encode()) if schema is not None else 0


def _value(column: _Column, value: Json, failed: Failed) -> Json:
    if value is not None:
        try:
            value = column.convert(value)
        except TransformError as error:
            failed(error, nullable=column.nullable)
            value = None
    return column.default if value is None else value
