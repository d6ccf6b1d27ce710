"""Which requests a client of the Connect REST interface sends: it is driven against `tailrace worker`, through a proxy.

    python3 -m venv /tmp/client && /tmp/client/bin/pip install kafka-connect-py==1.0.0
    python tools/record_rest_client.py kafka-connect-py /tmp/client/bin/python

writes `tests/rest_compat/clients/kafka-connect-py.requests.json`; `tests/rest_compat/test_clients.py` replays it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from rest_compat.replay import CLIENTS, filled  # noqa: E402 - it is not installed
from support.rest import Worker, connector_config  # noqa: E402 - the same
from tailrace import lab  # noqa: E402 - stands behind them

KEPT_HEADERS = ("Accept", "Content-Type", "User-Agent")
"""The others say how the connection is used."""


class Recorder(ThreadingHTTPServer):
    """Passes on to a worker what comes, and remembers it."""

    def __init__(self, worker: Worker, config: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.worker = worker
        self.config = config
        self.requests: list[dict[str, Any]] = []
        self.when: list[str | None] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Recorder

    def _pass_on(self) -> None:
        parts = unquote(self.path).split("/")
        if parts[1] == "await-state":
            name, connector, task = parts[2], parts[3], None if parts[4] == "-" else parts[4]
            self.server.worker.await_state(name, connector, task)
            self.server.when = [name, connector, task]
            self._answer(200, {}, b"{}")
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name: self.headers[name] for name in KEPT_HEADERS if name in self.headers}
        request: dict[str, Any] = {"method": self.command, "path": self.path, "headers": headers}
        request |= {"body": body} if body else {}
        request |= {"when": self.server.when} if self.server.when else {}
        self.server.when = None
        self.server.requests.append(request)
        connection = http.client.HTTPConnection(*self.server.worker.address, timeout=60)
        connection.request(self.command, self.path, filled(body, self.server.config), headers)
        reply = connection.getresponse()
        self._answer(reply.status, dict(reply.getheaders()), reply.read())

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name in ("Content-Type", "Location"):
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - the server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's name
        """Nothing."""


def main() -> None:
    """Drive, record, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", help="name of the package")
    parser.add_argument("python", type=Path, help="a Python that has it")
    given = parser.parse_args()
    version = subprocess.check_output(
        [given.python, "-c", f"import importlib.metadata as m; print(m.version('{given.client}'))"], text=True
    ).strip()
    with lab.server() as mysql, tempfile.TemporaryDirectory() as folder:
        mysql.execute("CREATE DATABASE recorded")
        config = connector_config(
            mysql,
            "recorded",
            database__server__id=7310,
            schema__history__internal__kafka__bootstrap__servers="127.0.0.1:9092",
            schema__history__internal__kafka__topic="history",
        )
        with Worker(Path(folder), sink__type="jsonl", sink__path=f"{folder}/events") as worker:
            recorder = Recorder(worker, config)
            threading.Thread(target=recorder.serve_forever, daemon=True).start()
            driver = CLIENTS / f"drive_{given.client.replace('-', '_')}.py"
            subprocess.run([given.python, driver, recorder.url], check=True, timeout=120)
            recorder.shutdown()
            recorder.server_close()
    document = {"client": given.client, "version": version, "requests": recorder.requests}
    output = CLIENTS / f"{given.client}.requests.json"
    output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"{len(recorder.requests)} requests of {given.client} {version} in {output.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
