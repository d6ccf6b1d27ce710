"""Records as Avro: Confluent's wire format, a zero byte and the schema's id before the value."""

from __future__ import annotations

import base64

import orjson

from tailrace._kernel import Batch
from tailrace.config.converters import RegistryConfig
from tailrace.config.events import EventsConfig
from tailrace.convert.avro import avro_text
from tailrace.convert.avro_value import writer
from tailrace.convert.records import record_schemas
from tailrace.convert.registry import Registry
from tailrace.convert.schema import Schema
from tailrace.convert.table import Described
from tailrace.engine.converted import Converted
from tailrace.model.encoding import Output
from tailrace.model.table import Table, TableId
from tailrace.transforms import Parts

_MAGIC = b"\0"


class AvroRecords:
    """Takes the place of JSON in keys, in values, or in both.

    The kernel writes documents without schemas, and each is written anew here, in Python.
    """

    def __init__(
        self, events: EventsConfig, output: Output, notifications: str | None, converted: Converted | None = None
    ) -> None:
        """`output` is what the sink wants: in lines, Avro's bytes stand as base64. `notifications`: their topic."""
        self._output = output
        self._converted = converted
        self._keys = _Side("key", events.key.registry)
        self._values = _Side("value", events.value.registry)
        self._tables: dict[TableId, _Pair] = {}
        self._topics = {
            topic: self._pair(topic, *schemas) for topic, schemas in record_schemas(events, notifications).items()
        }

    def learn(self, table: Table, described: Described) -> None:
        """The schemas of the table's rows from here on."""
        if self._converted is not None:
            self._converted.learn(table, described)
        topic = described.encoding.topic
        self._tables[table.id] = self._topics[topic] = self._pair(topic, described.key, described.value)

    def apply(self, batch: Batch) -> Batch:
        """The batch that takes the place of `batch`, whose records are in parts.

        Raises SinkError where the registry refuses or is not there, SchemaError where a schema cannot be one of Avro.
        """
        whole = batch.commit.records if batch.commit is not None else 0
        written = []
        for given, source in zip(batch.records(), batch.sources(), strict=True):
            topic, key, value, headers = self._convert(given, source)
            keys, values = self._tables[TableId(*source)] if source is not None else self._topics[topic]
            written.append((topic, self._write(keys, key), self._write(values, value), headers))
        return Batch.of(written, output=self._output, like=batch, committed=whole, partitions=batch.partitions())

    def _convert(self, parts: Parts, source: tuple[str, str] | None) -> Parts:
        if source is None or self._converted is None:
            return parts
        return self._converted.parts(TableId(*source), parts)

    def _write(self, subject: _Subject | None, text: bytes | None) -> bytes | None:
        if subject is None or text is None:
            return text
        data = subject.write(text)
        return data if self._output == "records" else b'"' + base64.b64encode(data) + b'"'

    def _pair(self, topic: str, key: Schema | None, value: Schema) -> _Pair:
        return self._keys.subject(topic, key), self._values.subject(topic, value)


class _Subject:
    """One schema of a topic's keys or values, registered when the first record comes."""

    def __init__(self, name: str, schema: Schema, registry: Registry) -> None:
        self._name = name
        self._schema = schema
        self._registry = registry
        self._write = writer(schema)
        self._head = b""

    def write(self, text: bytes) -> bytes:
        if not self._head:
            number = self._registry.id_of(self._name, avro_text(self._schema))
            self._head = _MAGIC + number.to_bytes(4, "big")
        data = bytearray(self._head)
        self._write(orjson.loads(text), data)
        return bytes(data)


_Pair = tuple[_Subject | None, _Subject | None]
"""Of key and value; None: stays as it is."""


class _Side:
    """Keys, or values."""

    def __init__(self, name: str, config: RegistryConfig | None) -> None:
        self._name = name
        self._registry = Registry(config) if config is not None else None

    def subject(self, topic: str, schema: Schema | None) -> _Subject | None:
        if self._registry is None or schema is None:
            return None
        return _Subject(f"{topic}-{self._name}", schema, self._registry)
