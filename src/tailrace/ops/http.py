"""One HTTP request to a server that is named by its URL; failures become errors for people."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from tailrace.config import Password
from tailrace.errors import ConfigError, WorkerUnreachable

if TYPE_CHECKING:
    from pathlib import Path

DIAL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Access:
    """Where a server is, and how it lets us in."""

    url: str
    """`http://host:port`, or https; a path is put before every path that is asked for."""
    credentials: Password | None = None
    """`user:password`, or a bearer token."""
    ca: Path | None = None
    """PEM file of the authority that signed the server's certificate; None: those of the system."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f"not a URL of a worker: {self.url}", hint="write it as http://host:8083")
        if parts.username is not None:
            place = f"{parts.scheme}://{parts.hostname}"
            raise ConfigError(
                "a password in a URL ends up in histories and lists of processes",
                where=place,
                hint="put user:password into a file for --credentials, or into TAILRACE_CREDENTIALS",
            )

    def headers(self) -> dict[str, str]:
        """The Authorization header, where there are credentials."""
        if self.credentials is None:
            return {}
        secret = self.credentials.reveal()
        if ":" not in secret:
            return {"Authorization": f"Bearer {secret}"}
        return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode("ascii")}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body's document; None where it is empty. Raises ValueError."""
        return json.loads(self.body) if self.body.strip() else None


class Ask(Protocol):
    """How a request gets to whom it is for; see `ask`."""

    def __call__(self, access: Access, method: str, path: str, body: object = None, *, seconds: float = 20.0) -> Answer:
        """What was answered."""
        ...


def ask(access: Access, method: str, path: str, body: object = None, *, seconds: float = 20.0) -> Answer:
    """Sends `body` as JSON and reads the whole answer, which may take `seconds`.

    Raises WorkerUnreachable where nothing that speaks HTTP answers in time.
    """
    parts = urlsplit(access.url)
    where = f"{parts.scheme}://{parts.netloc}"
    connection: http.client.HTTPConnection
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=access.ca)
            connection = http.client.HTTPSConnection(parts.netloc, timeout=DIAL_SECONDS, context=context)
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=DIAL_SECONDS)
    except OSError as error:  # the CA file
        raise ConfigError(f"cannot read the CA file: {error.strerror or error}", where=str(access.ca)) from error
    headers = {"Accept": "application/json, text/plain;q=0.5", **access.headers()}
    data = None
    if body is not None:
        data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    try:
        connection.connect()
        connection.sock.settimeout(seconds)
        connection.request(method, parts.path.rstrip("/") + path, data, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read())
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(error, where) from error
    finally:
        connection.close()


def _unreachable(error: Exception, where: str) -> WorkerUnreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        return WorkerUnreachable(
            f"the certificate is not trusted: {error.verify_message}",
            where=where,
            hint="give the authority that signed it with --ca FILE",
        )
    if isinstance(error, TimeoutError):
        return WorkerUnreachable("no answer in time", where=where, hint="is the worker alive? look into its log")
    if isinstance(error, ConnectionRefusedError):
        return WorkerUnreachable(
            "nothing listens there", where=where, hint="start the worker, or name another with --url or TAILRACE_URL"
        )
    if isinstance(error, (http.client.HTTPException, ssl.SSLError)):
        return WorkerUnreachable(
            f"what listens there does not answer as {where.partition(':')[0]}: {error or type(error).__name__}",
            where=where,
            hint="check scheme and port of the URL",
        )
    reason = getattr(error, "strerror", None) or str(error)
    return WorkerUnreachable(f"cannot be reached: {reason}", where=where, hint="check host and port of the URL")
