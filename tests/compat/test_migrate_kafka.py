"""As `test_migrate.py`, with all state and all events in Kafka: Debezium in Connect, Tailrace, and twice so."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from compat.handover import Writer, assert_once, attempt, changes, migrate
from support.rest import Client
from support.topics import KafkaConnector, end, read
from tailrace.lab.connect import debezium_config
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from pathlib import Path

    from tailrace import lab
    from tailrace.lab.connect import Connect
    from tailrace.lab.kafka import Broker

DATABASE = "kafka_handover"
NAME = "kafka_handed"
TABLE = f"{DATABASE}.t"
OFFSETS = "connect-offsets"


def found(kafka: Broker) -> Counter[tuple[Any, ...]]:
    return changes(message.value for message in read(kafka.bootstrap, f"{NAME}.{DATABASE}."))


def grown(kafka: Broker) -> Callable[[], bool]:
    """Whether 100 more records are there since this call, counted by what the broker says: reading them all costs."""
    before = records(kafka)
    return lambda: records(kafka) > before + 100


def records(kafka: Broker) -> int:
    with closing(Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": NAME})) as consumer:
        topic = f"{NAME}.{TABLE}"
        if not consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            return 0
        return end(consumer, TopicPartition(topic, 0))


@pytest.mark.timeout(300)
def test_a_connector_with_its_state_in_kafka_changes_hands_four_times_and_each_change_comes_once(
    mysql: lab.Server, kafka: Broker, connect: Connect, tmp_path: Path
) -> None:
    for statement in (
        f"DROP DATABASE IF EXISTS {DATABASE}",
        f"CREATE DATABASE {DATABASE}",
        f"CREATE TABLE {TABLE} (id INT PRIMARY KEY, v INT, e ENUM('a','b') DEFAULT 'b')",
        f"CREATE TABLE {DATABASE}.dropped (id INT PRIMARY KEY)",
    ):
        mysql.execute(statement)
    client, path = Client(connect.url), f"/connectors/{NAME}"
    config = debezium_config(mysql, kafka.bootstrap, NAME, DATABASE, server_id=4713) | {"snapshot.mode": "no_data"}
    theirs = {name.replace(".", "__"): value for name, value in config.items()} | {"database__server__id": 4714}
    by_kafka = KafkaConnector(
        tmp_path / "a", mysql, DATABASE, kafka.bootstrap, **theirs, exactly__once__support="required"
    )
    by_sqlite = KafkaConnector(tmp_path / "b", mysql, DATABASE, kafka.bootstrap, **theirs)
    for ours in (by_kafka, by_sqlite):
        ours.write_config()
    by_topic, by_url = ("--offsets-topic", OFFSETS), ("--url", connect.url)
    # Each takes ten transactions or more before it hands over, so each meets a new column.
    writer = Writer(mysql, TABLE, pause=0.05, alter_every=8)
    assert client.ask("PUT", f"{path}/config", config).status == 201
    try:
        assert await_condition(lambda: bool(read(kafka.bootstrap, NAME)), 60, every=0.2)
        client.await_state(NAME, "RUNNING", "RUNNING")
        writer.start()
        for ours, reading, writing in ((by_kafka, by_topic, by_url), (by_sqlite, by_url, by_topic)):
            assert await_condition(grown(kafka), 60, every=0.3), "nothing comes of Debezium"
            refused = attempt("from-debezium", ours.config, *by_url)
            assert refused.returncode == 1
            assert "is RUNNING" in json.loads(refused.stderr)["message"]
            assert client.ask("PUT", f"{path}/stop").status == 204
            client.await_state(NAME, "STOPPED", None)
            assert migrate("from-debezium", ours.config, *reading)["tables"] >= 1
            ours.start()
            assert await_condition(grown(kafka), 60, every=0.3), f"nothing comes of Tailrace: {ours.returncode}"
            mysql.execute(f"DROP TABLE IF EXISTS {DATABASE}.dropped")
            assert await_condition(grown(kafka), 60, every=0.3)
            assert ours.stop() == 0
            assert attempt("to-debezium", ours.config, *writing).returncode == 1, "an offset is written over unasked"
            migrate("to-debezium", ours.config, *writing, "--force")
            assert client.ask("PUT", f"{path}/resume").status == 202
            client.await_state(NAME, "RUNNING", "RUNNING")
        assert await_condition(grown(kafka), 60, every=0.3), "nothing comes of Debezium at last"
        writer.stop()
        last = mysql.execute(f"SELECT max(id) FROM {TABLE}")[0][0]
        assert await_condition(lambda: f'"id": {last},' in str([*found(kafka)]), 60, every=1)
        # The update of the last transaction comes behind its rows.
        mysql.execute(f"INSERT INTO {TABLE} (id, v) VALUES (-1, -1)")
        assert await_condition(lambda: '"id": -1,' in str([*found(kafka)]), 60, every=1)
    finally:
        writer.stop()
        client.ask("DELETE", path)
    assert_once([found(kafka)], mysql, TABLE, updates=writer.transactions * 5)
    dropped = [
        message.value["tableChanges"][0]["id"]
        for message in read(kafka.bootstrap, f"{NAME}.schema-history")
        if any(change["type"] == "DROP" for change in message.value["tableChanges"] or ())
    ]
    assert f'"{DATABASE}"."dropped"' in dropped


def test_a_dry_run_asks_nobody_and_says_what_would_be_done(tmp_path: Path, mysql: lab.Server) -> None:
    nobody = "127.0.0.1:1"
    ours = KafkaConnector(tmp_path, mysql, DATABASE, nobody, name=NAME, topic__prefix=NAME, storage__type="kafka")
    ours.properties |= {
        "schema.history.internal.kafka.topic": "h",
        "schema.history.internal.kafka.bootstrap.servers": nobody,
    }
    ours.write_config()
    for direction, first in (("from-debezium", "read the offset"), ("to-debezium", "read offset and tables")):
        told = migrate(direction, ours.config, "--dry-run", "--offsets-topic", OFFSETS, "--url", "http://127.0.0.1:1")
        assert len(told["steps"]) == 3
        assert told["steps"][0].startswith(first)
        assert OFFSETS in str(told["steps"])
        assert "offset" not in told
