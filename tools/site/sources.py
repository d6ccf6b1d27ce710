"""What the site is made of: a folder of MyST pages for each language, out of docs/ and the course."""

from __future__ import annotations

import html
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tailrace.learn.blocks import FENCE
from tailrace.learn.exercises import EXERCISES
from tailrace.learn.page import course_map, glossary_page, lesson_page
from tailrace.learn.text import COURSE, lessons, site_words

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BESIDE = {
    "bench/README.md": "explanation/benchmarks.md",
    "deploy/README.md": "reference/deployments.md",
    "ARCHITECTURE.md": "explanation/architecture.md",
    "CHANGELOG.md": "explanation/changelog.md",
}
"""Pages from outside docs/, and where they are on the site."""
SECTIONS = ("how-to", "reference", "explanation")
ALONE = ("troubleshooting.md", "runbooks.md", "requirements.md")
"""Pages of docs/ itself, in their order; those that are there."""
IMAGES = {".png", ".svg"}
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_WIDE = "`````"


class BrokenLink(Exception):
    """A link to a file that is not there."""


@dataclass(frozen=True)
class Page:
    """One page of one language."""

    place: str
    """Path in the site's sources."""
    origin: Path
    """The file it is made of."""
    foreign: bool = False
    """In English, on the Russian site."""


def pages(language: str) -> list[Page]:
    """Pages that are files of docs/ or of the project; lessons are made, not copied."""
    found = []
    for file in sorted(DOCS.rglob("*.md")):
        if file.name.endswith(".ru.md"):
            continue
        place = file.relative_to(DOCS).as_posix()
        own = file.with_suffix(f".{language}.md")
        found.append(Page(place, own if own.exists() else file, foreign=language == "ru" and not own.exists()))
    return found + [Page(place, ROOT / origin, foreign=language == "ru") for origin, place in BESIDE.items()]


def write(language: str, folder: Path) -> None:
    """All sources of one language. Raises BrokenLink."""
    known = {page.origin.resolve(): page.place for page in pages(language)}
    known |= {(DOCS / page.place).resolve(): page.place for page in pages(language)}
    for image in (file for file in DOCS.rglob("*") if file.suffix in IMAGES):
        known[image.resolve()] = image.relative_to(DOCS).as_posix()
        (folder / known[image.resolve()]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, folder / known[image.resolve()])
    course = {}
    for lesson in lessons(language):
        own = [exercise for exercise in EXERCISES if exercise.lesson == lesson.number]
        place = f"lessons/{lesson.number:02d}-{lesson.name}.md"
        file = COURSE / language / Path(place).name
        known[file.resolve()] = place
        course[place] = (file, lesson_page(lesson, language, own))
    for page in pages(language):
        text = _plain_blocks(page.origin.read_text(encoding="utf-8"), language)
        if page.place == "index.md":
            text = text.replace("<!-- course map -->", course_map(language, EXERCISES)) + _contents(language, course)
        _put(folder / page.place, _linked(text, page.origin, known), foreign=page.foreign)
    for place, (file, text) in course.items():
        _put(folder / place, _linked(text, file, known))
    _put(folder / "glossary.md", glossary_page(language))


def _put(file: Path, text: str, *, foreign: bool = False) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(("---\nforeign: true\n---\n" if foreign else "") + text, encoding="utf-8")


def _plain_blocks(text: str, language: str) -> str:
    """Drawings for the browser, and languages that no lexer knows as plain text."""

    def block(found: re.Match[str]) -> str:
        mark = found["mark"].strip()
        if mark == "mermaid":
            label = html.escape(site_words(language)["diagram"])
            return f'<pre class="mermaid" role="img" aria-label="{label}">{html.escape(found["text"])}</pre>'
        return f"```text\n{found['text']}```" if mark in {"", "promql"} else found[0]

    return FENCE.sub(block, text)


def _linked(text: str, origin: Path, known: dict[Path, str]) -> str:
    """Links between files as links between pages; what is in the repository alone is named, not linked."""

    def link(found: re.Match[str]) -> str:
        path, hash_, anchor = found["target"].partition("#")
        if not path or path.startswith("/") or re.match(r"[a-z]+:", path):
            return found[0]
        file = Path(os.path.normpath(origin.parent / path))
        if file in known:
            return f"{found['image']}[{found['text']}](/{known[file]}{hash_}{anchor})"
        if not file.exists():
            raise BrokenLink(f"{origin.relative_to(ROOT)}: no file for {found['target']}")
        return found["text"]

    parts, end = [], 0
    for found in FENCE.finditer(text):
        parts += [_LINK.sub(link, text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, _LINK.sub(link, text[end:])])


def _contents(language: str, course: dict[str, tuple[Path, str]]) -> str:
    """What the navigation has: the course, then the pages of docs/ by their folder, those of the language first."""
    words = site_words(language)
    own = {page.place: page for page in pages(language)}
    lessons_ = [(_lesson(place, text), place) for place, (_, text) in course.items()]
    parts = [_tree(words["course"], [*lessons_, ("", "glossary.md")])]
    for section in SECTIONS:
        inside = [page for place, page in own.items() if place.startswith(f"{section}/")]
        inside.sort(key=lambda page: (page.foreign, _titled(page)))
        alone = [own[place] for place in ALONE if place in own] if section == "how-to" else []
        parts.append(_tree(words[section], [(_titled(page), page.place) for page in inside + alone]))
    return "\n".join(parts)


def _lesson(place: str, text: str) -> str:
    number = int(Path(place).name.partition("-")[0])
    return f"{number}. {_title(text)}"


def _titled(page: Page) -> str:
    said = _title(page.origin.read_text(encoding="utf-8"))
    return f"{said} · EN" if page.foreign else said


def _title(text: str) -> str:
    found = _TITLE.search(text)
    return found[1].replace("`", "") if found else ""


def _tree(caption: str, entries: list[tuple[str, str]]) -> str:
    """Sphinx's table of contents; an entry without a title has that of its page."""
    names = [place.removesuffix(".md") for _, place in entries]
    lines = [f"{title} </{name}>" if title else f"/{name}" for (title, _), name in zip(entries, names, strict=True)]
    return "\n".join(["", f"{_WIDE}{{toctree}}", ":hidden:", f":caption: {caption}", "", *lines, _WIDE, ""])
