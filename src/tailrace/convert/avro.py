"""Connect schemas as Avro schemas, as Confluent's AvroConverter (`AvroData`) has them with its usual settings."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping

from tailrace.convert.schema import Json, Schema
from tailrace.errors import SchemaError

_TYPES: Mapping[str, str] = {
    "int16": "int",
    "int32": "int",
    "int64": "long",
    "float": "float",
    "double": "double",
    "boolean": "boolean",
    "string": "string",
    "bytes": "bytes",
}
_DECIMAL = "org.apache.kafka.connect.data.Decimal"
_LOGICAL: Mapping[str, str] = {
    _DECIMAL: "decimal",
    "org.apache.kafka.connect.data.Date": "date",
    "org.apache.kafka.connect.data.Time": "time-millis",
    "org.apache.kafka.connect.data.Timestamp": "timestamp-millis",
}
_USUAL_DECIMAL_DIGITS = "64"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def avro_text(schema: Schema) -> str:
    """The Avro schema as JSON, in the order in which Avro's own library prints it.

    Raises SchemaError where a name is none in Avro.
    """
    return json.dumps(_Document().of(schema, ""), ensure_ascii=False, separators=(",", ":"))


class _Document:
    """One schema on its way into JSON: a record is written out once, and named from then on."""

    def __init__(self) -> None:
        self._written: set[str] = set()

    def of(self, schema: Schema, namespace: str) -> Json:
        """`namespace` is that of the record around it."""
        base = self._record(schema, namespace) if schema.type == "struct" else self._plain(schema, namespace)
        if not schema.optional:
            return base
        return ["null", base] if schema.default is None else [base, "null"]

    def _plain(self, schema: Schema, namespace: str) -> Json:
        document: dict[str, Json] = {"type": _TYPES.get(schema.type, schema.type)}
        if schema.items is not None:
            document["items"] = self.of(schema.items, namespace)
        if schema.values is not None:
            document["values"] = self.of(schema.values, namespace)
        if schema.name == _DECIMAL:
            parameters = dict(schema.parameters)
            document["scale"] = int(parameters["scale"])
            document["precision"] = int(parameters.get("connect.decimal.precision", _USUAL_DECIMAL_DIGITS))
        document |= _properties(schema)
        if schema.type == "int16":
            document["connect.type"] = "int16"
        if (logical := _LOGICAL.get(schema.name or "")) is not None:
            document["logicalType"] = logical
        return document["type"] if len(document) == 1 else document

    def _record(self, schema: Schema, namespace: str) -> Json:
        full = schema.name or "io.confluent.connect.avro.ConnectDefault"
        own, _, name = full.rpartition(".")
        if full in self._written:
            return name if own == namespace else full
        self._written.add(full)
        for part in full.split("."):
            _check(part, f"schema {full}", "schema.name.adjustment.mode=avro")
        document: dict[str, Json] = {"type": "record", "name": name}
        if own != namespace:
            document["namespace"] = own
        document["fields"] = [self._field(name, field, own) for name, field in schema.fields]
        return document | _properties(schema)

    def _field(self, name: str, schema: Schema, namespace: str) -> Json:
        _check(name, f"field {name}", "field.name.adjustment.mode=avro")
        field: dict[str, Json] = {"name": name, "type": self.of(schema, namespace)}
        if schema.default is not None:
            field["default"] = _default(schema)
        elif schema.optional:
            field["default"] = None
        return field


def _properties(schema: Schema) -> dict[str, Json]:
    """What of Connect's schema has no word in Avro."""
    found: dict[str, Json] = {}
    if schema.doc is not None:
        found["connect.doc"] = schema.doc
    if schema.version is not None:
        found["connect.version"] = schema.version
    if schema.parameters:
        found["connect.parameters"] = dict(schema.parameters)
    if schema.default is not None:
        found["connect.default"] = _default(schema)
    if schema.name is not None:
        found["connect.name"] = schema.name
    return found


def _default(schema: Schema) -> Json:
    """Avro writes bytes as text, a character for each."""
    return base64.b64decode(schema.default).decode("latin-1") if schema.type == "bytes" else schema.default


def _check(name: str, what: str, hint: str) -> None:
    if not _NAME.fullmatch(name):
        raise SchemaError(f"{what} has a name that Avro does not take: {name!r}", hint=f"set {hint}")
