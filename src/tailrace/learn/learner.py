"""Who learns: where the lab and the progress are, and in which language; for the commands and for the pages."""

from __future__ import annotations

import locale
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tailrace.errors import ConfigError
from tailrace.lab.pair import Lab
from tailrace.learn.attempt import Progress, load, save
from tailrace.learn.exercises import find
from tailrace.learn.text import exercise_text, words

if TYPE_CHECKING:
    from tailrace.learn.exercise import Exercise
    from tailrace.learn.text import ExerciseText


@dataclass(frozen=True)
class Learner:
    """Who learns: where the lab and the progress are, and in which language."""

    folder: Path
    language: str

    @property
    def lab(self) -> Lab:
        """The lab that exercises are done on; the same as that of `tailrace lab`."""
        return Lab(self.folder / "lab")

    @property
    def file(self) -> Path:
        """Of the progress."""
        return self.folder / "learn" / "progress.json"

    @property
    def progress(self) -> Progress:
        """As it was kept."""
        return load(self.file)

    @property
    def exercise(self) -> Exercise:
        """The one that is worked on, or was last. Raises ConfigError where none was started."""
        attempt = self.progress.current
        if attempt is None:
            raise ConfigError("no exercise was started", hint="tailrace learn list; tailrace learn start NAME")
        return find(attempt.exercise)

    def keep(self, progress: Progress) -> Progress:
        """Keeps it, and the language with it."""
        kept = replace(progress, language=self.language)
        save(self.file, kept)
        return kept

    def word(self, word: str, **values: object) -> str:
        """In the learner's language."""
        return words(self.language)[word].format(**values)

    def text(self, exercise: Exercise) -> ExerciseText:
        """In the learner's language."""
        return exercise_text(exercise.name, self.language)


def language_of(folder: Path, given: str | None) -> str:
    """As asked for; else as last time; else as the machine speaks."""
    if given:
        return given
    if kept := load(folder / "learn" / "progress.json").language:
        return kept
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "ru" if spoken.lower().startswith("ru") else "en"
