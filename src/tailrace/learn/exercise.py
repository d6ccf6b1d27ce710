"""An exercise: what is prepared, what is asked, what must be seen in the end.

No words of a human language: those are in the course's texts (`text.py`), by the names here; so are the scripts that
pass and those that look right and must fail. In all of them `{{name}}` stands for a drawn value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from tailrace.learn.stage import Stage

Values = Mapping[str, str]
"""What was drawn for one attempt: a table's name, a server id, …"""
HIDDEN: Final = "_"
"""A value whose name begins with it is for the exercise and its scripts: no task, hint or answer in JSON has it."""
NUMBER: Final = "number"
"""The value with the number of a drill's incident."""
CALL: Final = "call"
"""The value with the name of what somebody on call hears, in a drill."""
Answers = Mapping[str, str]
"""What the learner said, by question; those that were not answered are not in it."""


class Kind(StrEnum):
    """How it is worked on."""

    LAB = "lab"
    """Guided: the lesson leads through it."""
    INCIDENT = "incident"
    """Blind: only the symptom is told."""
    PREDICTION = "prediction"
    """The answer first, then the experiment; one answer counts."""
    DRILL = "drill"
    """Blind incidents one after the other, each with a limit of time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the live systems gave."""

    holds: bool
    evidence: str


Look = Callable[[Stage, Values, Answers], Seen]


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that must be so. `look` only reads; the values it gets are those drawn and those measured."""

    name: str
    look: Look


def predicted(name: str) -> Observation:
    """That the answer to the question of this name is what the experiment has as `measured.` and this name."""

    def look(_stage: Stage, values: Values, answers: Answers) -> Seen:
        measured = values[f"measured.{name}"]
        return Seen(answers.get(name) == measured, measured)

    return Observation(name, look)


def named(question: str) -> Observation:
    """That the answer to the question is the hidden value of its name."""

    def look(_stage: Stage, values: Values, answers: Answers) -> Seen:
        given = answers.get(question, "")
        return Seen(given == values[f"{HIDDEN}{question}"], given or "—")

    return Observation(question, look)


def discreet(question: str, observation: Observation) -> Observation:
    """The same, but its evidence, which would give the answer away, is told only to who has `named` it."""
    right = named(question).look

    def look(stage: Stage, values: Values, answers: Answers) -> Seen:
        seen = observation.look(stage, values, answers)
        return seen if right(stage, values, answers).holds else Seen(seen.holds, "—")

    return Observation(observation.name, look)


@dataclass(frozen=True, slots=True)
class Question:
    """What the learner answers by `check --answer NAME=VALUE`."""

    name: str
    choices: tuple[str, ...] = ()
    """Empty: whatever the form that the text tells."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """One of a lesson."""

    name: str
    lesson: int
    kind: Kind
    abilities: tuple[str, ...]
    """Of requirements R1 to R17."""
    draw: Callable[[Random], dict[str, str]]
    prepare: Callable[[Stage, dict[str, str]], None]
    """Brings the live systems into the state it begins with; may add values that only they know."""
    observations: tuple[Observation, ...]
    questions: tuple[Question, ...] = ()
    experiment: Callable[[Stage, Values], dict[str, str]] | None = None
    """Of a prediction: what was measured, for the observations to compare."""
    parts: frozenset[str] = frozenset({"worker"})
    """Of the lab, beside the two servers."""
    scripts: str = ""
    """Folder of its scripts, where it shares them with others; empty: one of its own name."""
    incidents: int = 1
    """Of a drill: how many. `prepare` finds the number of the one to bring about, from 1, as the value NUMBER."""
    limit: float | None = None
    """Of a drill: seconds for each incident, from when its symptom is told."""

    @property
    def script_folder(self) -> str:
        """Of `course/scripts`."""
        return self.scripts or self.name


def told(values: Values) -> dict[str, str]:
    """Those that the learner may see."""
    return {name: value for name, value in values.items() if not name.startswith(HIDDEN)}


def fill(text: str, values: Values) -> str:
    """The text with drawn values in it."""
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text
