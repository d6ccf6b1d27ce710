"""Each fault of `tailrace lab fault`: brought about on real servers, found, repaired as printed, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.cli import tailrace
from support.faults import AT_ONCE, Stage, prepare
from tailrace.lab import Lab, faults
from tailrace.lab.process import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.alerting import Alerting
    from support.workers import TailraceWorker
    from tailrace.lab.faults import Fault

OURS = [
    fault
    for fault in faults.FAULTS
    if fault.engine.includes(faults.Engine.TAILRACE) and faults.Need.KAFKA not in fault.needs
]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, tailrace_worker: TailraceWorker) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("faults")
    lab = Lab(folder / "lab")
    lab.up({"endpoint"}, options=OPTIONS, keep=True)
    try:
        prepare(lab)
        made = Stage(lab, tailrace_worker.url, tailrace_worker.metrics_url, folder)
        yield made
        made.end()
    finally:
        lab.down()


JOB = "faults-tailrace"
OPTIONS = ("--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1", "--binlog-row-metadata=FULL")


def test_the_command_tells_what_to_look_at_and_of_a_blind_one_nothing(stage: Stage) -> None:
    here = ("--dir", stage.lab.folder)
    done = tailrace("lab", "fault", "short-retention", "--seed", 3, *here)
    assert (done.code, done.err) == (0, "")
    assert "found:  tailrace doctor" in done.out
    assert "docs/troubleshooting.md#short-retention" in done.out
    again = tailrace("lab", "fault", "short-retention", *here, "--json")
    assert (again.code, "is in the lab already" in again.err) == (1, True)
    blind = tailrace("lab", "fault", "errant-transaction", "--seed", 3, "--blind", *here)
    assert blind.code == 0, blind.err
    listed = tailrace("lab", "fault", "list", *here)
    status = tailrace("lab", "status", "--json", *here)
    exported = tailrace("lab", "env", "--json", *here)
    assert "in the lab and not told: 1" in listed.out
    for said in (blind, status, exported):
        assert not {"errant", "replica has", "ERRANT"} & set(said.out.split())
    assert [each.get("name") for each in status.json["faults"]] == ["short-retention", None]
    with_json = tailrace("lab", "fault", "list", "--json", *here)
    assert len(with_json.json["faults"]) == len(faults.FAULTS)
    healed = tailrace("lab", "fault", "heal", *here)
    assert (healed.code, healed.out) == (0, "undone: short-retention\nundone: errant-transaction\n")
    assert tailrace("lab", "fault", "heal", *here).out == "there was none\n"


def test_the_same_seed_draws_the_same_values(stage: Stage) -> None:
    drawn = []
    for seed in (5, 5, 6):
        drawn.append(faults.inject("time-zone", stage.lab, seed=seed).values)
        faults.heal(stage.lab, "time-zone")
    assert drawn[0] == drawn[1]
    assert len({faults.inject(fault, stage.lab, seed=1).values["TABLE"] for fault in ("xa-prepared",)}) == 1
    faults.heal(stage.lab)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("acount-locked",), 2, "did you mean account-locked?"),
        (("account-locked",), 1, "--connector NAME"),
        (("account-locked", "--connector", "NAME", "--url", "http://127.0.0.1:1"), 3, "nothing listens there"),
        (("heal", "account-locked"), 1, "account-locked is not in the lab"),
        (("heal", "nothing"), 2, "no fault is called nothing"),
        (("dead-path", "--connector", "NAME"), 1, "does not read through the lab's endpoint"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_to_do(
    arguments: tuple[str, ...], code: int, words: str, stage: Stage
) -> None:
    stage.begin(database__port=str(stage.lab.primary.port))
    given = [stage.name if each == "NAME" else each for each in arguments]
    url = () if "--url" in given or given[0] == "heal" else ("--url", stage.url)
    said = tailrace("lab", "fault", *given, *url, "--dir", stage.lab.folder)
    faults.heal(stage.lab, worker=stage.worker)
    assert (said.code, words in said.err) == (code, True), said.err


@pytest.fixture(scope="module")
def watching(prometheus: Alerting, tailrace_worker: TailraceWorker) -> Iterator[Alerting]:
    """Who sees each alert's condition as soon as it holds."""
    prometheus.watch(*AT_ONCE)
    prometheus.server.scrape(JOB, tailrace_worker.metrics_url.removeprefix("http://").removesuffix("/metrics"))
    yield prometheus
    prometheus.server.scrape(JOB)


@pytest.mark.parametrize("fault", OURS, ids=lambda fault: fault.name)
def test_it_is_found_and_repaired_as_printed(fault: Fault, stage: Stage, watching: Alerting, seed: int) -> None:
    stage.begin()
    try:
        done = faults.inject(fault.name, stage.lab, connector=stage.name, worker=stage.worker, seed=seed)
        stage.await_found(fault, done)
        stage.await_alerts(fault, watching)
        stage.repair(fault, done)
        stage.await_well()
        stage.assert_not_found(fault, done)
    finally:
        faults.heal(stage.lab, worker=stage.worker)
    stage.await_well()
    # Nothing else in the lab was harmed: its replica follows with the account that faults are done to.
    assert await_condition(lambda: bool((follow := stage.lab.follow()) and follow.healthy), 30), stage.lab.follow()
