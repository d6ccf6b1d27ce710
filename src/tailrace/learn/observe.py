"""Looks that several exercises share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from tailrace.errors import LabError
from tailrace.learn.exercise import Seen
from tailrace.learn.stage import CONNECTOR, DATABASE, SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailrace.lab.verify import Verdict
    from tailrace.learn.exercise import Answers, Look, Values
    from tailrace.learn.stage import Stage

COMMAND_SECONDS: Final = 60.0
_PRELUDE: Final = 'tailrace() { "$PYTHON" -m tailrace.cli "$@"; }'


def answer(stage: Stage, command: str, values: Values) -> Any:
    """The JSON that a command of ours answers, with the lab's variables and with `values` as such.

    Raises LabError where it gives none.
    """
    script = f'{_PRELUDE}\neval "$(tailrace lab env --dir "$LAB")"\n{command} --json'
    known = {"PYTHON": sys.executable, "LAB": str(stage.lab.folder), "CONNECTOR": CONNECTOR, **values}
    try:
        done = subprocess.run(
            ["bash", "-c", script],
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise LabError(f"{command} does not end within {COMMAND_SECONDS:.0f} s") from None
    except ValueError:
        raise LabError(f"{command} says: {done.stderr.strip()[-300:]}") from None


def running(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """The connector and its task run."""
    return Seen(stage.is_running(), stage.state())


def equal(name: str = "table") -> Look:
    """What was written makes the table of the value `name`, once the connector has caught up, which it must."""

    def look(stage: Stage, values: Values, _answers: Answers) -> Seen:
        if not stage.is_running():
            return Seen(holds=False, evidence=stage.state())
        stage.until_still(stage.caught_up, SETTLE_SECONDS)
        return rebuilt(stage.compare(values[name]), values[name])

    return look


def awaited(wait: Callable[[Callable[[], bool], float], bool], look: Callable[[], Seen], seconds: float) -> Seen:
    """What `look` saw last, once it holds or `wait` (`Stage.until`, `Stage.until_still`) has given up.

    Raises what the last look raised.
    """
    seen: Seen | None = None

    def holds() -> bool:
        nonlocal seen
        seen = None
        seen = look()
        return seen.holds

    wait(holds, seconds)
    return seen or look()


def rebuilt(found: Verdict | None, table: str) -> Seen:
    """Whether what was written makes the table, which there must be; and how many rows both have."""
    if found is None:
        return Seen(holds=False, evidence=f"{DATABASE}.{table}?")
    return Seen(found.equal, f"{found.rebuilt_rows} {'=' if found.equal else '≠'} {found.server_rows}")
