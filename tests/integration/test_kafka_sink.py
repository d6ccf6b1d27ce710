from __future__ import annotations

import random
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from support.topics import KafkaConnector
from support.writer import Writer
from tailrace.lab.kafka import broker
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace import lab
    from tailrace.lab.kafka import Broker

DATABASE = "into_kafka"
EXACTLY_ONCE = {"exactly__once__support": "required"}

pytestmark = pytest.mark.timeout(90)


def run(server: lab.Server, *statements: str) -> None:
    for statement in statements:
        server.execute(statement)


@pytest.fixture
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    run(mysql, f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}")
    run(
        mysql,
        f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY, v VARCHAR(50))",
        f"INSERT INTO {DATABASE}.t VALUES (1, 'before')",
    )
    yield mysql
    mysql.execute(f"DROP DATABASE {DATABASE}")


@pytest.mark.parametrize("mode", [{}, EXACTLY_ONCE], ids=["idempotent", "transactional"])
def test_records_come_with_key_value_headers_and_tombstone(
    server: lab.Server, kafka: Broker, tmp_path: Path, mode: dict[str, str]
) -> None:
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap, **mode)
    connector.start()
    connector.await_id(1)
    run(
        server,
        f"UPDATE {DATABASE}.t SET v = 'after' WHERE id = 1",
        f"DELETE FROM {DATABASE}.t WHERE id = 1",
        f"INSERT INTO {DATABASE}.t VALUES (2, 'second')",
    )
    connector.await_id(2)
    assert connector.stop() == 0
    messages = connector.messages()
    assert [(m.key, m.value and (m.value["op"], m.value["before"], m.value["after"])) for m in messages] == [
        ({"id": 1}, ("r", None, {"id": 1, "v": "before"})),
        ({"id": 1}, ("u", {"id": 1, "v": "before"}, {"id": 1, "v": "after"})),
        ({"id": 1}, ("d", {"id": 1, "v": "after"}, None)),
        ({"id": 1}, None),
        ({"id": 2}, ("c", None, {"id": 2, "v": "second"})),
    ]
    assert {name for name, _ in messages[0].headers} == {
        "__debezium.context.connectorLogicalName",
        "__debezium.context.connectorName",
        "__debezium.context.runId",
        "__debezium.context.taskId",
    }
    assert {message.topic for message in messages} == {f"{connector.prefix}.{DATABASE}.t"}


def test_topics_are_made_as_the_rules_want_them(server: lab.Server, kafka: Broker, tmp_path: Path) -> None:
    from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

    run(server, f"CREATE TABLE {DATABASE}.wide (id INT PRIMARY KEY)", f"INSERT INTO {DATABASE}.wide VALUES (7)")
    rules = {
        "topic.creation.groups": "wide",
        "topic.creation.wide.include": r".*\.wide",
        "topic.creation.wide.partitions": 3,
        "topic.creation.wide.cleanup.policy": "compact",
        "topic.creation.default.partitions": 2,
        "topic.creation.default.replication.factor": 1,
    }
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap)
    connector.properties |= rules
    connector.start()
    connector.await_id(7)
    assert connector.stop() == 0
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    topics = admin.list_topics(timeout=10).topics
    assert len(topics[f"{connector.prefix}.{DATABASE}.wide"].partitions) == 3
    assert len(topics[f"{connector.prefix}.{DATABASE}.t"].partitions) == 2
    resource = ConfigResource(ResourceType.TOPIC, f"{connector.prefix}.{DATABASE}.wide")
    assert admin.describe_configs([resource])[resource].result()["cleanup.policy"].value == "compact"


def test_records_come_where_a_field_of_theirs_leads(server: lab.Server, kafka: Broker, tmp_path: Path) -> None:
    run(server, f"INSERT INTO {DATABASE}.t VALUES (2, 'x'), (3, 'x'), (4, 'x')")
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap)
    connector.properties |= {
        "topic.creation.default.partitions": 3,
        "topic.creation.default.replication.factor": 1,
        "transforms": "route",
        "transforms.route.type": "io.debezium.transforms.partitions.PartitionRouting",
        "transforms.route.partition.payload.fields": "change.id",
        "transforms.route.partition.topic.num": 3,
    }
    connector.start()
    connector.await_id(4)
    run(server, f"DELETE FROM {DATABASE}.t WHERE id = 2", f"INSERT INTO {DATABASE}.t VALUES (8, 'last')")
    connector.await_id(8)
    assert connector.stop() == 0
    # A tombstone has no field: its key leads it, as in Debezium.
    found = {(message.key["id"], message.partition) for message in connector.messages() if message.value}
    assert found == {(number, number % 3) for number in (1, 2, 3, 4, 8)}


def test_kill_9_at_any_moment_doubles_nothing_where_offset_and_events_are_one_transaction(
    server: lab.Server, kafka: Broker, tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap, **EXACTLY_ONCE)
    connector.start()
    connector.await_id(1)
    with Writer(server, f"{DATABASE}.t") as writer:
        for _ in range(5):
            wanted = writer.last + draw.randrange(30, 400)
            assert await_condition(lambda wanted=wanted: writer.last > wanted, 60, every=0.01)
            connector.kill9()
            connector.start()
    connector.await_id(writer.last)
    assert connector.stop() == 0
    counts = Counter(row["after"]["id"] for row in connector.rows())
    assert counts == dict.fromkeys(range(1, writer.last + 1), 1)


def test_kill_9_loses_nothing_where_events_come_at_least_once(
    server: lab.Server, kafka: Broker, tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap)
    connector.start()
    connector.await_id(1)
    with Writer(server, f"{DATABASE}.t") as writer:
        for _ in range(3):
            wanted = writer.last + draw.randrange(30, 400)
            assert await_condition(lambda wanted=wanted: writer.last > wanted, 60, every=0.01)
            connector.kill9()
            connector.start()
    connector.await_id(writer.last)
    assert connector.stop() == 0
    assert {row["after"]["id"] for row in connector.rows()} == set(range(1, writer.last + 1))


def test_the_younger_of_two_processes_goes_on_and_the_older_cannot_write(
    server: lab.Server, kafka: Broker, tmp_path: Path
) -> None:
    first = KafkaConnector(tmp_path / "a", server, DATABASE, kafka.bootstrap, **EXACTLY_ONCE)
    first.start()
    first.await_id(1)
    second = KafkaConnector(tmp_path / "b", server, DATABASE, kafka.bootstrap, **EXACTLY_ONCE)
    second.properties |= {name: first.properties[name] for name in ("name", "topic.prefix")}
    second.properties["database.server.id"] = 7001
    second.prefix = first.prefix
    second.start()
    with Writer(server, f"{DATABASE}.t") as writer:
        code, errors = first.wait()
    assert code == 1
    assert "another process writes as this connector now" in errors
    second.await_id(writer.last)
    assert second.stop() == 0
    assert Counter(row["after"]["id"] for row in second.rows()) == dict.fromkeys(range(1, writer.last + 1), 1)


@pytest.mark.timeout(180)  # a broker of its own, started twice
@pytest.mark.parametrize("mode", [{}, EXACTLY_ONCE], ids=["idempotent", "transactional"])
def test_a_broker_that_is_away_for_a_while_loses_and_doubles_nothing(
    server: lab.Server, tmp_path: Path, mode: dict[str, str]
) -> None:
    with broker() as kafka:
        connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap, **mode)
        connector.start()
        connector.await_id(1)
        with Writer(server, f"{DATABASE}.t") as writer:
            kafka.process.kill()
            wanted = writer.last + 600
            assert await_condition(lambda: writer.last > wanted, 60, every=0.01)
            kafka.start()
            wanted = writer.last + 60
            assert await_condition(lambda: writer.last > wanted, 60, every=0.01)
        connector.await_id(writer.last, 60)
        assert connector.stop() == 0
        counts = Counter(row["after"]["id"] for row in connector.rows())
    assert counts.keys() == set(range(1, writer.last + 1))
    if mode:
        assert set(counts.values()) == {1}


def test_an_end_does_not_wait_for_ever_for_a_broker_that_is_away(server: lab.Server, tmp_path: Path) -> None:
    with broker() as kafka:
        connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap, tailrace__kafka__timeout__ms=500)
        connector.start()
        connector.await_id(1)
        kafka.process.kill()
        # So many that some of them are read by then.
        with Writer(server, f"{DATABASE}.t") as writer:
            assert await_condition(lambda: writer.last > 600, 60, every=0.01)
        connector._process.send_signal(signal.SIGINT)
        code, errors = connector.wait()
        assert code == 3
        assert "they come again at the next start" in errors
        kafka.start()
        connector.start()
        connector.await_id(writer.last)
        assert connector.stop() == 0


def test_a_missing_topic_is_named_with_the_way_out_where_topics_are_not_made(
    server: lab.Server, kafka: Broker, tmp_path: Path
) -> None:
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap, topic__creation__enable="false")
    connector.start()
    code, errors = connector.wait()
    assert code == 1
    assert f"topic {connector.prefix} does not exist" in errors
    assert "topic.creation.enable=true" in errors


def _login(kafka: Broker, user: str, password: str) -> dict[str, object]:
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return {
        "bootstrap.servers": kafka.tls_bootstrap,
        "producer.override.security.protocol": "SASL_SSL",
        "producer.override.sasl.mechanism": "PLAIN",
        "producer.override.sasl.jaas.config": f'{module} required username="{user}" password="{password}";',
        "producer.override.ssl.truststore.type": "PEM",
        "producer.override.ssl.truststore.location": kafka.ca,
    }


def test_tls_and_a_login_are_given_as_to_kafka_connect(server: lab.Server, kafka: Broker, tmp_path: Path) -> None:
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap, **EXACTLY_ONCE)
    connector.properties |= _login(kafka, "tailrace", kafka.settings.password)
    connector.start()
    connector.await_id(1)
    assert connector.stop() == 0


def test_a_wrong_password_is_said_and_never_shown(server: lab.Server, kafka: Broker, tmp_path: Path) -> None:
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap, errors__max__retries=0)
    connector.properties |= _login(kafka, "tailrace", "not-the-password")
    connector.start()
    code, errors = connector.wait()
    assert code in {1, 3}
    assert "uthentication" in errors
    assert "not-the-password" not in errors


def test_a_producer_without_permission_is_told_what_to_grant(server: lab.Server, kafka: Broker, tmp_path: Path) -> None:
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap)
    connector.properties |= _login(kafka, "guest", kafka.settings.guest_password)
    connector.start()
    code, errors = connector.wait()
    assert code == 1
    assert "CREATE" in errors


def test_a_record_larger_than_the_producer_may_send_stops_with_the_property_to_raise(
    server: lab.Server, kafka: Broker, tmp_path: Path
) -> None:
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap)
    connector.properties["producer.override.max.request.size"] = 2000
    run(server, f"CREATE TABLE {DATABASE}.big (id INT PRIMARY KEY, v TEXT)")
    connector.start()
    connector.await_id(1)
    run(server, f"INSERT INTO {DATABASE}.big VALUES (2, REPEAT('x', 5000))")
    code, errors = connector.wait()
    assert code == 1
    assert "max.request.size" in errors


def test_ddl_and_prepared_transactions_are_known_after_a_restart_from_kafka(
    server: lab.Server, kafka: Broker, tmp_path: Path
) -> None:
    connector = KafkaConnector(tmp_path, server, DATABASE, kafka.bootstrap, **EXACTLY_ONCE)
    connector.start()
    connector.await_id(1)
    server.execute(f"ALTER TABLE {DATABASE}.t ADD COLUMN late INT")
    with server.connect() as session, session.cursor() as cursor:
        cursor.execute("XA START 'kafka'")
        cursor.execute(f"INSERT INTO {DATABASE}.t VALUES (2, REPEAT('y', 50), 3)")
        cursor.execute("XA END 'kafka'")
        cursor.execute("XA PREPARE 'kafka'")
    server.execute(f"INSERT INTO {DATABASE}.t VALUES (3, 'after', 4)")
    connector.await_id(3)
    assert connector.stop() == 0
    (tmp_path / "state.db").unlink(missing_ok=True)
    server.execute("XA COMMIT 'kafka'")
    connector.start()
    connector.await_id(2)
    assert connector.stop() == 0
    rows = {row["after"]["id"]: row["after"] for row in connector.rows()}
    assert rows[2] == {"id": 2, "v": "y" * 50, "late": 3}
    assert rows[3] == {"id": 3, "v": "after", "late": 4}
