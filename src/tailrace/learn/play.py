"""What a learner does with an exercise: start it, check it, take a hint, begin it again, go on in a drill.

Each function takes the progress there was and gives the progress there is; nothing here prints.
"""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from tailrace.errors import ConfigError, LabError, TailraceError
from tailrace.lab import background, faults
from tailrace.lab.pair import Alerts
from tailrace.lab.server import server_errors
from tailrace.learn.attempt import HINT_COSTS, Attempt, Check, Looked, Progress
from tailrace.learn.exercise import NUMBER, Exercise, Kind
from tailrace.learn.stage import Stage
from tailrace.learn.text import minutes
from tailrace.ops.alerts import alertmanager_config, prometheus_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailrace.lab.pair import Lab
    from tailrace.learn.exercise import Answers, Observation, Values

SEEDS = 1 << 31


def start(
    exercise: Exercise, lab: Lab, progress: Progress, *, seed: int | None = None, tell: Callable[[str], None]
) -> Progress:
    """A new attempt, on a lab as new. `tell` hears what is being done.

    Raises LabError or another TailraceError where the lab cannot be brought into the state it begins with.
    """
    drawn = Random().randrange(SEEDS) if seed is None else seed
    values = _prepare(exercise, lab, drawn, 1, tell)
    ahead = exercise.incidents - 1
    return progress.begin(Attempt(exercise.name, drawn, values, time.time(), limit=exercise.limit, ahead=ahead))


def advance(exercise: Exercise, lab: Lab, progress: Progress, *, tell: Callable[[str], None]) -> Progress:
    """The next incident of a drill, on a lab as new. Raises ConfigError where this one is not over, or the last."""
    attempt = _current(progress)
    if not attempt.ahead:
        raise ConfigError(f"{attempt.exercise} has no other incident", hint="tailrace learn report")
    if not attempt.is_over(now := time.time()):
        left = minutes(attempt.left(now))
        raise ConfigError(f"this incident is not over: {left} left", hint="give it up: tailrace learn solution")
    values = _prepare(exercise, lab, attempt.seed, len(attempt.incidents) + 1, tell)
    following = Attempt(
        attempt.exercise,
        attempt.seed,
        values,
        time.time(),
        limit=attempt.limit,
        earlier=attempt.incidents,
        ahead=attempt.ahead - 1,
    )
    return progress.amend(following)


def reset(exercise: Exercise, lab: Lab, progress: Progress, *, tell: Callable[[str], None]) -> Progress:
    """The same attempt from its beginning, with the same values; hints and checks stay, and a drill's clock goes on."""
    attempt = _current(progress)
    values = _prepare(exercise, lab, attempt.seed, len(attempt.incidents), tell)
    return progress.amend(replace(attempt, values=values))


def _prepare(exercise: Exercise, lab: Lab, seed: int, number: int, tell: Callable[[str], None]) -> dict[str, str]:
    background.stop(lab)
    tell("lab")
    if lab.exists:
        lab.keep_only(exercise.parts)
        lab.empty()
        faults.forget(lab)
    values = exercise.draw(Random(f"{exercise.name} {seed}"))
    if exercise.kind is Kind.DRILL:
        values[NUMBER] = str(number)
    with server_errors():
        alerts = Alerts(prometheus_rules(), alertmanager_config()) if "prometheus" in exercise.parts else None
        lab.up(exercise.parts, alerts=alerts, keep=True)
        tell("prepare")
        exercise.prepare(Stage(lab), values)
    return values


def check(exercise: Exercise, lab: Lab, progress: Progress, answers: Answers) -> Progress:
    """Looks whether all is as it should be. Answers given before need not be given again.

    Raises ConfigError for an answer to no question, or none of the choices, and where a prediction is incomplete or was
    made already.
    """
    attempt, asked = _current(progress), time.time()
    if attempt.solved:
        hint = "tailrace learn next" if attempt.ahead else "tailrace learn list"
        raise ConfigError("this attempt has passed already", hint=hint)
    given = {**(attempt.checks[-1].answers if attempt.checks else {}), **answers}
    _judge_answers(exercise, given)
    if exercise.kind is Kind.PREDICTION:
        _may_predict(exercise, attempt, given)
    stage = Stage(lab)
    values = dict(attempt.values)
    if exercise.experiment:
        with server_errors():
            values |= exercise.experiment(stage, attempt.values)
    seen = tuple(_look(each, stage, values, given) for each in exercise.observations)
    return progress.amend(replace(attempt, checks=(*attempt.checks, Check(asked, given, seen))))


def _look(observation: Observation, stage: Stage, values: Values, answers: Answers) -> Looked:
    try:
        with server_errors():
            seen = observation.look(stage, values, answers)
    except TailraceError as error:
        # What cannot be asked does not hold, and why is the evidence.
        return Looked(observation.name, holds=False, evidence=error.message)
    return Looked(observation.name, seen.holds, seen.evidence)


def _judge_answers(exercise: Exercise, given: Answers) -> None:
    questions = {question.name: question for question in exercise.questions}
    for name, answer in given.items():
        if name not in questions:
            raise ConfigError(
                f"{exercise.name} does not ask for {name}", hint=f"it asks for: {', '.join(questions) or 'nothing'}"
            )
        choices = questions[name].choices
        if choices and answer not in choices:
            raise ConfigError(f"{answer!r} is no answer to {name}", hint=f"choose from: {', '.join(choices)}")


def _may_predict(exercise: Exercise, attempt: Attempt, given: Answers) -> None:
    if attempt.checks:
        raise ConfigError("a prediction counts once", hint=f"tailrace learn start {exercise.name} (with new values)")
    if missing := [question.name for question in exercise.questions if question.name not in given]:
        raise ConfigError(
            f"first the prediction: {', '.join(missing)}",
            hint="tailrace learn check " + " ".join(f"--answer {name}=…" for name in missing),
        )


def hint(progress: Progress) -> Progress:
    """One more. Raises ConfigError where all were taken."""
    attempt = _current(progress)
    if attempt.hints >= len(HINT_COSTS):
        raise ConfigError("there are no more hints", hint=f"tailrace learn solution {attempt.exercise}")
    return progress.amend(replace(attempt, hints=attempt.hints + 1))


def show_solution(progress: Progress) -> Progress:
    """The attempt is worth nothing any more, where it had not passed."""
    attempt = _current(progress)
    return progress if attempt.solved else progress.amend(replace(attempt, shown=True))


def _current(progress: Progress) -> Attempt:
    attempt = progress.current
    if attempt is None:
        raise LabError("no exercise was started", hint="tailrace learn list; tailrace learn start NAME")
    return attempt
