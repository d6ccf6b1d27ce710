"""Pages of the site, as Markdown for MyST: a lesson with captions and exercises, the glossary, the map of the course.

Pure: texts in, texts out. `tools/site` makes HTML of them.
"""

from __future__ import annotations

import html
import math
import re
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tailrace.learn.blocks import FENCE, Block, Mark, block
from tailrace.learn.report import ABILITIES
from tailrace.learn.text import COURSE, exercise_text, lessons, site_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailrace.learn.exercise import Exercise
    from tailrace.learn.text import Lesson

_QUOTE: Final = re.compile(r"^> \*\*(?P<title>[^*]+?)[.:]?\*\*(?P<text>[^\n]*(?:\n>[^\n]*)*)", re.MULTILINE)
"""A quotation that begins with a bold word: what the writer calls out."""
_CALLED: Final = {"Предскажите": "predict", "Predict": "predict", "Ловушка": "pitfall", "Pitfall": "pitfall"}
_GOAL: Final = re.compile(r"^(?=\*\*(?:Вы сможете|You will be able to)\b)", re.MULTILINE)
_CARD: Final = re.compile(r"(^## (?:Карточка|Summary card|Card|The card)[^\n]*\n+)(?=\|)", re.MULTILINE)
_START: Final = re.compile(r"`tailrace learn start (?P<name>[a-z0-9-]+)`")
_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
PARTS: Final = (1, 6, 10, 14)
"""The first lesson of each part of the course."""
_LONGEST: Final = "`````"
"""A fence longer than any that a text has."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the course."""

    en: str
    ru: str
    says_en: str
    says_ru: str


def lesson_page(lesson: Lesson, language: str, exercises: Sequence[Exercise]) -> str:
    """The lesson's text with its exercises at the end. Raises ValueError for a mark of a block that is unknown."""
    words, names = site_words(language), {exercise.name for exercise in exercises}
    parts, end = [], 0
    for found in FENCE.finditer(lesson.text):
        parts += [
            _prose(lesson.text[end : found.start()], names),
            _block(block(found["mark"].strip(), found["text"]), words),
        ]
        end = found.end()
    parts.append(_prose(lesson.text[end:], names))
    if exercises:
        parts.append(_exercises(exercises, language))
    return "".join(parts)


def _prose(text: str, exercises: set[str]) -> str:
    text = _COMMENT.sub("", text)
    text = _START.sub(lambda found: _linked(found, exercises), text)
    text = _GOAL.sub("{.goal}\n", text)
    text = _CARD.sub(r"\1{.card}" + "\n", text)
    return _QUOTE.sub(_called, text)


def _linked(found: re.Match[str], exercises: set[str]) -> str:
    if found["name"] not in exercises:
        return found[0]
    return f'<a href="#exercise-{found["name"]}"><code class="literal">{found[0].strip("`")}</code></a>'


def _called(found: re.Match[str]) -> str:
    text = "\n".join(line.removeprefix(">").removeprefix(" ") for line in found["text"].split("\n")).strip()
    kind = _CALLED.get(found["title"], "note")
    return f":::{{admonition}} {found['title']}\n:class: {kind}\n\n{text}\n:::"


def _block(block: Block, words: Mapping[str, str]) -> str:
    if block.mark is Mark.DRAWING:
        label = html.escape(words["diagram"])
        return f'<pre class="mermaid" role="img" aria-label="{label}">{html.escape(block.text)}</pre>'
    language, caption, kind = _look(block, words)
    said = "; ".join(each for each in (caption, words["why"].format(why=block.why) if block.why else "") if each)
    options = [f":caption: {said}"] if said else []
    return "\n".join(
        [f"{_LONGEST}{{code-block}} {language}", f":class: {kind}", *options, "", f"{block.text.rstrip()}", _LONGEST]
    )


def _look(block: Block, words: Mapping[str, str]) -> tuple[str, str, str]:
    """Its language, its caption, its class."""
    match block.mark:
        case Mark.SQL:
            return "sql", words["on_replica" if block.replica else "on_primary"], "typed"
        case Mark.FILE:
            return _language(block.file), words["file"].format(file=block.file), "typed"
        case Mark.SAID:
            return "text", words["said"], "said"
        case _:
            return "sh", "", "typed"


def _language(file: str) -> str:
    ending = file.rpartition(".")[2]
    return {"json": "json", "yml": "yaml", "yaml": "yaml", "properties": "properties", "sql": "sql"}.get(ending, "text")


def _exercises(exercises: Sequence[Exercise], language: str) -> str:
    words = site_words(language)
    cards = "\n\n".join(_exercise(exercise, language, words) for exercise in exercises)
    return f"\n## {words['exercises']}\n\n{words['exercises_intro']}\n\n{cards}\n"


def _exercise(exercise: Exercise, language: str, words: Mapping[str, str]) -> str:
    title = html.escape(exercise_text(exercise.name, language).title)
    command = f"tailrace learn start {exercise.name}"
    abilities = ", ".join(f'<abbr title="{html.escape(words[each])}">{each}</abbr>' for each in exercise.abilities)
    skills = f' <span class="skills">{words["abilities"]}: {abilities}</span>' if abilities else ""
    # The browser adds what the runner says; see tools/site/static/learn.js. An empty line would end the HTML.
    return (
        f'<section class="exercise" id="exercise-{exercise.name}" data-exercise="{exercise.name}"'
        f' data-kind="{exercise.kind.value}">\n'
        f"<h3>{title}</h3>\n"
        f'<p class="facts"><span class="kind">{words["kind-" + exercise.kind.value]}</span>'
        f'{skills} <span class="state"></span></p>\n'
        f'<p class="how">{words["in_terminal"]}: <code class="literal">{command}</code></p>\n'
        "</section>"
    )


def glossary() -> tuple[Term, ...]:
    """In the order of the English words."""
    told = tomllib.loads((COURSE / "glossary.toml").read_text(encoding="utf-8"))
    return tuple(sorted((Term(**each) for each in told["term"]), key=lambda term: term.en.lower()))


def glossary_page(language: str) -> str:
    """A table of both languages; the words of the page's own come first, in their alphabet."""
    words, terms = site_words(language), glossary()
    if language == "ru":
        rows = [(term.ru, term.en, term.says_ru) for term in sorted(terms, key=lambda term: term.ru.lower())]
    else:
        rows = [(term.en, term.ru, term.says_en) for term in terms]
    lines = "\n".join(f"| {' | '.join(each.replace('|', '&#124;') for each in row)} |" for row in rows)
    head = f"| {words['term']} | {words['other']} | {words['meaning']} |\n|---|---|---|"
    return f"# {words['glossary']}\n\n{words['glossary_intro']}\n\n{{.glossary}}\n{head}\n{lines}\n"


def course_map(language: str, exercises: Sequence[Exercise]) -> str:
    """Each lesson, its exercises and the abilities they grade."""
    words = site_words(language)
    drawing = _block(Block(Mark.DRAWING, _parts(lessons(language), words)), words)
    rows = []
    for lesson in lessons(language):
        own = [exercise for exercise in exercises if exercise.lesson == lesson.number]
        abilities = sorted({each for exercise in own for each in exercise.abilities}, key=lambda each: int(each[1:]))
        link = f"[{lesson.title}](/lessons/{lesson.number:02d}-{lesson.name}.md)"
        rows.append(f"| {lesson.number} | {link} | {len(own) or '—'} | {', '.join(abilities) or '—'} |")
    head = f"| № | {words['map_lesson']} | {words['map_exercises']} | {words['abilities']} |\n|--:|---|--:|---|"
    return "\n".join([drawing, "", "{.map}", head, *rows, "", words["all_words"], "", *_abilities(exercises, words)])


def _abilities(exercises: Sequence[Exercise], words: Mapping[str, str]) -> list[str]:
    """Each ability, and the lessons that have an exercise of it."""
    head = f"| | {words['abilities']} | {words['map_lesson']} |\n|---|---|---|"
    rows = []
    for ability in ABILITIES:
        graded = sorted({exercise.lesson for exercise in exercises if ability in exercise.abilities})
        rows.append(f"| {ability} | {words[ability]} | {', '.join(map(str, graded)) or '—'} |")
    return [f"### {words['abilities_head']}", "", words["abilities_intro"], "", head, *rows, ""]


def _parts(told: Sequence[Lesson], words: Mapping[str, str]) -> str:
    """The parts of the course, one after the other, each with its lessons."""
    lines, drawn = ["flowchart LR"], []
    for first, end in pairwise((*PARTS, math.inf)):
        own = [lesson for lesson in told if first <= lesson.number < end]
        if own:
            drawn.append(f"p{first}")
            nodes = (f'l{each.number}["{each.number}. {each.title.partition(":")[0]}"]' for each in own)
            head = f'subgraph p{first}["{words[f"part-{first}"]}"]'
            lines += [head, "direction TB", *nodes, " --> ".join(f"l{each.number}" for each in own), "end"]
    return "\n".join([*lines, *([" --> ".join(drawn)] if len(drawn) > 1 else [])])
