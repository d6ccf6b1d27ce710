"""A schema registry over HTTP, by Confluent's REST interface: schemas in, ids out."""

from __future__ import annotations

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import quote, unquote, urlsplit

from tailrace.config.converters import RegistryConfig
from tailrace.errors import SinkError

_TYPE = "application/vnd.schemaregistry.v1+json"
_TIMEOUT = 10.0
"""Seconds for one request."""
_PAUSES = (0.2, 1.0, 5.0)
"""Seconds before each further attempt at a registry that does not answer."""
_HINTS = {
    HTTPStatus.UNAUTHORIZED: "check basic.auth.user.info, or bearer.auth.token",
    HTTPStatus.FORBIDDEN: "let the user of the registry write this subject",
    HTTPStatus.NOT_FOUND: "register the schema, or set auto.register.schemas=true; is the URL the registry's?",
    HTTPStatus.CONFLICT: "the table changed in a way that the subject's compatibility level forbids: change the level,"
    " or delete the subject",
    HTTPStatus.UNPROCESSABLE_ENTITY: "set schema.name.adjustment.mode=avro and field.name.adjustment.mode=avro",
}


class Registry:
    """Knows each id it was told; one thread at a time."""

    def __init__(self, config: RegistryConfig, pause: Callable[[float], object] = time.sleep) -> None:
        self._config = config
        self._pause = pause
        self._ids: dict[tuple[str, str], int] = {}
        self._tls = ssl.create_default_context() if any(url.startswith("https") for url in config.urls) else None

    def id_of(self, subject: str, schema: str) -> int:
        """The id of an Avro schema, registered where it is new.

        Raises SinkError where the registry refuses, or does not answer even after some pauses.
        """
        known = self._ids.get((subject, schema))
        if known is None:
            known = self._ids[subject, schema] = self._ask(subject, schema)
        return known

    def _ask(self, subject: str, schema: str) -> int:
        for pause in _PAUSES:
            try:
                return self._ask_each(subject, schema)
            except _NoAnswerError:
                self._pause(pause)
        try:
            return self._ask_each(subject, schema)
        except _NoAnswerError as error:
            hint = "start the registry, or correct schema.registry.url; events go on from the last stored offset"
            raise SinkError(f"the schema registry does not answer: {error}", where=subject, hint=hint) from error

    def _ask_each(self, subject: str, schema: str) -> int:
        problems = []
        for url in self._config.urls:
            try:
                return self._post(url, subject, schema)
            except _NoAnswerError as error:
                problems.append(f"{_without_user(url)}: {error}")
        raise _NoAnswerError("; ".join(problems))

    def _post(self, url: str, subject: str, schema: str) -> int:
        path = f"{_without_user(url).rstrip('/')}/subjects/{quote(subject, safe='')}"
        if self._config.register:
            path += "/versions"
        body = json.dumps({"schema": schema}).encode()
        request = urllib.request.Request(path, body, self._headers(url))  # noqa: S310 - http or https, as validated
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT, context=self._tls) as answer:  # noqa: S310 - the same
                found: int = json.load(answer)["id"]
                return found
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error, subject) from error
        except (OSError, HTTPException) as error:
            raise _NoAnswerError(str(getattr(error, "reason", error))) from error
        except (ValueError, KeyError, TypeError) as error:
            message = "what answers is no schema registry"
            raise SinkError(message, where=_without_user(url), hint="correct schema.registry.url") from error

    def _headers(self, url: str) -> dict[str, str]:
        headers = {"Content-Type": _TYPE, "Accept": _TYPE}
        user = self._config.user_info.reveal() if self._config.user_info is not None else _user(url)
        if user:
            headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        elif self._config.token is not None:
            headers["Authorization"] = f"Bearer {self._config.token.reveal()}"
        return headers


class _NoAnswerError(Exception):
    """Trying again may help."""


def _refusal(error: urllib.error.HTTPError, subject: str) -> Exception:
    try:
        words = json.load(error)["message"]
    except (ValueError, KeyError, TypeError, OSError):
        words = error.reason
    if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code == HTTPStatus.TOO_MANY_REQUESTS:
        return _NoAnswerError(f"{error.code} {words}")
    hint = next((hint for status, hint in _HINTS.items() if status == error.code), None)
    return SinkError(f"the schema registry refused: {error.code} {words}", where=subject, hint=hint)


def _user(url: str) -> str:
    """`user:password` of an URL."""
    return unquote(urlsplit(url).netloc.rpartition("@")[0])


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
