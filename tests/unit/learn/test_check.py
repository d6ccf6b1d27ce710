"""A check: what cannot be asked does not hold, and a blind incident's evidence does not name its cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql

from tailrace.lab.pair import Lab
from tailrace.learn import play
from tailrace.learn.attempt import Attempt, Progress
from tailrace.learn.exercise import Exercise, Kind, Observation, Question, Seen, discreet, named

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage


def _broken(_stage: Stage, _values: Values, _answers: Answers) -> Seen:
    raise pymysql.ProgrammingError(1146, "Table 'shop.orders' doesn't exist")


def _delayed(_stage: Stage, _values: Values, _answers: Answers) -> Seen:
    return Seen(holds=False, evidence="SOURCE_DELAY = 3600")


EXERCISE = Exercise(
    name="some",
    lesson=1,
    kind=Kind.INCIDENT,
    abilities=(),
    draw=lambda _random: {},
    prepare=lambda _stage, _values: None,
    questions=(Question("cause"),),
    observations=(
        named("cause"),
        Observation("table", _broken),
        discreet("cause", Observation("replicas", _delayed)),
    ),
)


def _evidence(folder: Path, cause: str) -> dict[str, tuple[bool, str]]:
    begun = Progress().begin(Attempt("some", 1, {"_cause": "delay"}, 0.0))
    after = play.check(EXERCISE, Lab(folder), begun, {"cause": cause}).current
    assert after
    return {each.name: (each.holds, each.evidence) for each in after.checks[-1].seen}


def test_a_table_that_the_learner_has_dropped_fails_the_check_and_does_not_end_it(tmp_path: Path) -> None:
    holds, evidence = _evidence(tmp_path, "delay")["table"]
    assert not holds
    assert "doesn't exist" in evidence


def test_evidence_that_names_the_cause_is_kept_from_who_has_not_named_it(tmp_path: Path) -> None:
    assert _evidence(tmp_path, "unit")["replicas"] == (False, "—")
    assert _evidence(tmp_path, "delay")["replicas"] == (False, "SOURCE_DELAY = 3600")
