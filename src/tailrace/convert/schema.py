"""Connect schemas as values, and their JSON text as Connect's JsonConverter prints it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

Json = Any
"""A JSON document as Python has it."""


@dataclass(frozen=True, slots=True)
class Schema:
    """`org.apache.kafka.connect.data.Schema`; `default` is the JSON document of the default value."""

    type: str
    """int16, int32, int64, float, double, boolean, string, bytes, array, map or struct."""
    optional: bool = False
    name: str | None = None
    version: int | None = None
    doc: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    default: Json = None
    fields: tuple[tuple[str, Schema], ...] = ()
    items: Schema | None = None
    keys: Schema | None = None
    values: Schema | None = None

    def with_parameters(self, *parameters: tuple[str, str]) -> Schema:
        """The schema with further parameters."""
        return replace(self, parameters=(*self.parameters, *parameters))

    def document(self, field: str | None = None) -> dict[str, Json]:
        """As JsonConverter writes it (`asJsonSchema`), names in its order."""
        document: dict[str, Json] = {"type": self.type}
        if self.type == "struct":
            document["fields"] = [schema.document(name) for name, schema in self.fields]
        if self.items is not None:
            document["items"] = self.items.document()
        if self.keys is not None and self.values is not None:
            document["keys"] = self.keys.document()
            document["values"] = self.values.document()
        document["optional"] = self.optional
        if self.name is not None:
            document["name"] = self.name
        if self.version is not None:
            document["version"] = self.version
        if self.doc is not None:
            document["doc"] = self.doc
        if self.parameters:
            document["parameters"] = dict(self.parameters)
        if self.default is not None:
            document["default"] = self.default
        if field is not None:
            document["field"] = field
        return document

    def text(self) -> str:
        """Compact JSON."""
        return json.dumps(self.document(), ensure_ascii=False, separators=(",", ":"))


def struct(name: str | None, *fields: tuple[str, Schema], version: int | None = None, optional: bool = False) -> Schema:
    """A struct with these fields."""
    return Schema("struct", optional=optional, name=name, version=version, fields=fields)


STRING = Schema("string")
OPTIONAL_STRING = Schema("string", optional=True)
INT32 = Schema("int32")
OPTIONAL_INT32 = Schema("int32", optional=True)
INT64 = Schema("int64")
OPTIONAL_INT64 = Schema("int64", optional=True)
OPTIONAL_BOOLEAN = Schema("boolean", optional=True)
