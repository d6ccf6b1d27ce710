"""The emulator's HTTP: `/_lab/…` is ours, what AWS's clients ask is moto's with our services in place of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import moto

from tailrace.errors import TailraceError
from tailrace.lab.aws import sns
from tailrace.lab.aws.aurora import Aurora
from tailrace.lab.aws.faults import Faults
from tailrace.lab.aws.settings import ADDED, EMULATOR

OWN = "/_lab/"
NAME = EMULATOR.format(version=moto.__version__)


class Front:
    """A WSGI application. Until `ready` its status is 503."""

    def __init__(self, inner: WSGIApplication, aurora: Aurora, faults: Faults) -> None:
        self._inner = inner
        self._aurora = aurora
        self._faults = faults
        self.ready = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Every answer says that it is no AWS."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("X-Emulator", NAME)], *more)

        path = environ["PATH_INFO"]
        if path.startswith(OWN):
            return self._own(environ, start)
        asked = parse_qs(environ.get("QUERY_STRING", ""))
        if asked.get("Action") == ["ConfirmSubscription"] and environ["REQUEST_METHOD"] == "GET":
            return _confirm(asked.get("Token", [""])[0], start)
        return self._inner(environ, start)

    def _own(self, environ: WSGIEnvironment, start: Callable[..., Any]) -> Iterable[bytes]:
        method, what = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(OWN)
        try:
            size = int(environ.get("CONTENT_LENGTH") or 0)
            given = json.loads(environ["wsgi.input"].read(size) or b"{}")
            match method, what:
                case "GET", "status":
                    return _json(start, "200 OK" if self.ready else "503 Service Unavailable", self.status())
                case "PUT", "timing":
                    self._aurora.timing.change(given)
                case "POST", "faults":
                    self._faults.add(given)
                case "DELETE", "faults":
                    self._faults.heal()
                case _:
                    return _json(start, "404 Not Found", {"message": f"no {method} {OWN}{what}"})
        except (ValueError, TailraceError) as error:
            return _json(start, "400 Bad Request", {"message": str(error)})
        return _json(start, "200 OK", self.status())

    def status(self) -> dict[str, Any]:
        """What it is, how it is set, who writes."""
        aurora = self._aurora
        return {
            "emulator": NAME,
            "added": list(ADDED),
            "timing": asdict(aurora.timing),
            "faults": [asdict(fault) for fault in self._faults.waiting],
            "primary": aurora.roles.primary,
            "writer": aurora.roles.writer,
            "writers": aurora.roles.writers,
            "lost": aurora.lost,
            "endpoints": {
                place.name: {
                    kind: {
                        "address": f"{each.host}:{each.port}",
                        "leads_to": ":".join(map(str, each.target)) if each.target else None,
                    }
                    for kind, each in (("cluster", place.endpoint), ("reader", place.reader))
                }
                for place in aurora.places.values()
            },
        }


def _json(start: Callable[..., Any], status: str, document: object) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(document).encode() + b"\n"]


def _confirm(token: str, start: Callable[..., Any]) -> Iterable[bytes]:
    arn = sns.confirm(token)
    if arn is None:
        start("400 Bad Request", [("Content-Type", "text/xml")])
        return [b"<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>"]
    start("200 OK", [("Content-Type", "text/xml")])
    return [
        '<ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ConfirmSubscriptionResult>'
        f"<SubscriptionArn>{arn}</SubscriptionArn>"
        "</ConfirmSubscriptionResult></ConfirmSubscriptionResponse>".encode()
    ]
