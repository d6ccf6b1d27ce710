"""What a request is to those who answer it, and what an answer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from tailrace.worker.settings import Role

NOTHING = object()
"""In place of a body: there is none."""


class RestError(Exception):
    """Answered as `{"error_code", "message"}`, which is Connect's shape of every error."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a body of JSON, or without one."""

    status: int = 200
    body: Any = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    name: str = ""
    """Empty where nobody needs to say it."""
    role: Role = Role.OPERATOR
    authorization: str = field(default="", repr=False)
    """The header of that name: another worker of the group is asked with it in turn. A secret."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request, its path and query decoded."""

    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes
    base: str = ""
    """`http://host:port`, as the client calls this worker."""
    caller: Caller = Caller()
    asked: str = ""
    """The path as it was sent."""

    def flag(self, name: str, *, default: bool = False) -> bool:
        """As Java's `Boolean.valueOf` reads a query parameter."""
        values = self.query.get(name)
        return values[0].lower() == "true" if values else default

    def json(self) -> Any:
        """The body. Raises RestError (400) where it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise RestError(400, f"the body is not JSON: {error}") from None

    def texts(self) -> dict[str, str | None]:
        """The body as a flat map of texts; numbers, true and false become text as in Connect (Jackson)."""
        return flat(self.json(), "the body")


def flat(value: object, what: str) -> dict[str, str | None]:
    """Raises RestError (400) where it is not names with values."""
    if not isinstance(value, dict):
        raise RestError(400, f'{what} must be an object of names with values: {{"name": "value"}}')
    return {name: _text(name, item) for name, item in value.items()}


def _text(name: str, value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return orjson.dumps(value).decode()
    raise RestError(400, f"{name}: must be text, a number, true or false")
