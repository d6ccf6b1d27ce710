from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from tailrace.config.parse import parse_kafka
from tailrace.worker.kafka import KafkaStore
from tailrace.worker.store import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.lab.kafka import Broker

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def stores(kafka: Broker) -> Iterator[list[KafkaStore]]:
    """Of three workers of one group."""
    config, group = parse_kafka({"bootstrap.servers": kafka.bootstrap}), f"g{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        yield [stack.enter_context(closing(KafkaStore(config, group))) for _ in range(3)]


def test_connectors_that_three_workers_make_at_once_do_not_share_a_slot(stores: list[KafkaStore]) -> None:
    names = [f"c{number}" for number in range(12)]
    with ThreadPoolExecutor(len(names)) as threads:
        made = [
            threads.submit(stores[number % 3].put, Stored(name, {"topic.prefix": name}))
            for number, name in enumerate(names)
        ]
        for each in made:
            each.result(60)
    assert sorted(stores[0].slot(name) or 0 for name in names) == list(range(len(names)))


def test_what_another_worker_has_written_is_there_after_a_look(stores: list[KafkaStore]) -> None:
    for number in range(50):
        stores[0].put(Stored("a", {"number": str(number)}))
        stores[1].refresh()
        found = stores[1].connector("a")
        assert found is not None
        assert found.config == {"number": str(number)}


def test_the_slot_of_a_deleted_connector_is_free_again(stores: list[KafkaStore]) -> None:
    for name in ("a", "b"):
        stores[0].put(Stored(name, {}))
    stores[0].delete("a")
    stores[0].put(Stored("c", {}))
    assert (stores[0].slot("a"), stores[0].slot("b"), stores[0].slot("c")) == (None, 1, 0)


def test_a_connector_keeps_its_slot_through_a_new_configuration(stores: list[KafkaStore]) -> None:
    for name in ("a", "b", "a"):
        stores[0].put(Stored(name, {}))
    assert (stores[0].slot("a"), stores[0].slot("b")) == (0, 1)
