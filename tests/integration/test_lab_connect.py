from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Consumer

from tailrace.lab.connect import Connect, debezium_config
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab
    from tailrace.lab.kafka import Broker

NAME = "labconnect"


def _ask(url: str, method: str = "GET", body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    return json.loads(text) if text.startswith(("{", "[")) else text


@pytest.fixture
def table(mysql: lab.Server) -> Iterator[str]:
    mysql.execute(f"CREATE DATABASE {NAME}")
    mysql.execute(f"CREATE TABLE {NAME}.t (id INT PRIMARY KEY)")
    yield f"{NAME}.t"
    mysql.execute(f"DROP DATABASE {NAME}")


def test_debezium_in_connect_writes_the_labs_rows_to_the_labs_kafka(
    connect: Connect, kafka: Broker, mysql: lab.Server, table: str
) -> None:
    assert _ask(connect.url)["version"] == "4.3.1"
    plugins = {plugin["class"]: plugin["version"] for plugin in _ask(f"{connect.url}/connector-plugins")}
    assert plugins["io.debezium.connector.mysql.MySqlConnector"] == "3.6.1.Final"
    mysql.execute(f"INSERT INTO {table} VALUES (7)")
    connector = f"{connect.url}/connectors/{NAME}"
    config = debezium_config(mysql, kafka.bootstrap, NAME, NAME, server_id=9101) | {"exactly.once.support": "required"}
    _ask(f"{connector}/config", "PUT", config)
    try:
        assert _first_row(kafka.bootstrap, f"{NAME}.{table}") == {"id": 7}
        streaming = f'debezium_metrics_Connected{{context="streaming",name="{NAME}",plugin="mysql"}} 1.0'
        assert await_condition(lambda: streaming in _ask(connect.metrics_url), 30, every=0.2)
    finally:
        _ask(connector, "DELETE")


def _first_row(bootstrap: str, topic: str) -> object:
    settings = {"bootstrap.servers": bootstrap, "group.id": NAME, "auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, "topic.metadata.refresh.interval.ms": 200})
    # A pattern, because a topic that is not there yet is an error.
    consumer.subscribe([f"^{topic}$"])
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                return json.loads(message.value())["after"]
        return None
    finally:
        consumer.close()
