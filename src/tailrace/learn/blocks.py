"""The code blocks of a lesson, as its text marks them, for whoever shows the lesson and for whoever runs it.

| mark | what it is |
|---|---|
| `sh` | commands, run in order in one session of bash, with the variables of `tailrace lab env` |
| `sql`, `sql replica` | statements for `tailrace lab mysql`, on the primary or the replica |
| `json file=NAME` and so on | text of a file of that name |
| `text` | what the block before it says; `…` stands for anything, a line of it alone for lines |
| `mermaid` | a drawing |
| … `why="…"` | not run, and why |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FENCE: Final = re.compile(r"^```(?P<mark>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block in a lesson's text, with its `mark` and its `text`."""
_WHY: Final = re.compile(r'why="(?P<why>[^"]+)"')
_FILE: Final = re.compile(r"file=(?P<file>\S+)")
_PARTS: Final = re.compile(r"^<!-- lab: (?P<parts>[^>]*) -->$", re.MULTILINE)


class Mark(StrEnum):
    """What is done with a block."""

    SHELL = "sh"
    SQL = "sql"
    FILE = "file"
    SAID = "text"
    DRAWING = "mermaid"


@dataclass(frozen=True, slots=True)
class Block:
    """One block."""

    mark: Mark
    text: str
    replica: bool = False
    file: str = ""
    why: str = ""
    """Why it is not run; empty: it is."""

    @property
    def is_code(self) -> bool:
        """Whether there is something to run."""
        return self.mark in {Mark.SHELL, Mark.SQL, Mark.FILE}

    def script(self) -> str:
        """As bash."""
        match self.mark:
            case Mark.SQL:
                return f"tailrace lab mysql{' --replica' if self.replica else ''} --table <<'END'\n{self.text}END\n"
            case Mark.FILE:
                return f"cat > {self.file} <<'END'\n{self.text}END\n"
            case _:
                return self.text


def blocks(lesson: str) -> tuple[Block, ...]:
    """Of a lesson's text, in order. Raises ValueError for a mark that is none of the table."""
    return tuple(block(found["mark"].strip(), found["text"]) for found in FENCE.finditer(lesson))


def lab_parts(lesson: str) -> str:
    """What its lab has beside the two servers, as `lab up --with` takes it: `<!-- lab: worker,kafka -->`."""
    found = _PARTS.search(lesson)
    return found["parts"].strip() if found else ""


def block(mark: str, text: str) -> Block:
    """Of a mark and a text. Raises ValueError for a mark that is none of the table."""
    word, _, rest = mark.partition(" ")
    why, file = _WHY.search(rest), _FILE.search(rest)
    if file:
        return Block(Mark.FILE, text, file=file["file"], why=why["why"] if why else "")
    if word not in {Mark.SHELL, Mark.SQL, Mark.SAID, Mark.DRAWING}:
        raise ValueError(f"a block is marked {mark!r}")
    return Block(Mark(word), text, replica=rest.startswith("replica"), why=why["why"] if why else "")


def said_as(expected: str, output: str) -> str:
    """The first line of `expected` that `output` has not, in order; empty where it has all."""
    lines = iter(output.splitlines())
    for wanted in expected.splitlines():
        if not wanted.strip() or wanted.strip() == "…":
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in _words(wanted)))
        if not any(pattern.search(_plain(line)) for line in lines):
            return wanted
    return ""


def _words(line: str) -> list[str]:
    return [_plain(part) for part in line.split("…")]


def _plain(line: str) -> str:
    """How many blanks stand between two words is a matter of widths."""
    return re.sub(r"[ \t]+", " ", line.strip())
