"""What a connector tells of its snapshots: by topic, by log line, by webhook."""

from __future__ import annotations

import json
import logging
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from support.running import MARKER, Running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace.lab import Server


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    mysql.execute("CREATE DATABASE telling")
    mysql.execute(MARKER.format("telling"))
    mysql.execute("CREATE TABLE telling.t (id INT PRIMARY KEY, v INT)")
    mysql.execute("INSERT INTO telling.t VALUES (1, 10), (2, 20), (3, 30)")
    yield "telling"
    mysql.execute("DROP DATABASE telling")


def test_the_initial_snapshot_is_told_of_step_by_step(mysql: Server, database: str, tmp_path: Path) -> None:
    with Running(tmp_path, mysql, database, snapshot__mode="initial") as running:
        told = running.engine.notifications()
        assert [one.type for one in told] == ["STARTED", *["TABLE_SCAN_COMPLETED"] * 2, "COMPLETED"]
        assert {one.aggregate_type for one in told} == {"Initial Snapshot"}
        scanned = [dict(one.additional_data) for one in told[1:3]]
        expected = {"connector_name": "test", "total_rows_scanned": "3", "status": "SUCCEEDED"}
        assert scanned[1] == {"scanned_collection": f"{database}.t"} | expected
        assert scanned[0]["status"] == "EMPTY"
    with Running(tmp_path, mysql, database, snapshot__mode="initial") as running:
        assert [one.type for one in running.engine.notifications()] == ["SKIPPED"]


def test_a_topic_and_the_log_are_told_in_debeziums_shape(
    mysql: Server, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = {
        "notification__enabled__channels": "sink,log",
        "notification__sink__topic__name": "told",
        "sink__format": "record",
        "value__converter__schemas__enable": "true",
    }
    with caplog.at_level(logging.INFO), Running(tmp_path, mysql, database, **options) as running:
        signal = running.read(f"{database}.t").id
        running.catch_up()
    records = [
        json.loads(line) for file in (tmp_path / "events").glob("*.jsonl") for line in file.read_text().splitlines()
    ]
    told = [record for record in records if record["topic"] == "told"]
    assert [record["value"]["payload"]["type"] for record in told] == ["STARTED", "TABLE_SCAN_COMPLETED", "COMPLETED"]
    assert told[0]["key"]["id"] == signal
    schema = told[0]["value"]["schema"]
    assert schema["name"] == "io.debezium.connector.common.Notification"
    assert schema["fields"][3] == {
        "type": "map",
        "keys": {"type": "string", "optional": False},
        "values": {"type": "string", "optional": False},
        "optional": True,
        "field": "additional_data",
    }
    payload = told[1]["value"]["payload"]
    assert payload["additional_data"]["scanned_collection"] == f"{database}.t"
    line = next(one.message for one in caplog.records if "TABLE_SCAN_COMPLETED" in one.message)
    assert json.loads(line.removeprefix("notification "))["additionalData"] == payload["additional_data"]


@contextmanager
def webhook(refused: int) -> Iterator[tuple[str, list[Any]]]:
    """A server that refuses so many requests first."""
    taken: list[Any] = []
    left = [refused]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            left[0] -= 1
            if left[0] >= 0:
                self.send_error(503)
                return
            taken.append(body)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/told", taken
    finally:
        server.shutdown()
        server.server_close()


def test_a_webhook_that_fails_at_first_is_told_in_the_end(mysql: Server, database: str, tmp_path: Path) -> None:
    with webhook(1) as (url, taken):
        options = {"notification__enabled__channels": "webhook", "tailrace__notification__webhook__url": url}
        with Running(tmp_path, mysql, database, **options) as running:
            running.read(f"{database}.t")
            running.until(lambda: len(taken) == 3, "the webhook was not told")
        assert [one["type"] for one in taken] == ["STARTED", "TABLE_SCAN_COMPLETED", "COMPLETED"]
        assert taken[0]["aggregateType"] == "Incremental Snapshot"


def test_a_webhook_that_is_not_there_does_not_hold_up_the_stream(mysql: Server, database: str, tmp_path: Path) -> None:
    options = {
        "notification__enabled__channels": "webhook",
        "tailrace__notification__webhook__url": "http://127.0.0.1:1/",
    }
    with Running(tmp_path, mysql, database, **options) as running:
        running.read(f"{database}.t")
        running.catch_up()
