"""Faults that Kafka is part of, of a connector of ours and of Debezium's; and some of the others with Debezium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.faults import AT_ONCE, KafkaStage, prepare
from support.java import need_java
from tailrace.lab import Lab, faults
from tailrace.lab.faults import Engine, Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.alerting import Alerting
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
    made.up({"endpoint", "kafka", "debezium"}, keep=True)
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


@pytest.fixture(scope="module")
def watching(prometheus: Alerting, lab: Lab, tailrace_worker: TailraceWorker) -> Iterator[Alerting]:
    """Who sees each alert's condition as soon as it holds, of a worker of ours and of Connect."""
    assert lab.connect
    prometheus.watch(*AT_ONCE)
    ours = tailrace_worker.metrics_url.removeprefix("http://").removesuffix("/metrics")
    prometheus.server.scrape("faults-tailrace", ours)
    prometheus.server.scrape("faults-connect", lab.connect.metrics_address, every=4)
    yield prometheus
    for job in ("faults-tailrace", "faults-connect"):
        prometheus.server.scrape(job)


def carry_out(name: str, stage: KafkaStage, watching: Alerting, seed: int) -> None:
    fault = faults.find(name)
    stage.begin()
    try:
        done = faults.inject(name, stage.lab, connector=stage.name, worker=stage.worker, seed=seed)
        stage.await_found(fault, done)
        if name not in BOTH:
            stage.await_alerts(fault, watching)
        stage.repair(fault, done)
        stage.await_well()
        stage.assert_not_found(fault, done)
    finally:
        faults.heal(stage.lab, worker=stage.worker)
    stage.await_well()


@pytest.mark.parametrize("name", OURS)
def test_ours_is_found_and_repaired_as_printed(name: str, ours: KafkaStage, watching: Alerting, seed: int) -> None:
    carry_out(name, ours, watching, seed)


@pytest.mark.parametrize("name", [*DEBEZIUMS, *BOTH])
def test_debeziums_is_found_and_repaired_as_printed(
    name: str, theirs: KafkaStage, watching: Alerting, seed: int
) -> None:
    carry_out(name, theirs, watching, seed)
