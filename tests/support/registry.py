"""A schema registry in this process, which speaks as much of Confluent's REST interface as writers need."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class FakeRegistry:
    """Ids count from 1, one for each schema text."""

    url: str
    schemas: list[str] = field(default_factory=list)
    subjects: dict[str, list[int]] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    """(path, Authorization header)"""
    answers: list[tuple[int, str]] = field(default_factory=list)
    """Given to the next requests, in place of the true answer."""

    def answer(self, path: str, body: str, user: str | None) -> tuple[int, str]:
        self.requests.append((path, user))
        if self.answers:
            return self.answers.pop(0)
        parts = path.strip("/").split("/")
        subject, schema = unquote(parts[1]), json.loads(body)["schema"]
        json.loads(schema)
        if parts[2:] == ["versions"]:
            if schema not in self.schemas:
                self.schemas.append(schema)
            number = self.schemas.index(schema) + 1
            versions = self.subjects.setdefault(subject, [])
            if number not in versions:
                versions.append(number)
            return 200, json.dumps({"id": number})
        number = self.schemas.index(schema) + 1 if schema in self.schemas else 0
        if number not in self.subjects.get(subject, []):
            return 404, json.dumps({"error_code": 40403, "message": "Schema not found"})
        return 200, json.dumps({"subject": subject, "id": number, "version": 1, "schema": schema})


@contextmanager
def fake_registry() -> Iterator[FakeRegistry]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, text = registry.answer(self.path, body, self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base class has it
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry = FakeRegistry(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
