"""A connector that writes Avro: what a reader with the registry gets, beside the same records as JSON."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from oracles.avro.reader import read
from support.connector import Connector
from support.registry import FakeRegistry, fake_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace import lab

DATABASE = "avro"
CONVERTER = "io.confluent.connect.avro.AvroConverter"


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with fake_registry() as found:
        yield found


@pytest.fixture
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(
        f"CREATE TABLE {DATABASE}.t (id BIGINT UNSIGNED PRIMARY KEY, amount DECIMAL(12,2) DEFAULT 1.25, small SMALLINT,"
        " f FLOAT NOT NULL, b BINARY(3), at DATETIME(6), e ENUM('a','b') NOT NULL, doc JSON, place POINT, v VECTOR(2))"
    )
    mysql.execute(f"CREATE TABLE {DATABASE}.marker (id INT PRIMARY KEY)")
    mysql.execute(
        f"INSERT INTO {DATABASE}.t VALUES (18446744073709551615, NULL, -7, 0.5, 'xy', '2024-02-29 12:00:00.5', 'b',"
        " '{\"k\": [1]}', POINT(1, 2), TO_VECTOR('[1,2.5]'))"
    )
    yield mysql
    mysql.execute(f"DROP DATABASE {DATABASE}")


def change(server: lab.Server) -> None:
    server.execute(f"INSERT INTO {DATABASE}.t (id, f, e) VALUES (1, 2, 'a')")
    server.execute(f"UPDATE {DATABASE}.t SET amount = NULL, small = 5 WHERE id = 1")
    server.execute(f"ALTER TABLE {DATABASE}.t ADD added VARCHAR(10) NOT NULL DEFAULT 'né'")
    server.execute(f"UPDATE {DATABASE}.t SET added = 'later' WHERE id = 1")
    server.execute(f"DELETE FROM {DATABASE}.t WHERE id = 1")
    server.execute(f"TRUNCATE TABLE {DATABASE}.t")
    server.execute(f"INSERT INTO {DATABASE}.marker VALUES (1)")


def run(folder: Path, server: lab.Server, server_id: int, properties: dict[str, object]) -> Connector:
    common: dict[str, object] = {
        "sink__format": "record",
        "provide__transaction__metadata": "true",
        "skipped__operations": "none",
        "heartbeat__interval__ms": 20,
        "database__server__id": server_id,
    }
    connector = Connector(folder, server, DATABASE, **common, **properties)
    connector.start()
    connector.await_streaming()
    return connector


def records(connector: Connector) -> list[dict[str, Any]]:
    lines = [line for file in connector.files for line in file.read_bytes().split(b"\n") if line]
    return [json.loads(line) for line in lines]


def decoded(text: str | None, registry: FakeRegistry, subject: str) -> Any:
    if text is None:
        return None
    data = base64.b64decode(text)
    assert data[0] == 0
    number = int.from_bytes(data[1:5], "big")
    assert number in registry.subjects[subject]
    return read(json.loads(registry.schemas[number - 1]), data[5:])


def plain(value: Any) -> Any:
    """As JSON has it, without clocks and without what says the same of every record."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if not name.startswith("ts_") and part is not None}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def test_avro_says_what_json_says(server: lab.Server, registry: FakeRegistry, tmp_path: Path) -> None:
    avro_properties = {
        f"{side}__converter{option}": value
        for side in ("key", "value")
        for option, value in (("", CONVERTER), ("__schema__registry__url", registry.url))
    }
    avro = run(tmp_path / "avro", server, 7001, avro_properties)
    other = run(tmp_path / "json", server, 7002, {})
    change(server)
    gtids = server.execute("SELECT @@gtid_executed")[0][0]
    for connector in (avro, other):
        connector.await_offset(gtids)
        assert connector.stop() == 0

    found = []
    for record in records(avro):
        topic = record["topic"]
        key = decoded(record["key"], registry, f"{topic}-key")
        value = decoded(record["value"], registry, f"{topic}-value")
        if topic != "__debezium-heartbeat.test":
            found.append((topic, plain(key), plain(value)))
    wanted = [
        (record["topic"], plain(record["key"]), plain(record["value"]))
        for record in records(other)
        if record["topic"] != "__debezium-heartbeat.test"
    ]
    assert found == wanted
    operations = [value["op"] for topic, _, value in found if topic == "test.avro.t" and value]
    assert operations == ["r", "c", "u", "u", "d", "t"]
    assert len(registry.subjects["test.avro.t-value"]) == 2, "the ALTER made another version"
    assert {"test-value", "test.transaction-key", "__debezium-heartbeat.test-value"} <= registry.subjects.keys()


def test_a_registry_that_refuses_stops_the_connector_and_no_row_is_lost(
    server: lab.Server, registry: FakeRegistry, tmp_path: Path
) -> None:
    properties = {
        "sink__format": "record",
        "value__converter": CONVERTER,
        "value__converter__schema__registry__url": registry.url,
        "include__schema__changes": "false",
    }
    connector = Connector(tmp_path, server, DATABASE, **properties)
    registry.answers = [(401, '{"message": "who are you?"}')]
    connector.start()
    code, errors = connector.wait()
    assert code == 1
    assert "who are you?" in errors
    assert "basic.auth.user.info" in errors
    connector.start()
    connector.await_streaming()
    assert connector.stop() == 0
    rows = [record for record in records(connector) if record["topic"] == "test.avro.t"]
    assert len(rows) == 1
    assert rows[0]["key"] == {"id": -1}, "keys stay JSON"


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"sink__format": "value"}, "sink.format=record"),
        ({"value__converter__schema__registry__url": ""}, "schema.registry.url: is missing"),
        ({"value__converter__schemas__enable": "true"}, "only JSON carries its schema"),
    ],
)
def test_avro_that_cannot_be_is_refused_at_the_start(
    properties: dict[str, object], words: str, mysql: lab.Server, tmp_path: Path
) -> None:
    usual: dict[str, object] = {
        "sink__format": "record",
        "value__converter": CONVERTER,
        "value__converter__schema__registry__url": "http://localhost:1",
    }
    connector = Connector(tmp_path, mysql, DATABASE, **(usual | properties))
    connector.start()
    code, errors = connector.wait()
    assert code == 2
    assert words in errors
