"""Faults that Kafka is part of, of a connector of ours and of Debezium's; and some of the others with Debezium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.faults import KafkaStage, prepare
from support.java import need_java
from tailrace.lab import Lab, faults
from tailrace.lab.faults import Engine, Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.workers import TailraceWorker

OURS = [fault.name for fault in faults.FAULTS if Need.KAFKA in fault.needs and fault.engine.includes(Engine.TAILRACE)]
DEBEZIUMS = [fault.name for fault in faults.FAULTS if fault.engine is Engine.DEBEZIUM]
BOTH = ["dead-path", "binlog-purged", "server-id-clash"]
"""Of those that hurt both, those in which they differ most."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    need_java()
    made = Lab(tmp_path_factory.mktemp("faults") / "lab")
    made.up(endpoint=True, kafka=True, debezium=True, keep=True)
    try:
        prepare(made)
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def ours(lab: Lab, tailrace_worker: TailraceWorker) -> Iterator[KafkaStage]:
    stage = KafkaStage(lab, tailrace_worker.url, tailrace_worker.metrics_url, lab.folder, first_id=8100)
    yield stage
    stage.end()


@pytest.fixture(scope="module")
def theirs(lab: Lab) -> Iterator[KafkaStage]:
    assert lab.connect
    stage = KafkaStage(lab, lab.connect.url, lab.connect.metrics_url, lab.folder, Engine.DEBEZIUM, first_id=8200)
    yield stage
    stage.end()


def carry_out(name: str, stage: KafkaStage, seed: int) -> None:
    fault = faults.find(name)
    stage.begin()
    try:
        done = faults.inject(name, stage.lab, connector=stage.name, worker=stage.worker, seed=seed)
        stage.await_found(fault, done)
        stage.repair(fault, done)
        stage.await_well()
        stage.assert_not_found(fault, done)
    finally:
        faults.heal(stage.lab, worker=stage.worker)
    stage.await_well()


@pytest.mark.parametrize("name", OURS)
def test_ours_is_found_and_repaired_as_printed(name: str, ours: KafkaStage, seed: int) -> None:
    carry_out(name, ours, seed)


@pytest.mark.parametrize("name", [*DEBEZIUMS, *BOTH])
def test_debeziums_is_found_and_repaired_as_printed(name: str, theirs: KafkaStage, seed: int) -> None:
    carry_out(name, theirs, seed)
