"""The interface as an OpenAPI 3.1 document, made of the operations."""

from __future__ import annotations

from typing import Any

from tailrace import __version__
from tailrace.rest.operations import OPERATIONS, Operation
from tailrace.rest.schemas import SCHEMAS

_ERRORS = {
    400: "The request, or the configuration in it, is wrong",
    401: "Say who you are",
    403: "The role does not suffice",
    404: "There is no such thing",
    406: "Only JSON is answered",
    409: "It is there already, or does not run",
    413: "The body is too large",
    415: "Only JSON is read",
    421: "Another worker of the group has the connector; the message names it",
    429: "Too many requests; Retry-After says when",
    500: "The worker failed, or the answer took too long",
}


def page() -> dict[str, Any]:
    """The document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tailrace worker",
            "version": __version__,
            "description": "The Kafka Connect REST interface 4.3, and what only Tailrace has under /tailrace.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{}, {"basic": []}, {"bearer": []}],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    parameters = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for part in operation.path.split("/")
        if part.startswith("{")
    ]
    parameters += [
        {"name": name, "in": "query", "description": doc, "schema": {"type": "string"}} for name, doc in operation.query
    ]
    answers: dict[str, Any] = {str(status): _answer(schema) for status, schema in operation.gives}
    for status, why in _ERRORS.items():
        answers.setdefault(str(status), {"description": why, **_content("Error")})
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation.answer.__module__.rpartition(".")[2] + "_" + operation.answer.__name__,
        "tags": [operation.path.split("/")[1] or "worker"],
        "description": "For everyone." if operation.public else f"Role: {operation.role.value}.",
        "parameters": parameters,
        "responses": answers,
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, **_content(operation.body)}
    return described


def _answer(schema: str | None) -> dict[str, Any]:
    return {"description": "Done", **(_content(schema) if schema else {})}


def _content(schema: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
