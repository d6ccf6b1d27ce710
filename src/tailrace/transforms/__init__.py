"""Transforms that see records one by one, in Python: the slow way, for what does not compile into a table's plan.

A transform is a function from a record to the record that takes its place, or None: none does. Your own is an entry
point of the group `tailrace.transforms`: a function from the transform's options (`transforms.<name>.<option>`) to such
a function, which raises ValueError for options it cannot take. `transforms.<name>.type` names the entry point.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import orjson

from tailrace._kernel import Batch
from tailrace.config import plugged
from tailrace.convert.table import Described
from tailrace.errors import ConfigError, TransformError
from tailrace.model.encoding import Output
from tailrace.model.table import Table

Parts = tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]
"""Topic, key, value, headers, as the kernel gives and takes them."""


@dataclass(frozen=True)
class Record:
    """One record. Documents are parsed when they are asked for, and written again only where they were replaced."""

    topic: str
    key_text: bytes | None
    value_text: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    """(name, JSON text)"""
    table: tuple[str, str] | None = None
    """(database, table) of a row; None: a record of another kind."""
    partition: int | None = None
    """Where in its topic Kafka puts it; None: where its key leads."""
    known_schema: Mapping[str, Any] | None = None
    """The value's schema where the document does not carry it, as far as it is known."""

    @cached_property
    def key(self) -> Any:
        """The key without its schema."""
        return _payload(self.key_text)

    @cached_property
    def value(self) -> Any:
        """The value without its schema; None: a tombstone."""
        return _payload(self.value_text)

    @cached_property
    def schema(self) -> Mapping[str, Any] | None:
        """The value's Connect schema as JsonConverter writes it, also where documents go without; None: not known."""
        document = _parsed(self.value_text)
        framed = document is not None and document.keys() == _FRAME
        return document["schema"] if document is not None and framed else self.known_schema

    @property
    def is_envelope(self) -> bool:
        """Whether the value is a row event in Debezium's envelope."""
        return (
            self.value_text is not None
            and self.schema is not None
            and self.schema.get("name", "").endswith(".Envelope")
        )

    def with_topic(self, topic: str) -> Record:
        """The same record for another topic."""
        return replace(self, topic=topic)

    def with_partition(self, partition: int) -> Record:
        """The same record for this partition of its topic."""
        return replace(self, partition=partition)

    def with_headers(self, headers: Iterable[tuple[str, bytes]]) -> Record:
        """The same record with these headers in place of its own."""
        return replace(self, headers=tuple(headers))

    def with_value(self, value: Any) -> Record:
        """Another value, of the same schema if there is one."""
        return replace(self, value_text=_replaced(self.value_text, value))

    def with_schema_and_value(self, schema: Mapping[str, Any], value: Any) -> Record:
        """Another value of another schema, which the document carries if it did before."""
        document = _parsed(self.value_text)
        if document is not None and document.keys() == _FRAME:
            value = {"schema": schema, "payload": value}
        return replace(self, value_text=_text(value), known_schema=schema)


Transform = Callable[[Record], Record | None]
Factory = Callable[[Mapping[str, str]], Transform]

BUILTIN = {
    "io.debezium.transforms.Filter": "tailrace.transforms.scripted:filter_",
    "io.debezium.transforms.ContentBasedRouter": "tailrace.transforms.scripted:router",
    "io.debezium.transforms.HeaderToValue": "tailrace.transforms.headers:header_to_value",
    "io.debezium.transforms.TimezoneConverter": "tailrace.transforms.timezone:timezone_converter",
    "io.debezium.transforms.outbox.EventRouter": "tailrace.transforms.outbox:event_router",
    "io.debezium.transforms.partitions.PartitionRouting": "tailrace.transforms.partitions:partition_routing",
}


def create(kind: str, options: Mapping[str, str]) -> Transform:
    """The transform of a type. Raises ConfigError where there is none, or it cannot take its options."""
    factory: Factory | None = plugged.find("tailrace.transforms", kind, BUILTIN)
    if factory is None:
        raise ConfigError(f"there is no transform {kind}", hint="install the package that has it as an entry point")
    try:
        return factory(options)
    except ValueError as error:
        raise ConfigError(f"{kind}: {error}") from None


class Chain:
    """Several transforms, one behind the other."""

    def __init__(self, transforms: Iterable[tuple[str, Transform]], output: Output) -> None:
        """`transforms` with their names; `output` is what the sink wants."""
        self._transforms = tuple(transforms)
        self._output = output
        self._schemas: dict[tuple[str, str], Mapping[str, Any]] = {}

    def learn(self, table: Table, described: Described) -> None:
        """The schema of the table's rows from here on."""
        self._schemas[table.id] = described.value.document()

    def apply(self, batch: Batch) -> Batch:
        """The batch that takes the place of `batch`, whose records are in parts. Raises TransformError."""
        whole = batch.commit.records if batch.commit is not None else 0
        kept: list[Parts] = []
        partitions: list[int | None] = []
        committed = 0
        given = zip(batch.records(), batch.sources(), batch.partitions(), strict=True)
        for number, ((topic, key, value, headers), table, partition) in enumerate(given):
            schema = self._schemas.get(table) if table is not None else None
            record = self._one(Record(topic, key, value, tuple(headers), table, partition, schema))
            if record is not None and (self._output != "values" or _of_rows(record)):
                kept.append((record.topic, record.key_text, record.value_text, record.headers))
                partitions.append(record.partition)
            if number < whole:
                committed = len(kept)
        return Batch.of(kept, output=self._output, like=batch, committed=committed, partitions=partitions)

    def _one(self, record: Record) -> Record | None:
        current: Record | None = record
        for name, transform in self._transforms:
            if current is None:
                return None
            try:
                current = transform(current)
            except Exception as error:
                hint = "correct the transform, or narrow it with topic.regex; the connector goes on from this record"
                message = f"transform {name} failed: {type(error).__name__}: {error}"
                raise TransformError(message, where=f"a record of {record.topic}", hint=hint) from error
        return current


def _of_rows(record: Record) -> bool:
    """A file of values has rows alone, and that all of a table are gone (TRUNCATE)."""
    return record.table is not None or (record.value or {}).get("op") == "t"


def _payload(text: bytes | None) -> Any:
    document = _parsed(text)
    return document["payload"] if document is not None and document.keys() == _FRAME else document


def _replaced(text: bytes | None, value: Any) -> bytes | None:
    if value is None:
        return None
    document = _parsed(text)
    if document is not None and document.keys() == _FRAME:
        value = document | {"payload": value}
    return _text(value)


def _text(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _parsed(text: bytes | None) -> dict[str, Any] | None:
    """Keys and values are objects."""
    document: dict[str, Any] | None = orjson.loads(text) if text is not None else None
    return document


_FRAME = {"schema", "payload"}
"""What stands around a document that has a schema."""
