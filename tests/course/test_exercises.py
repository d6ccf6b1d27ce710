"""Each exercise on real servers: its solution passes; nothing at all and what only looks right do not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.alerting import need_prometheus
from support.java import need_java
from tailrace.lab.pair import Lab
from tailrace.learn import incident, play
from tailrace.learn.attempt import Progress, load, save
from tailrace.learn.exercise import Exercise, Kind, fill
from tailrace.learn.exercises import EXERCISES
from tailrace.learn.text import COURSE, script

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 120.0
"""Of one script: what a learner types, and the check at its end."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of one learner: `.tailrace` with the lab, which all exercises share, and the progress."""
    place = tmp_path_factory.mktemp("learner") / ".tailrace"
    yield place
    Lab(place / "lab").down()


def _run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A script where the learner would run it, with the lab's variables."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", f'eval "$(tailrace lab env)"\n{text}'],
        cwd=folder.parent,
        env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def _begin(exercise: Exercise, folder: Path, seed: int) -> Progress:
    begun = play.start(exercise, Lab(folder / "lab"), load(_file(folder)), seed=seed, tell=lambda _: None)
    save(_file(folder), begun)
    return begun


def _go_on(exercise: Exercise, folder: Path) -> Progress:
    progress = play.advance(exercise, Lab(folder / "lab"), load(_file(folder)), tell=lambda _: None)
    save(_file(folder), progress)
    return progress


@pytest.mark.timeout(400)  # three times: a lab as new, what a learner types, a check
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_only_who_does_it_passes(exercise: Exercise, folder: Path, seed: int) -> None:
    if {"kafka", "debezium"} & exercise.parts:
        need_java()
    if "prometheus" in exercise.parts:
        need_prometheus()
    _fails(exercise, "tailrace learn check\n", folder, _begin(exercise, folder, seed))
    for number, wrong in enumerate(_wrong(exercise)):
        # Nothing changes nothing, so the first goes on from there.
        again = number and exercise.script_folder != incident.SCRIPTS
        progress = _begin(exercise, folder, seed + number) if again else load(_file(folder))
        _fails(exercise, script(exercise.script_folder, wrong), folder, progress)
    solution = script(exercise.script_folder)
    if exercise.script_folder == incident.SCRIPTS:
        # The last wrong answer has repaired it, and some repairs cannot be carried out twice.
        progress, first = load(_file(folder)), solution.replace("{{_repair}}\n", "")
    else:
        progress, first = _begin(exercise, folder, seed + 1000), solution
    for number in range(exercise.incidents):
        if number:
            assert not _passed(folder), "a drill passes before its last incident"
            progress = _go_on(exercise, folder)
        done = _do(solution if number else first, folder, progress)
        assert done.returncode == 0, f"{exercise.name}: the solution does not pass\n{done.stdout}\n{done.stderr}"
    assert _passed(folder)


def _fails(exercise: Exercise, text: str, folder: Path, progress: Progress) -> None:
    done = _do(text, folder, progress)
    # 2 is the refusal of a prediction without an answer: as little a pass as 1.
    wanted = {1, 2} if exercise.kind is Kind.PREDICTION else {1}
    assert done.returncode in wanted, f"{exercise.name} passes with\n{text}\n{done.stdout}\n{done.stderr}"
    assert not _passed(folder)


def _do(text: str, folder: Path, progress: Progress) -> subprocess.CompletedProcess[str]:
    assert progress.current
    return _run(fill(text, progress.current.values), folder)


def _passed(folder: Path) -> bool:
    current = load(_file(folder)).current
    return bool(current and current.passed)


def _file(folder: Path) -> Path:
    return folder / "learn" / "progress.json"


def _wrong(exercise: Exercise) -> list[str]:
    return sorted(file.stem for file in (COURSE / "scripts" / exercise.script_folder).glob("wrong-*.sh"))
