"""Avro's binary encoding read back, after the specification; slow and obvious on purpose."""

from __future__ import annotations

import io
import struct
from typing import Any


def read(schema: Any, data: bytes) -> Any:
    """The value, bytes as bytes; raises ValueError where bytes are left over."""
    stream = io.BytesIO(data)
    value = _Reader(stream).value(schema, "")
    if rest := stream.read():
        message = f"{len(rest)} bytes too many"
        raise ValueError(message)
    return value


class _Reader:
    def __init__(self, stream: io.BytesIO) -> None:
        self._stream = stream
        self._records: dict[str, Any] = {}

    def value(self, schema: Any, namespace: str) -> Any:
        if isinstance(schema, list):
            return self.value(schema[self._long()], namespace)
        kind = schema["type"] if isinstance(schema, dict) else schema
        match kind:
            case "array":
                return self._array(schema["items"], namespace)
            case "record":
                return self._record(schema, namespace)
            case "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string":
                return self._plain(kind)
        full = kind if "." in kind else f"{namespace}.{kind}"
        return self._record(self._records[full], namespace)

    def _plain(self, kind: str) -> Any:
        match kind:
            case "boolean":
                return self._take(1) == b"\1"
            case "int" | "long":
                return self._long()
            case "float":
                return struct.unpack("<f", self._take(4))[0]
            case "double":
                return struct.unpack("<d", self._take(8))[0]
            case "bytes":
                return self._take(self._long())
            case "string":
                return self._take(self._long()).decode()
        return None

    def _record(self, schema: Any, namespace: str) -> dict[str, Any]:
        own = schema.get("namespace", namespace)
        self._records[f"{own}.{schema['name']}"] = schema | {"namespace": own}
        self._define(schema["fields"], own)
        return {field["name"]: self.value(field["type"], own) for field in schema["fields"]}

    def _define(self, schema: Any, namespace: str) -> None:
        """A record may be named behind a place where it was null, and so was not read."""
        if isinstance(schema, list):
            for part in schema:
                self._define(part, namespace)
        elif isinstance(schema, dict):
            if schema.get("type") == "record":
                namespace = schema.get("namespace", namespace)
                self._records[f"{namespace}.{schema['name']}"] = schema | {"namespace": namespace}
            for part in ("type", "items", "fields"):
                if isinstance(schema.get(part), (dict, list)):
                    self._define(schema[part], namespace)

    def _array(self, items: Any, namespace: str) -> list[Any]:
        found = []
        while count := self._long():
            found += [self.value(items, namespace) for _ in range(count)]
        return found

    def _long(self) -> int:
        value = shift = 0
        while True:
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7

    def _take(self, length: int) -> bytes:
        data = self._stream.read(length)
        if len(data) != length:
            message = f"{length - len(data)} bytes too few"
            raise ValueError(message)
        return data
