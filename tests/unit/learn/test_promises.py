"""What the course promises: every ability is graded, each lesson asks before it shows, incidents are many."""

from __future__ import annotations

import re

import pytest

from tailrace.learn.exercise import Kind
from tailrace.learn.exercises import EXERCISES
from tailrace.learn.report import ABILITIES
from tailrace.learn.text import LANGUAGES, Lesson, lessons

INCIDENTS = 14
PREDICTIONS = range(3, 8)
"""So many in each lesson: fewer let a reader nod, more tire."""
PREDICT = re.compile(r"^> \*\*(?:Предскажите|Predict)[.:]?\*\*", re.MULTILINE)
NAMED = re.compile(r"\b(?:урок\w*|lessons?) (\d+)", re.IGNORECASE)
LESSONS = [(language, lesson) for language in LANGUAGES for lesson in lessons(language)]


@pytest.mark.parametrize("ability", ABILITIES)
def test_every_ability_is_graded_by_an_exercise(ability: str) -> None:
    assert [exercise.name for exercise in EXERCISES if ability in exercise.abilities]


def test_no_exercise_claims_an_ability_that_there_is_not() -> None:
    assert {ability for exercise in EXERCISES for ability in exercise.abilities} <= set(ABILITIES)


def test_no_lesson_is_without_an_exercise() -> None:
    assert {lesson.number for _, lesson in LESSONS} == {exercise.lesson for exercise in EXERCISES}


def test_there_are_as_many_blind_incidents_as_promised() -> None:
    assert sum(exercise.kind is Kind.INCIDENT for exercise in EXERCISES) >= INCIDENTS


@pytest.mark.parametrize(("language", "lesson"), LESSONS, ids=lambda each: getattr(each, "name", each))
def test_a_lesson_has_its_reader_predict(language: str, lesson: Lesson) -> None:
    assert len(PREDICT.findall(lesson.text)) in PREDICTIONS, language


@pytest.mark.parametrize(("language", "lesson"), LESSONS, ids=lambda each: getattr(each, "name", each))
def test_a_lesson_names_only_lessons_that_there_are(language: str, lesson: Lesson) -> None:
    known = {each.number for each in lessons(language)}
    assert {int(number) for number in NAMED.findall(lesson.text)} <= known
