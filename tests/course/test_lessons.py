"""Every code block of every lesson runs, in its order, on a lab as new, and says what the lesson shows.

The blocks are the same in each language (tests/unit/learn/test_course.py), so they are run once. At the end of the run
a table tells how many there are, how many were run, and why others were not.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.alerting import need_prometheus
from support.java import need_java
from tailrace.lab import background
from tailrace.lab.pair import Lab
from tailrace.learn.blocks import Mark, blocks, lab_parts, said_as
from tailrace.learn.text import Lesson, lessons

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 300.0
"""Of a lesson's blocks together."""
END = "-- end of block"
LEAST = 0.95
"""Of all blocks must run."""
LESSONS = lessons("ru")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("lessons")
    yield place
    mine = Lab(place / ".tailrace" / "lab")
    background.stop(mine)
    mine.down()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"{lesson.number:02d}-{lesson.name}")
def test_the_blocks_of_a_lesson_run_and_say_what_it_shows(lesson: Lesson, folder: Path) -> None:
    parts = lab_parts(lesson.text)
    if {"kafka", "debezium"} & set(parts.split(",")) or "lab up --with debezium" in lesson.text:
        need_java()
    if "prometheus" in parts.split(","):
        need_prometheus()
    code = [(number, block) for number, block in enumerate(blocks(lesson.text)) if block.is_code and not block.why]
    script = f"tailrace lab reset --with '{parts}' >/dev/null || exit 9\n" + 'eval "$(tailrace lab env)"\n'
    script += "".join(f"{{\n{block.script()}\n}} 2>&1\necho '{END}' {number} $?\n" for number, block in code)
    said = _outputs(_run(script, folder))
    for number, block in code:
        assert number in said, f"{lesson.name}: block {number} did not end:\n{block.text}"
        output, status = said[number]
        shows_failure = _next_said(lesson, number) is not None
        assert status == 0 or shows_failure, f"{lesson.name}: exits with {status}:\n{block.text}\n{output}"
    for number, expected in _expectations(lesson):
        if number in said:
            missing = said_as(expected, said[number][0])
            assert not missing, f"{lesson.name}: the lesson shows {missing!r}; it said:\n{said[number][0]}"


def _run(script: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    try:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", "COLUMNS": "160"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.output or b"").decode()
        raise AssertionError(f"not at its end after {SECONDS:.0f} s; it said last:\n{said[-3000:]}") from None
    assert done.returncode != 9, done.stdout
    return done.stdout


def _outputs(said: str) -> dict[int, tuple[str, int]]:
    """(output, exit code) by the number of the block."""
    found = {}
    begin = 0
    for end in re.finditer(rf"^{END} (\d+) (\d+)$", said, re.MULTILINE):
        found[int(end[1])] = (said[begin : end.start()], int(end[2]))
        begin = end.end()
    return found


def _next_said(lesson: Lesson, number: int) -> str | None:
    """What the lesson shows as the output of this block."""
    following = blocks(lesson.text)[number + 1 : number + 2]
    return following[0].text if following and following[0].mark is Mark.SAID else None


def _expectations(lesson: Lesson) -> Iterator[tuple[int, str]]:
    for number, block in enumerate(blocks(lesson.text)):
        if block.is_code and (expected := _next_said(lesson, number)) is not None:
            yield number, expected


def test_nearly_all_blocks_run_and_the_others_say_why(record_property: pytest.RecordProperty) -> None:
    rows, everything, left = [], 0, 0
    for lesson in LESSONS:
        code = [block for block in blocks(lesson.text) if block.is_code]
        reasons = [block.why for block in code if block.why]
        everything, left = everything + len(code), left + len(reasons)
        counts = f"{len(code):4} blocks {len(code) - len(reasons):4} run"
        rows.append(f"{lesson.number:02d} {lesson.name:32} {counts} {reasons or ''}")
    record_property("blocks", "\n".join(rows))
    sys.stdout.write("\n".join(rows))
    assert left <= (1 - LEAST) * everything
