"""A real Prometheus and Alertmanager that tell of alerts; and who is told."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import pytest
import yaml

from tailrace.errors import LabError
from tailrace.lab import monitoring
from tailrace.lab.alertmanager import Alertmanager
from tailrace.lab.ports import HOST
from tailrace.lab.prometheus import Prometheus
from tailrace.lab.server import await_condition
from tailrace.ops.alerts import alertmanager_config, prometheus_rules, read_thresholds
from tailrace.ops.http import Access
from tailrace.ops.prometheus import Prometheus as Client

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.ops.prometheus import FiringAlert

SCRAPE_SECONDS = 1.0
DEADLINE_SECONDS = 120


def need_prometheus() -> monitoring.Programs:
    """Skips the test where Prometheus cannot be had; fails it where `CI` is set."""
    try:
        return monitoring.programs()
    except LabError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Prometheus's own judgement of files."""
    command = [str(need_prometheus().promtool.path), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


class Webhook:
    """Takes what Alertmanager tells."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        told = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def names(self, status: str, **labels: str) -> set[str]:
        """Of alerts that were told as `firing` or `resolved` with these labels."""
        found = [one["labels"] for one in self.told if one["status"] == status]
        return {one["alertname"] for one in found if labels.items() <= one.items()}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Alerting:
    """All three; scrapes each second, and tells at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self.webhook = self._opened.enter_context(Webhook())
        config = yaml.safe_load(alertmanager_config(self.webhook.url))
        config["route"] |= {"group_wait": "1ms", "group_interval": "200ms"}
        alertmanager = Alertmanager(self._folder / "alertmanager", config=yaml.safe_dump(config))
        self.alertmanager = self._opened.enter_context(alertmanager)
        self.server = self._opened.enter_context(
            Prometheus(self._folder / "prometheus", alertmanager=alertmanager.address, scrape_seconds=SCRAPE_SECONDS)
        )
        self.client = Client(Access(self.server.url))
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def watch(self, *thresholds: str) -> None:
        """Our rules, with these thresholds."""
        self.server.load_rules(prometheus_rules(read_thresholds(thresholds)))

    def firing(self, **labels: str) -> set[str]:
        """Names of alerts that fire, with these labels."""
        return {one.name for one in self._active(labels) if one.state == "firing"}

    def active(self, **labels: str) -> set[str]:
        """Names of alerts that are pending or firing."""
        return {one.name for one in self._active(labels)}

    def _active(self, labels: dict[str, str]) -> list[FiringAlert]:
        return [one for one in self.client.alerts() if labels.items() <= one.labels.items()]

    def until_told(self, status: str, *names: str, **labels: str) -> None:
        """Until Alertmanager has told that each of these is `firing` or `resolved`."""
        wanted = set(names)
        assert await_condition(lambda: wanted <= self.webhook.names(status, **labels), DEADLINE_SECONDS, every=0.1), (
            f"{wanted - self.webhook.names(status, **labels)} not told as {status}; active: {self.client.alerts()}"
        )

    def until(self, expression: str) -> None:
        """Until the query returns a series."""
        assert await_condition(lambda: bool(self.client.query(expression)), DEADLINE_SECONDS, every=0.1), (
            f"never: {expression}; {self.client.query('scrape_duration_seconds')}"
        )
