"""Shapes of what is sent and answered, as JSON Schema."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_NUMBER = {"type": "integer"}
_NAMES = {"type": "array", "items": _TEXT}
_STATE = {"type": "string", "enum": ["UNASSIGNED", "RUNNING", "PAUSED", "STOPPED", "FAILED", "RESTARTING"]}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


_TOLD = {"state": _STATE, "worker_id": _TEXT, "version": _TEXT}
_DEFINITION = {
    "name": _TEXT,
    "type": {"type": "string", "enum": ["STRING", "INT", "LONG", "BOOLEAN", "LIST", "PASSWORD", "CLASS"]},
    "required": {"type": "boolean"},
    "default_value": {"type": ["string", "null"]},
    "importance": {"type": "string", "enum": ["HIGH", "MEDIUM", "LOW"]},
    "documentation": _TEXT,
    "group": _TEXT,
    "order_in_group": _NUMBER,
    "width": _TEXT,
    "display_name": _TEXT,
    "dependents": _TEXTS,
}
_VALUE = {
    "name": _TEXT,
    "value": {"type": ["string", "null"]},
    "recommended_values": _TEXTS,
    "errors": _TEXTS,
    "visible": {"type": "boolean"},
}
_SCALAR = {"type": ["string", "number", "boolean"]}

SCHEMAS: dict[str, Any] = {
    "Error": _object({"error_code": _NUMBER, "message": _TEXT}),
    "Message": _object({"message": _TEXT}),
    "Server": _object({"version": _TEXT, "commit": _TEXT, "kafka_cluster_id": _TEXT}),
    "Health": _object({"status": _TEXT, "message": _TEXT}),
    "Summary": _object({"status": _TEXT, "version": _TEXT, "worker_id": _TEXT, "connectors": _map(_NUMBER)}),
    "Names": _NAMES,
    "Config": _map(_SCALAR),
    "Patch": _map({"type": ["string", "number", "boolean", "null"]}),
    "Create": {
        **_object(
            {"name": _TEXT, "config": _ref("Config")},
            {"initial_state": {"type": ["string", "null"], "enum": ["RUNNING", "PAUSED", "STOPPED", None]}},
        ),
        "additionalProperties": False,
    },
    "Connectors": {
        "oneOf": [_NAMES, _map({"type": "object", "properties": {"status": _ref("Status"), "info": _ref("Connector")}})]
    },
    "Connector": _object(
        {
            "name": _TEXT,
            "config": _map(_TEXT),
            "tasks": {"type": "array", "items": _object({"connector": _TEXT, "task": _NUMBER})},
            "type": _TEXT,
        }
    ),
    "Status": _object(
        {
            "name": _TEXT,
            "connector": _object(_TOLD, {"trace": _TEXT}),
            "tasks": {"type": "array", "items": _ref("TaskStatus")},
            "type": _TEXT,
        }
    ),
    "TaskStatus": _object({"id": _NUMBER, **_TOLD}, {"trace": _TEXT}),
    "Tasks": {
        "type": "array",
        "items": _object({"id": _object({"connector": _TEXT, "task": _NUMBER}), "config": _map(_TEXT)}),
    },
    "Topics": _map(_object({"topics": _TEXTS})),
    "Offsets": _object(
        {
            "offsets": {
                "type": "array",
                "items": _object(
                    {"partition": {"type": "object"}, "offset": {"type": ["object", "null"]}},
                ),
            }
        }
    ),
    "Plugins": {"type": "array", "items": _object({"class": _TEXT, "type": _TEXT, "version": _TEXT})},
    "Definition": _object(_DEFINITION),
    "Definitions": {"type": "array", "items": _ref("Definition")},
    "Validation": _object(
        {
            "name": _TEXT,
            "error_count": _NUMBER,
            "groups": _TEXTS,
            "configs": {
                "type": "array",
                "items": _object(
                    {"definition": {"oneOf": [_ref("Definition"), {"type": "null"}]}, "value": _object(_VALUE)}
                ),
            },
        }
    ),
    "Logger": _object({"level": _TEXT, "last_modified": {"type": ["integer", "null"]}}),
    "Loggers": _map(_ref("Logger")),
    "Level": _object({"level": _TEXT}),
    "Progress": {"type": "object"},
    "Signal": {
        **_object({"type": {"type": "string", "minLength": 1}}, {"id": _TEXT, "data": {"type": ["object", "null"]}}),
        "additionalProperties": False,
    },
    "Accepted": _object({"id": _TEXT, "type": _TEXT, "worker_id": _TEXT}),
    "Notifications": _object(
        {
            "notifications": {
                "type": "array",
                "items": _object(
                    {
                        "number": _NUMBER,
                        "id": _TEXT,
                        "aggregateType": _TEXT,
                        "type": _TEXT,
                        "additionalData": _map(_TEXT),
                        "timestamp": _NUMBER,
                    }
                ),
            },
            "next": _NUMBER,
        }
    ),
}
