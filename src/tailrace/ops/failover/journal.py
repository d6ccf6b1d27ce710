"""What a run has done so far, in a file: whoever is killed in the middle goes on from there.

Lines of JSON, each written and synced before the run goes on: the plan first, then what becomes of its steps. No secret
is in it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from typing import TYPE_CHECKING, Any, Self

from tailrace.errors import FailoverError
from tailrace.ops.failover.step import Plan

if TYPE_CHECKING:
    from pathlib import Path

BEGUN, DONE, FAILED, UNDONE, FINISHED, ROLLED_BACK = "begun", "done", "failed", "undone", "finished", "rolled back"
_ENDS = (FINISHED, ROLLED_BACK)


class Journal:
    """Held by one run at a time. Raises FailoverError where another has it, or it is none."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._out = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        try:
            fcntl.flock(self._out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._out.close()
            raise FailoverError("another run is at it", where=str(file), hint="wait for it, or end it") from None
        try:
            self._lines = self._read()
        except FailoverError:
            self._out.close()
            raise

    @property
    def plan(self) -> Plan | None:
        """Of a run that was broken off; None where there is none."""
        if not self._lines or self._lines[-1].get("run") in _ENDS:
            return None
        try:
            return Plan.from_json(self._lines[0]["plan"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged(str(error)) from None

    @property
    def is_finished(self) -> bool:
        """Whether its run came to the end."""
        return bool(self._lines) and self._lines[-1].get("run") == FINISHED

    @property
    def values(self) -> dict[str, str]:
        """What the steps have remembered."""
        return {name: value for line in self._lines for name, value in line.get("values", {}).items()}

    def states(self) -> dict[str, str]:
        """Step → what last became of it."""
        return {line["step"]: line["state"] for line in self._lines if "step" in line}

    def begin(self, plan: Plan) -> None:
        """A new run; what was there is kept beside it, under the time at which it began."""
        if self._lines:
            kept = self.file.with_name(f"{self.file.stem}-{int(self._lines[0]['at'] * 1000)}{self.file.suffix}")
            kept.write_text("".join(json.dumps(line) + "\n" for line in self._lines), encoding="utf-8")
            self._out.seek(0)
            self._out.truncate()
            self._lines = []
        self._write({"plan": plan.to_json()})

    def note(self, step: str, state: str, **more: object) -> None:
        """What became of a step."""
        self._write({"step": step, "state": state, **more})

    def end(self, how: str) -> None:
        """FINISHED or ROLLED_BACK: there is nothing to resume."""
        self._write({"run": how})

    def close(self) -> None:
        """Lets others have it."""
        self._out.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, line: dict[str, Any]) -> None:
        line["at"] = time.time()
        self._out.seek(0, os.SEEK_END)
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()
        os.fsync(self._out.fileno())
        self._lines.append(line)

    def _read(self) -> list[dict[str, Any]]:
        # A last line that is not whole was being written when the run was killed: what it told has not been relied on.
        whole, newline, _ = self._out.read().rpartition("\n")
        self._out.seek(0)
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise self._damaged(str(error)) from None
        if lines and "plan" not in lines[0]:
            raise self._damaged("it does not begin with a plan")
        self._out.truncate(len((whole + newline).encode()))
        return lines

    def _damaged(self, why: str) -> FailoverError:
        return FailoverError(f"no journal of a failover: {why}", where=str(self.file), hint="name another --journal")
