"""What the course promises: every ability is graded, and no lesson is without exercises."""

from __future__ import annotations

import pytest

from tailrace.learn.exercises import EXERCISES
from tailrace.learn.report import ABILITIES
from tailrace.learn.text import LANGUAGES, lessons

LESSONS = [(language, lesson) for language in LANGUAGES for lesson in lessons(language)]


@pytest.mark.parametrize("ability", ABILITIES)
def test_every_ability_is_graded_by_an_exercise(ability: str) -> None:
    assert [exercise.name for exercise in EXERCISES if ability in exercise.abilities]


def test_no_exercise_claims_an_ability_that_there_is_not() -> None:
    assert {ability for exercise in EXERCISES for ability in exercise.abilities} <= set(ABILITIES)


def test_no_lesson_is_without_an_exercise() -> None:
    assert {lesson.number for _, lesson in LESSONS} == {exercise.lesson for exercise in EXERCISES}
