"""Who may ask, how much, and how often."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections import OrderedDict
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tailrace.rest.answers import Caller, RestError
from tailrace.rest.operations import Operation
from tailrace.worker.settings import Credential, RestSettings, Role

if TYPE_CHECKING:
    from starlette.requests import Request

CONSOLE_HEADER = "x-tailrace-console"
"""Sent by the console's own requests: it asks for names and passwords itself, and wants no browser's window."""
_ADDRESSES = 10_000
"""Of clients, remembered for the rate limit."""


class Guard:
    """Raises RestError for what is refused. For one event loop."""

    def __init__(self, settings: RestSettings) -> None:
        self._settings = settings
        self._buckets = Buckets(settings.rate)

    def admit(self, request: Request) -> None:
        """Raises RestError: 429 where an address asks too often, 403 for a page of another site in a browser, which
        may hold credentials that the page has not.
        """
        wait = self._buckets.wait(request.client.host if request.client else "", time.monotonic())
        if wait:
            raise RestError(429, "too many requests", {"retry-after": str(max(1, round(wait)))})
        if not self._settings.protected and self._settings.listener.loopback:
            _check_host(request)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            _check_site(request)

    def authorize(self, request: Request, operation: Operation) -> Caller:
        """Who asks. Raises RestError: 401 for strangers, 403 where the role does not suffice."""
        if operation.public or not self._settings.protected:
            return Caller()
        given = request.headers.get("authorization", "")
        who = self._who(given)
        if who is None:
            asks_itself = CONSOLE_HEADER in request.headers
            schemes = ["Basic"] if self._settings.basic and not asks_itself else []
            schemes += ["Bearer"] if self._settings.bearer or asks_itself else []
            challenge = ", ".join(f'{scheme} realm="tailrace"' for scheme in schemes)
            raise RestError(401, "say who you are: user and password, or a token", {"www-authenticate": challenge})
        if operation.role is Role.OPERATOR and who.role is not Role.OPERATOR:
            raise RestError(403, f"{who.name} may read only; {operation.method} {operation.path} needs an operator")
        return Caller(who.name, who.role, given)

    def _who(self, header: str) -> Credential | None:
        scheme, _, given = header.partition(" ")
        found = None
        if scheme.lower() == "bearer":
            for credential in self._settings.bearer:
                # Every one is compared, so that time tells nothing.
                if _same(given.strip(), credential.secret.reveal()):
                    found = credential
        elif scheme.lower() == "basic":
            name, _, password = _decoded(given).partition(":")
            for credential in self._settings.basic:
                if _same(name, credential.name) & _same(password, credential.secret.reveal()):
                    found = credential
        return found

    async def body(self, request: Request) -> bytes:
        """Raises RestError (413) as soon as more comes than is allowed."""
        limit = self._settings.body_bytes
        refusal = RestError(
            413, f"the body is larger than {limit} bytes (rest.request.max.bytes)", {"connection": "close"}
        )
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > limit:
            raise refusal
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise refusal
            parts.append(part)
        return b"".join(parts)


class Buckets:
    """A token bucket for each address: `rate` a second, twice as many at once; 0: no limit."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str, now: float) -> float:
        """Seconds until this address may ask again; 0.0: now, and it is counted."""
        if not self._rate:
            return 0.0
        burst = 2.0 * self._rate
        tokens, since = self._buckets.pop(address, (burst, now))
        tokens = min(burst, tokens + (now - since) * self._rate)
        allowed = tokens >= 1.0
        self._buckets[address] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - tokens) / self._rate


def _check_host(request: Request) -> None:
    """A page of a foreign site may make a browser ask here, by its own name (DNS rebinding) or ours: refused."""
    host = request.url.hostname or ""
    origin = request.headers.get("origin")
    if not _of_this_machine(host) or (origin is not None and origin != f"{request.url.scheme}://{request.url.netloc}"):
        raise RestError(
            403, "asked for another site: use the address of this machine, or give users (rest.basic.<user>)"
        )


def _check_site(request: Request) -> None:
    """What changes something is not asked by a page of another site: a browser says whose page asks. Behind a proxy
    Host may be another than the browser's, but what it says of the site (https and loopback only) stays true.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site not in ("same-origin", "none") if site else origin and urlsplit(origin).netloc != request.url.netloc
    if foreign:
        raise RestError(403, "a page of another site may change nothing here")


def _of_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "testserver")


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
