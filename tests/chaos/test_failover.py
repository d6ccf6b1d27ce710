"""Failovers under writes: a primary is replaced, killed or cut off; the sink has what the new one has, once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from support.drill import KINDS, Drill, Topics
from support.rest import Client
from support.workers import TailraceWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.lab.connect import Connect
    from tailrace.lab.kafka import Broker

RATE = 300.0


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with TailraceWorker(tmp_path_factory.mktemp("worker")) as made:
        yield Client(made.url)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_a_failover_loses_and_doubles_nothing_or_is_refused_with_the_transactions_named(
    kind: str, seed: int, worker: Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # A short path: mysqld's socket is in it.
    folder = tmp_path_factory.mktemp("d")
    outcome = Drill(kind, random.Random(f"{kind} {seed}").randrange(10**6), folder, worker, RATE).play()
    assert outcome.unequal == []
    assert outcome.doubled == 0
    assert outcome.transactions > RATE


@pytest.mark.timeout(400)
def test_debezium_goes_on_at_the_new_primary_too(
    seed: int, connect: Connect, kafka: Broker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kind = random.Random(seed).choice(("config", "kill9"))
    folder = tmp_path_factory.mktemp("d")
    drill = Drill(kind, seed % 10**6, folder, Client(connect.url), 100.0, Topics(kafka.bootstrap))
    # At least once: an event may be there twice, and the rows must come out the same.
    assert drill.play().unequal == []
