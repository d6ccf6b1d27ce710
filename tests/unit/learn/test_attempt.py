"""What an attempt is worth, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.cli import tailrace
from tailrace.errors import ConfigError, LabError
from tailrace.learn import play
from tailrace.learn.attempt import Attempt, Check, Looked, Progress, load, save

if TYPE_CHECKING:
    from pathlib import Path

BEGUN = Attempt("one-gtid-two-places", 7, {"table": "refunds"}, 100.0)
FAILED = Check(130.0, {}, (Looked("place-primary", holds=False, evidence="-"),))
PASSED = Check(160.0, {"primary": "binlog.000001:4"}, (Looked("place-primary", holds=True, evidence="yes"),))


@pytest.mark.parametrize(
    ("attempt", "score"),
    [
        (BEGUN, 0),
        (replace(BEGUN, checks=(FAILED,)), 0),
        (replace(BEGUN, checks=(PASSED,)), 100),
        (replace(BEGUN, checks=(FAILED, FAILED, PASSED)), 90),
        (replace(BEGUN, hints=1, checks=(PASSED,)), 90),
        (replace(BEGUN, hints=3, checks=(PASSED,)), 40),
        (replace(BEGUN, hints=3, checks=(*[FAILED] * 20, PASSED)), 10),
        (replace(BEGUN, shown=True, checks=(PASSED,)), 0),
    ],
)
def test_hints_and_failed_checks_cost_and_a_shown_solution_is_worth_nothing(attempt: Attempt, score: int) -> None:
    assert attempt.score == score


def test_progress_is_read_as_it_was_written(tmp_path: Path) -> None:
    progress = Progress("ru", (replace(BEGUN, checks=(FAILED, PASSED)), BEGUN))
    save(tmp_path / "learn" / "progress.json", progress)
    assert load(tmp_path / "learn" / "progress.json") == progress
    assert progress.best("one-gtid-two-places") == progress.attempts[0]


def test_a_damaged_file_is_an_error_with_its_name_and_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    file.write_text('{"language": "ru"')
    with pytest.raises(LabError, match="cannot be read") as raised:
        load(file)
    assert str(file) in str(raised.value)
    assert file.read_text() == '{"language": "ru"'


def test_there_are_three_hints_and_no_more() -> None:
    progress = Progress("en", (BEGUN,))
    for _ in range(3):
        progress = play.hint(progress)
    with pytest.raises(ConfigError, match="no more hints"):
        play.hint(progress)


def test_the_solution_of_an_attempt_that_passed_takes_nothing_away() -> None:
    progress = play.show_solution(Progress("en", (replace(BEGUN, checks=(PASSED,)),)))
    assert progress.attempts[0].score == 100


def test_commands_without_an_exercise_say_how_to_begin(tmp_path: Path) -> None:
    for command in ("check", "hint", "reset", "solution"):
        said = tailrace("learn", command, "--dir", tmp_path)
        assert said.code == 2
        assert "tailrace learn list" in said.err
    assert tailrace("learn", "start", "one-gtid-too-places", "--dir", tmp_path).err.count("one-gtid-two-places")


def test_the_report_names_what_was_shown_in_the_learners_language(tmp_path: Path) -> None:
    save(tmp_path / "learn" / "progress.json", Progress("ru", (replace(BEGUN, checks=(FAILED, PASSED)),)))
    told = tailrace("learn", "report", "--dir", tmp_path, "--out", tmp_path / "out", "--json").json
    assert told["abilities"]["R5"] == 95
    assert told["abilities"]["R16"] is None
    page = (tmp_path / "out" / "transcript.html").read_text(encoding="utf-8")
    assert '<html lang="ru">' in page
    assert "Одна транзакция, два адреса" in page
