"""Lessons as pages: marks of blocks become captions, quotations become callouts, and nothing of a lesson is lost."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tailrace.learn.exercises import EXERCISES
from tailrace.learn.page import _parts, course_map, glossary, glossary_page, lesson_page
from tailrace.learn.text import LANGUAGES, Lesson, lessons, site_words

LESSON = Lesson(
    10,
    "lag",
    "Title",
    """# Title

<!-- lab: worker -->

**You will be able to:** see.

```sql replica
SELECT 1;
```

```json file=shop.json
{"a": 1}
```

```sh why="an AWS account is needed"
aws rds
```

```text
… says
```

> **Predict.** What will it be?
> `tailrace learn start lag-after-a-pause`

> **Pitfall.** A `metric`.
>
> - a list

```mermaid
flowchart LR
    A["<b>"] --> B
```

## Card

| a | b |
|---|---|
""",
)
OWN = tuple(exercise for exercise in EXERCISES if exercise.lesson == 10)


def test_marks_of_blocks_are_captions_for_people() -> None:
    page = lesson_page(LESSON, "en", OWN)
    assert "{code-block} sql\n:class: typed\n:caption: on the replica: tailrace lab mysql --replica\n" in page
    assert "{code-block} json\n:class: typed\n:caption: file shop.json\n" in page
    assert ":caption: not run when the course is checked: an AWS account is needed\n\naws rds\n" in page
    assert "{code-block} text\n:class: said\n:caption: output\n\n… says\n" in page
    assert "A[&quot;&lt;b&gt;&quot;] --&gt; B\n</pre>" in page
    assert "<!--" not in page


def test_what_is_called_out_is_seen_as_such() -> None:
    page = lesson_page(LESSON, "en", OWN)
    assert (
        ':::{admonition} Predict\n:class: predict\n\nWhat will it be?\n<a href="#exercise-lag-after-a-pause">' in page
    )
    assert ":::{admonition} Pitfall\n:class: pitfall\n\nA `metric`.\n\n- a list\n:::" in page
    assert "{.goal}\n**You will be able to:** see." in page
    assert "## Card\n\n{.card}\n| a | b |" in page


def test_an_exercise_of_another_lesson_is_named_not_linked() -> None:
    assert "`tailrace learn start lag-after-a-pause`" in lesson_page(LESSON, "en", ())


def test_an_unknown_mark_is_an_error() -> None:
    with pytest.raises(ValueError, match="bash"):
        lesson_page(replace(LESSON, text="```bash\nls\n```\n"), "en", ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_ends_with_its_exercises(language: str) -> None:
    for lesson in lessons(language):
        own = tuple(exercise for exercise in EXERCISES if exercise.lesson == lesson.number)
        page = lesson_page(lesson, language, own)
        assert re.findall(r'data-exercise="([^"]+)"', page) == [exercise.name for exercise in own]
        assert f"/lessons/{lesson.number:02d}-{lesson.name}.md" in course_map(language, EXERCISES)


def test_the_map_has_each_lesson_in_its_part() -> None:
    told = [replace(LESSON, number=number, title=f"Number {number}: and more") for number in (1, 5, 6, 16)]
    assert _parts(told, site_words("en")).splitlines() == [
        "flowchart LR",
        'subgraph p1["Foundations"]',
        "direction TB",
        'l1["1. Number 1"]',
        'l5["5. Number 5"]',
        "l1 --> l5",
        "end",
        'subgraph p6["Schema, Aurora, snapshots"]',
        "direction TB",
        'l6["6. Number 6"]',
        "l6",
        "end",
        'subgraph p14["Growth and the drill"]',
        "direction TB",
        'l16["16. Number 16"]',
        "l16",
        "end",
        "p1 --> p6 --> p14",
    ]


def test_both_languages_say_all_that_pages_say() -> None:
    assert site_words("ru").keys() == site_words("en").keys()


def test_the_glossary_has_each_term_once_in_both_languages() -> None:
    terms = glossary()
    assert len({term.en for term in terms}) == len({term.ru for term in terms}) == len(terms) > 40
    assert all(len(text) > 10 for term in terms for text in (term.says_en, term.says_ru))
    for language in LANGUAGES:
        assert glossary_page(language).count("\n| ") == len(terms) + 1
