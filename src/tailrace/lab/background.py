"""The workload as a process of its own, for `tailrace lab workload start`: run through its folder.

It reads the server's account from the lab's folder, so no password is on its command line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from tailrace.errors import LabError, TailraceError
from tailrace.lab.pair import Lab
from tailrace.lab.process import await_condition, process_runs
from tailrace.lab.workload import Progress, Workload

MODULE = "tailrace.lab.background"
STOP_SECONDS = 20.0
REPORT_SECONDS = 1.0


@dataclass(frozen=True)
class State:
    """What the workload's process last said of itself."""

    running: bool
    pid: int
    rate: float
    seed: int
    progress: Progress
    error: str = ""

    @property
    def words(self) -> str:
        """On a line."""
        did = self.progress
        how = "runs" if self.running else "stopped" + (f": {self.error}" if self.error else "")
        return f"{how} at {self.rate:g}/s, seed {self.seed}: {did.transactions} transactions, {did.ddl} DDL"


def start(lab: Lab, *, rate: float, seed: int, ddl_every: float) -> State:
    """Starts the workload on the primary. Raises LabError where one runs already, or it ends at once."""
    now = state(lab)
    if now and now.running:
        raise LabError(f"a workload runs already (process {now.pid})", hint="tailrace lab workload stop")
    if not lab.primary.is_reachable():
        raise LabError("the primary does not run", where=str(lab.folder), hint="tailrace lab up")
    _file(lab).unlink(missing_ok=True)
    command = [sys.executable, "-m", MODULE, str(lab.folder), str(rate), str(seed), str(ddl_every)]
    with (lab.folder / "workload.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    await_condition(lambda: process.poll() is not None or _file(lab).exists(), STOP_SECONDS, every=0.05)
    code = process.poll()
    now = state(lab)
    if code is not None or now is None:
        words = now.error if now else ""
        raise LabError(f"the workload did not start: {words}", where=str(lab.folder / "workload.log"))
    # It lives on after us: without this, collecting the object would warn of a running child.
    process.returncode = 0
    return now


def stop(lab: Lab) -> State | None:
    """Stops the workload after its last whole transaction. None where none was ever started."""
    now = state(lab)
    if now and now.running:
        os.kill(now.pid, signal.SIGTERM)
        if not await_condition(lambda: not _is_workload(now.pid), STOP_SECONDS, every=0.05):
            os.kill(now.pid, signal.SIGKILL)
    return state(lab)


def state(lab: Lab) -> State | None:
    """How the workload stands, or None where none was ever started."""
    try:
        said = json.loads(_file(lab).read_text(encoding="utf-8"))
        found = State(**{**said, "progress": Progress(**said["progress"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise LabError(
            f"the workload's state cannot be read: {error}", where=str(_file(lab)), hint="remove it"
        ) from error
    return State(**{**found.__dict__, "running": _is_workload(found.pid)})


def _file(lab: Lab) -> Path:
    return lab.folder / "workload.json"


def _is_workload(pid: int) -> bool:
    return process_runs(pid, MODULE)


def main(arguments: list[str]) -> int:
    """The process itself: runs until SIGTERM, and writes what it did to the state file every second."""
    folder, rate, seed, ddl_every = Path(arguments[0]), float(arguments[1]), int(arguments[2]), float(arguments[3])
    lab = Lab(folder)
    ended = threading.Event()
    wanted = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: wanted.set())
    work = Workload(lab.primary.admin_dsn, rate, seed, ddl_every=ddl_every)
    failures: list[str] = []

    def run() -> None:
        try:
            work.run(wanted)
        except Exception as error:  # noqa: BLE001 - whatever ends the workload is its state from then on
            failures.append(str(error))
        ended.set()

    def report() -> None:
        said = State(True, os.getpid(), rate, seed, work.progress(), "".join(failures))  # noqa: FBT003 - read back as alive or not
        draft = folder / "workload.json.new"
        draft.write_text(json.dumps(asdict(said)), encoding="utf-8")
        draft.replace(_file(lab))

    threading.Thread(target=run, name="workload").start()
    while not ended.wait(REPORT_SECONDS):
        # The first report is what `start` awaits.
        if work.is_prepared:
            report()
    report()
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except TailraceError as error:
        sys.exit(str(error))
