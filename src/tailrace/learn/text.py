"""The course's words in one language: lessons as Markdown, exercises as TOML, all in `tailrace/course`."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tailrace.errors import ConfigError
from tailrace.learn.exercise import CALL, fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailrace.learn.exercise import Values

COURSE: Final = Path(__file__).parent.parent / "course"
LANGUAGES: Final = ("ru", "en")
HINTS: Final = 3
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ExerciseText:
    """What is said of an exercise."""

    title: str
    task: str
    """What is to be done, or what somebody on call sees."""
    questions: Mapping[str, str]
    observations: Mapping[str, str]
    """What must be so, by the observation's name."""
    hints: tuple[str, ...]
    explanation: str
    """Why it was so; told when it is over."""
    calls: Mapping[str, str]
    """Of a drill: what somebody on call hears, by the value CALL."""

    def told(self, values: Values) -> str:
        """The task, with the values in it; of a drill with its call."""
        call = self.calls.get(values.get(CALL, ""), "")
        return fill("\n\n".join(each.strip() for each in (call, self.task) if each), values)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson's text."""

    number: int
    name: str
    title: str
    text: str


def exercise_text(name: str, language: str) -> ExerciseText:
    """Raises ConfigError where the course has no such text."""
    file = COURSE / language / "exercises" / f"{name}.toml"
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        return ExerciseText(
            said["title"],
            said["task"].strip(),
            said.get("questions", {}),
            said["observations"],
            tuple(hint.strip() for hint in said["hints"]),
            said["explanation"].strip(),
            said.get("calls", {}),
        )
    except FileNotFoundError:
        raise ConfigError(f"the course has no text of {name} in {language}", where=str(file)) from None


def script(folder: str, which: str = "solution") -> str:
    """A bash script of an exercise: what a learner would type who passes, answers included; or a wrong one."""
    return (COURSE / "scripts" / folder / f"{which}.sh").read_text(encoding="utf-8")


@functools.cache
def words(language: str) -> Mapping[str, str]:
    """What the commands say, by name."""
    said: dict[str, str] = tomllib.loads((COURSE / language / "words.toml").read_text(encoding="utf-8"))
    return said


@functools.cache
def site_words(language: str) -> Mapping[str, str]:
    """What the pages of the site say beside the lessons, by name."""
    said: dict[str, str] = tomllib.loads((COURSE / language / "site.toml").read_text(encoding="utf-8"))
    return said


def minutes(seconds: float) -> str:
    """`3:07`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def lessons(language: str) -> tuple[Lesson, ...]:
    """All that are written, in their order."""
    return tuple(_lesson(file) for file in sorted((COURSE / language).glob("[0-9][0-9]-*.md")))


def _lesson(file: Path) -> Lesson:
    number, _, name = file.stem.partition("-")
    text = file.read_text(encoding="utf-8")
    title = _TITLE.search(text)
    return Lesson(int(number), name, title[1] if title else name, text)
