"""A worker as its users run it, `tailrace worker` in a process of its own; and who asks one over HTTP."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from support.connector import started
from tailrace.lab import Server
from tailrace.lab.server import await_condition


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class Client:
    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        assert parts.hostname
        self.address = (parts.hostname, parts.port)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """`body`: a dict or list as JSON, all else as it is; names of headers with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict | list):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            connection.request(method, path, body, sent)
            reply = connection.getresponse()
            names = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, names, reply.read().decode())
        finally:
            connection.close()

    def state(self, name: str) -> tuple[str, str | None]:
        """(of the connector, of its task)"""
        reply = self.ask("GET", f"/connectors/{name}/status")
        if reply.status != 200:
            return (str(reply.status), None)
        tasks = reply.body["tasks"]
        return reply.body["connector"]["state"], tasks[0]["state"] if tasks else None

    def await_state(self, name: str, connector: str, task: str | None, timeout: float = 30) -> None:
        """`task`: None where it has none, `?` for any state."""

        def reached() -> bool:
            state = self.state(name)
            return state[0] == connector and task in ("?", state[1])

        assert await_condition(reached, timeout, every=0.05), (
            f"{name} is not {connector}, {task}: {self.ask('GET', f'/connectors/{name}/status').text}"
        )


class Worker(Client):
    """Its files are in `folder`; one process at a time."""

    def __init__(self, folder: Path, **properties: object) -> None:
        """`properties` of the worker, with `__` for `.`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.properties = {"worker.folder": folder / "worker", "metrics.listener": ""} | {
            name.replace("__", "."): value for name, value in properties.items()
        }
        self.port = 0

    def start(self) -> None:
        config = self.folder / "worker.properties"
        config.write_text("".join(f"{name}={value}\n" for name, value in self.properties.items()), encoding="utf-8")
        log = self.folder / "worker.log"
        command = [sys.executable, "-m", "tailrace.cli", "worker", "--config", str(config)]
        with log.open("w", encoding="utf-8") as out:
            listen = ["--listen", f"127.0.0.1:{self.port}"]
            self.process = subprocess.Popen([*command, *listen], stdout=out, stderr=out, text=True)
        started.append(self.process)
        found: list[str] = []

        def listens() -> bool:
            assert self.process.poll() is None, log.read_text(encoding="utf-8")
            found.extend(re.findall(r"listening on (http\S+)", log.read_text(encoding="utf-8")))
            return bool(found)

        assert await_condition(listens, 30, every=0.05), log.read_text(encoding="utf-8")
        super().__init__(found[0])

    def stop(self) -> int:
        """As Ctrl-C does; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def kill9(self) -> None:
        self.process.kill()
        self.process.wait(30)

    @property
    def log(self) -> str:
        return (self.folder / "worker.log").read_text(encoding="utf-8")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.stop()


def connector_config(server: Server, database: str, **properties: object) -> dict[str, Any]:
    """What any connector to `server` is told; `properties` with `__` for `.`."""
    return {
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "topic.prefix": "test",
        "database.hostname": server.host,
        "database.port": server.port,
        "database.user": server.user,
        "database.password": server.password,
        "database.include.list": database,
    } | {name.replace("__", "."): value for name, value in properties.items()}
