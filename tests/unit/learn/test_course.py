"""The course is whole, and the same in each language."""

from __future__ import annotations

import re
import tomllib

import pytest

from tailrace.learn.exercise import Exercise
from tailrace.learn.exercises import EXERCISES
from tailrace.learn.text import COURSE, HINTS, LANGUAGES, exercise_text, lessons, words

HEADING = re.compile(r"^(#+) ", re.MULTILINE)
BLOCK = re.compile(r"^```(\w*[^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
VALUE = re.compile(r"\{\{(\w+)\}\}")
CYRILLIC = re.compile(r"[\u0400-\u04ff]")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_language_says_all_of_an_exercise(exercise: Exercise) -> None:
    for language in LANGUAGES:
        text = exercise_text(exercise.name, language)
        assert set(text.questions) == {question.name for question in exercise.questions}
        assert set(text.observations) == {observation.name for observation in exercise.observations}
        assert len(text.hints) == HINTS
        assert all((text.title, text.task, text.explanation, *text.hints))
        told = text.title + text.task + text.explanation
        assert bool(CYRILLIC.search(told)) is (language == "ru")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_languages_speak_of_the_same_values(exercise: Exercise) -> None:
    used = []
    for language in LANGUAGES:
        text = exercise_text(exercise.name, language)
        used.append(
            {name: set(VALUE.findall(part)) for name, part in (("task", text.task), ("hints", str(text.hints)))}
        )
    assert used[0] == used[1]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_exercise_has_a_solution_and_two_answers_that_only_look_right(exercise: Exercise) -> None:
    there = {file.name for file in (COURSE / "scripts" / exercise.script_folder).iterdir()}
    assert there == {"solution.sh", "wrong-1.sh", "wrong-2.sh"}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_no_text_tells_what_an_exercise_hides(exercise: Exercise) -> None:
    for language in LANGUAGES:
        text = exercise_text(exercise.name, language)
        assert "{{_" not in text.task + "".join(text.hints)


def test_no_text_is_of_an_exercise_that_is_gone() -> None:
    known = {exercise.name for exercise in EXERCISES}
    for language in LANGUAGES:
        assert {file.stem for file in (COURSE / language / "exercises").iterdir()} == known
    folders = {exercise.script_folder for exercise in EXERCISES}
    assert {folder.name for folder in (COURSE / "scripts").iterdir()} == folders


def test_commands_say_the_same_in_each_language() -> None:
    said = [
        {name: set(re.findall(r"\{(\w+)\}", text)) for name, text in words(language).items()} for language in LANGUAGES
    ]
    assert said[0] == said[1]


def test_lessons_have_the_same_shape_in_each_language() -> None:
    russian, english = lessons("ru"), lessons("en")
    assert [(lesson.number, lesson.name) for lesson in russian] == [(lesson.number, lesson.name) for lesson in english]
    for one, other in zip(russian, english, strict=True):
        assert HEADING.findall(one.text) == HEADING.findall(other.text), one.name
        # What is run is the same; comments in it may be of the language.
        assert [_code(block) for block in BLOCK.findall(one.text)] == [
            _code(block) for block in BLOCK.findall(other.text)
        ]


def _code(block: tuple[str, str]) -> tuple[str, str]:
    kind, text = block
    if kind.startswith("mermaid"):
        return kind, ""
    return kind, "\n".join(re.sub(r"\s+#.*", "", line) for line in text.splitlines() if not line.startswith("#"))


def test_files_of_the_course_are_toml_and_end_with_a_line() -> None:
    for file in COURSE.rglob("*.toml"):
        text = file.read_text(encoding="utf-8")
        tomllib.loads(text)
        assert text.endswith("\n")


def test_links_of_a_lesson_lead_to_files() -> None:
    wrong = [
        f"{file.relative_to(COURSE)}: {link}"
        for file in COURSE.glob("*/*.md")
        for link in re.findall(r"\]\(([^)#:\s]+)", BLOCK.sub("", file.read_text(encoding="utf-8")))
        if not (file.parent / link).exists()
    ]
    assert wrong == []
