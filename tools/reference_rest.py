"""The tables of docs/reference/rest.md, from the operations of the REST interface and the differences tests accept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tailrace.rest.openapi import page as openapi
from tailrace.rest.operations import OPERATIONS, Operation


def sections(status: Mapping[str, str], body: Mapping[str, str]) -> Mapping[str, Iterable[str]]:
    """What stands between the marks of each name; the question of a test → why another status, or another body."""
    return {"requests": _requests(), "errors": _errors(), "statuses": _reasons(status), "bodies": _reasons(body)}


def _requests() -> Iterator[str]:
    yield "| request | role | sent | answers | |"
    yield "|---|---|---|---|---|"
    for operation in OPERATIONS:
        query = "&".join(f"{name}=…" for name, _ in operation.query)
        request = f"{operation.method} {operation.path}" + (f"?{query}" if query else "")
        answers = ", ".join(f"{status} {schema or ''}".strip() for status, schema in operation.gives)
        role = "anyone" if operation.public else operation.role.value
        yield f"| `{request}` | {role} | {operation.body or ''} | {answers} | {_told(operation)} |"


def _told(operation: Operation) -> str:
    return "; ".join((operation.summary, *(f"`{name}`: {doc}" for name, doc in operation.query)))


def _errors() -> Iterator[str]:
    operation = next(iter(openapi()["paths"].values()))["get"]
    yield "| status | |"
    yield "|---|---|"
    for status, answer in operation["responses"].items():
        if int(status) >= 400:  # noqa: PLR2004 - where errors begin
            yield f"| {status} | {answer['description']} |"


def _reasons(questions: Mapping[str, str]) -> Iterator[str]:
    """Each reason once; `the same` is that of the question before."""
    reasons: dict[str, list[str]] = {}
    last = ""
    for question, given in questions.items():
        last = last if given == "the same" else given
        reasons.setdefault(last, []).append(question)
    yield "| request | why |"
    yield "|---|---|"
    for reason, asked in reasons.items():
        yield f"| {', '.join(asked)} | {reason} |"
