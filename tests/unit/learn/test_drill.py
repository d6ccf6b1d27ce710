"""A drill: three incidents that differ, each with a limit of time, and a score of all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from support.cli import tailrace
from tailrace.errors import ConfigError
from tailrace.lab import faults
from tailrace.lab.pair import Lab
from tailrace.learn import play
from tailrace.learn.attempt import Attempt, Check, Looked, Progress, load, save
from tailrace.learn.exercise import NUMBER
from tailrace.learn.exercises import find
from tailrace.learn.exercises.drill import CALLS, CAUSES, INCIDENTS, LIMIT_SECONDS, draw, drawn
from tailrace.learn.incident import CAUSE
from tailrace.learn.text import LANGUAGES, exercise_text, lessons

if TYPE_CHECKING:
    from pathlib import Path

DRILL = find("final-drill")
BEGAN = 1000.0
FUTURE = 4e9


def _check(after: float, *, holds: bool = True) -> Check:
    names = ("cause", "running", "complete", "gone")
    return Check(BEGAN + after, {"cause": "xa-prepared"}, tuple(Looked(name, holds, "-") for name in names))


def _incident(*checks: Check, shown: bool = False) -> Attempt:
    values = {CAUSE: "xa-prepared", NUMBER: "1", "call": "stuck"}
    return Attempt(DRILL.name, 7, values, BEGAN, checks=checks, shown=shown, limit=LIMIT_SECONDS)


SOLVED = _incident(_check(60))
LATE = _incident(_check(LIMIT_SECONDS + 1))
GIVEN_UP = _incident(_check(60), shown=True)
NOT_REPAIRED = _incident(_check(60, holds=False))


def test_no_fault_comes_twice_in_a_drill_and_each_of_them_comes_in_some() -> None:
    came = set()
    for seed in range(500):
        faults_of_one = drawn(draw(Random(seed)))
        assert len(set(faults_of_one)) == len(faults_of_one) == INCIDENTS
        came |= set(faults_of_one)
    assert came == set(CAUSES)


def test_the_same_seed_draws_the_same_drill() -> None:
    assert draw(Random("final-drill 7")) == draw(Random("final-drill 7"))


def test_a_drill_has_only_faults_that_can_be_found_and_repaired_with_its_parts() -> None:
    assert len(CAUSES) == len(set(CAUSES))
    for name in CAUSES:
        fault = faults.find(name)
        assert fault.engine.includes(faults.Engine.TAILRACE)
        assert faults.Need.KAFKA not in fault.needs
        assert any(not sign.stays and sign.engine.includes(faults.Engine.TAILRACE) for sign in fault.found_by)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_call_names_its_cause_and_the_lesson_explains_each(language: str) -> None:
    text = exercise_text(DRILL.name, language)
    assert set(text.calls) == set(CALLS)
    told = " ".join((text.task, *text.calls.values()))
    assert not [name for name in CAUSES if name in told]
    (lesson,) = (each.text for each in lessons(language) if each.number == DRILL.lesson)
    assert not [name for name in CAUSES if f"`{name}`" not in lesson]


@pytest.mark.parametrize(
    ("incident", "solved", "points"),
    [
        (SOLVED, True, 100),
        (_incident(_check(LIMIT_SECONDS - 1)), True, 100),
        (_incident(_check(LIMIT_SECONDS)), False, 0),
        (LATE, False, 0),
        (GIVEN_UP, False, 0),
        (NOT_REPAIRED, False, 0),
        (_incident(_check(30, holds=False), _check(60)), True, 95),
        (replace(SOLVED, hints=1), True, 90),
        (_incident(), False, 0),
    ],
)
def test_an_incident_counts_in_time_and_without_the_solution(incident: Attempt, *, solved: bool, points: int) -> None:
    assert (incident.solved, incident.points) == (solved, points)


def test_the_clock_runs_from_the_symptom_and_ends_at_the_limit() -> None:
    open_ = _incident()
    assert open_.left(BEGAN + 60) == LIMIT_SECONDS - 60
    assert open_.left(BEGAN + LIMIT_SECONDS + 60) == 0
    assert not open_.is_over(BEGAN + LIMIT_SECONDS - 1)
    assert open_.is_over(BEGAN + LIMIT_SECONDS)
    assert NOT_REPAIRED.is_over(BEGAN + 61) is False
    assert SOLVED.is_over(BEGAN + 61)
    assert GIVEN_UP.is_over(BEGAN + 61)


@pytest.mark.parametrize(
    ("drill", "passed", "score"),
    [
        (replace(SOLVED, earlier=(SOLVED, SOLVED)), True, 100),
        (replace(SOLVED, earlier=(SOLVED, replace(SOLVED, hints=3))), True, 80),
        (replace(SOLVED, earlier=(SOLVED, LATE)), False, 67),
        (replace(SOLVED, earlier=(GIVEN_UP, SOLVED)), False, 67),
        (replace(NOT_REPAIRED, earlier=(SOLVED, SOLVED)), False, 67),
        (replace(SOLVED, earlier=(SOLVED,), ahead=1), False, 67),
        (replace(NOT_REPAIRED, earlier=(NOT_REPAIRED, NOT_REPAIRED)), False, 0),
        (replace(SOLVED, ahead=2), False, 33),
    ],
)
def test_two_of_three_are_no_passed_drill_and_count_by_what_they_are(
    drill: Attempt, *, passed: bool, score: int
) -> None:
    assert (drill.passed, drill.score) == (passed, score)


def test_the_time_of_a_drill_is_that_of_its_incidents_without_the_breaks() -> None:
    later = replace(SOLVED, began=BEGAN + 9000, checks=(replace(_check(9000 + 100)),))
    assert replace(later, earlier=(SOLVED, SOLVED)).seconds == 60 + 60 + 100
    assert replace(LATE, earlier=(SOLVED, SOLVED)).seconds is None


@pytest.fixture
def unprepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """No servers: only which incident is asked for."""

    def prepare(*given: object) -> dict[str, str]:
        return {CAUSE: "xa-prepared", NUMBER: str(given[3]), "call": "stuck"}

    monkeypatch.setattr(play, "_prepare", prepare)


@pytest.mark.usefixtures("unprepared")
def test_the_next_incident_comes_when_this_one_is_over_and_not_before(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    begun = play.start(DRILL, lab, Progress(), seed=7, tell=lambda _: None)
    still = begun.amend(replace(begun.attempts[0], began=FUTURE))
    with pytest.raises(ConfigError, match="not over") as refused:
        play.advance(DRILL, lab, still, tell=lambda _: None)
    assert refused.value.hint == "give it up: tailrace learn solution"
    # Late: nobody needs to say so.
    progress = begun.amend(replace(begun.attempts[0], began=BEGAN))
    for number in ("2", "3"):
        progress = play.advance(DRILL, lab, progress, tell=lambda _: None)
        assert progress.current
        assert (progress.current.values[NUMBER], progress.current.checks) == (number, ())
        progress = play.show_solution(progress)
    assert progress.current
    assert [each.began == BEGAN for each in progress.current.incidents] == [True, False, False]
    with pytest.raises(ConfigError, match="no other incident"):
        play.advance(DRILL, lab, progress, tell=lambda _: None)


@pytest.mark.usefixtures("unprepared")
def test_a_drill_that_was_left_is_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    begun = play.start(DRILL, Lab(tmp_path), Progress(), seed=7, tell=lambda _: None)
    progress = begun.amend(replace(SOLVED, earlier=(LATE,), ahead=1))
    save(file, progress)
    assert load(file) == progress
    again = play.reset(DRILL, Lab(tmp_path), load(file), tell=lambda _: None)
    assert again.current
    # The clock goes on: who begins anew has not more time.
    assert (again.current.began, again.current.values[NUMBER]) == (BEGAN, "2")


def _kept(folder: Path, attempt: Attempt, language: str = "en") -> None:
    save(folder / "learn" / "progress.json", Progress(language, (attempt,)))


def test_no_output_tells_the_cause_of_an_incident_that_goes_on(tmp_path: Path) -> None:
    still = replace(_incident(), began=FUTURE, checks=(replace(_check(1, holds=False), answers={}),), ahead=2)
    _kept(tmp_path, still)
    for command in (("status",), ("status", "--json"), ("report", "--json", "--out", tmp_path)):
        said = tailrace("learn", *command, "--dir", tmp_path)
        assert said.code == 0
        # Among the choices of the question it is one of many.
        assert "xa-prepared" not in " ".join(said.out.split()).replace(" | ".join(CAUSES), "") + said.err


@pytest.mark.parametrize(("language", "named"), [("ru", "названа верно"), ("en", "named right")])
def test_the_report_has_a_line_for_each_incident(tmp_path: Path, language: str, named: str) -> None:
    _kept(tmp_path, replace(NOT_REPAIRED, earlier=(SOLVED, LATE)), language)
    told = tailrace("learn", "report", "--dir", tmp_path, "--out", tmp_path, "--json").json
    (attempt,) = told["exercises"][0]["attempts"]
    assert (told["exercises"][0]["passed"], attempt["score"], len(attempt["checks"])) == (False, 33, 3)
    each = [(one["cause"], one["solved"], one["named"], one["whole"], one["seconds"]) for one in attempt["incidents"]]
    assert each == [
        ("xa-prepared", True, True, True, 60),
        ("xa-prepared", False, True, True, None),
        ("xa-prepared", False, False, False, None),
    ]
    page = (tmp_path / "transcript.html").read_text(encoding="utf-8")
    assert named in page
    assert page.count("<td>1:00</td>") == 1
    assert json.loads((tmp_path / "transcript.json").read_text(encoding="utf-8")) == told
