from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from support.java import need_java
from tailrace.errors import LabError
from tailrace.lab.kafka import Broker, broker
from tailrace.lab.process import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def mine() -> Iterator[Broker]:
    """A broker of these tests' own: they stop and kill it."""
    need_java()
    with broker() as made:
        yield made


def _create(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(20)


def _produce(bootstrap: str, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20) == 0


def _consume(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "lab", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    deadline = time.monotonic() + 30
    values: list[bytes | None] = []
    while len(values) < count and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is not None:
            assert message.error() is None, message.error()
            values.append(message.value())
    consumer.close()
    return values


def test_what_was_acknowledged_survives_a_stop_and_a_crash(mine: Broker) -> None:
    _create(mine.bootstrap, "kept")
    _produce(mine.bootstrap, "kept", b"before")
    address = mine.bootstrap
    mine.restart()
    _produce(mine.bootstrap, "kept", b"after stop")
    pid = mine.process.pid
    mine.process.kill()
    assert mine.process.pid is None
    assert not mine.is_reachable()
    mine.start()
    assert mine.bootstrap == address
    assert mine.process.pid != pid
    _produce(mine.bootstrap, "kept", b"after crash")
    assert _consume(mine.bootstrap, "kept", 3) == [b"before", b"after stop", b"after crash"]


def test_a_paused_broker_is_silent_and_then_goes_on(mine: Broker) -> None:
    _create(mine.bootstrap, "paused")
    mine.process.pause()
    try:
        # The signal stops one thread after the other: an answer may still be on its way.
        assert await_condition(lambda: not mine.is_reachable(), 20)
    finally:
        mine.process.resume()
    _produce(mine.bootstrap, "paused", b"after")
    assert _consume(mine.bootstrap, "paused", 1) == [b"after"]


def test_another_process_finds_the_broker_by_its_folder(mine: Broker) -> None:
    found = Broker(mine.folder)
    assert (found.process.pid, found.settings) == (mine.process.pid, mine.settings)
    assert (mine.folder / "kafka.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("tls", [False, True], ids=["sasl", "tls"])
def test_logins_are_checked_and_a_guest_may_do_nothing(kafka: Broker, *, tls: bool) -> None:
    topic = f"lab-security-{tls}"
    _create(kafka.bootstrap, topic)

    def admin(user: str, password: str) -> AdminClient:
        login = {"sasl.mechanism": "PLAIN", "sasl.username": user, "sasl.password": password}
        where = {"bootstrap.servers": kafka.sasl_bootstrap, "security.protocol": "SASL_PLAINTEXT"}
        if tls:
            where = {"bootstrap.servers": kafka.tls_bootstrap, "security.protocol": "SASL_SSL"}
            where["ssl.ca.location"] = str(kafka.ca)
        return AdminClient({**where, **login, "log_level": 0})

    # That it is made is told by the controller, and the broker hears of it on its own.
    mine = admin(kafka.account.user, kafka.account.password)
    assert await_condition(lambda: topic in mine.list_topics(timeout=10).topics, 20)
    assert topic not in admin(kafka.guest.user, kafka.guest.password).list_topics(timeout=10).topics
    with pytest.raises(KafkaException):
        admin(kafka.account.user, "wrong").list_topics(timeout=2)


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    need_java()
    with pytest.raises(LabError, match=r"num\.io\.threads"), Broker(tmp_path, options={"num.io.threads": "none"}):
        pass
