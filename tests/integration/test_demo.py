"""The demonstration proves what it says, and would not if it were not so."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from tailrace import lab
from tailrace.cli import cli
from tailrace.cli.demo import View
from tailrace.errors import LabError
from tailrace.lab.demo import PROOF, Scene
from tailrace.lab.demo.play import clear_folder
from tailrace.lab.demo.tail import Tail
from tailrace.lab.server import await_condition

TAILRACE = [sys.executable, "-m", "tailrace.cli"]
SHORT = ["demo", "--seconds", "3", "--rate", "100"]


def _running(folder: Path) -> list[str]:
    """The command lines of processes that name the folder, their guards included."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            if str(folder) in line:
                found.append(line)
    return found


def test_the_demo_is_proven_and_its_next_steps_work(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    ended = subprocess.run(
        [*TAILRACE, *SHORT, "--dir", str(folder), "--json", "--keep"],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    try:
        assert (ended.returncode, ended.stderr) == (0, "")
        told = json.loads(ended.stdout)
        assert told["proven"]
        assert told["doubled"] == 0
        assert told["events"] > 1000
        assert {table["table"] for table in told["tables"]} == {"customers", "orders", "order_items", "payments"}
        assert _first_change_of_a_shop_opened_again(told)["op"] in "cud"
    finally:
        down = subprocess.run(
            [*TAILRACE, "lab", "down", "--dir", str(folder / "lab")], capture_output=True, check=False
        )
    assert down.returncode == 0
    assert await_condition(lambda: not _running(folder), 10)


def _first_change_of_a_shop_opened_again(told: dict[str, str]) -> dict[str, str]:
    start = [*TAILRACE, "lab", "workload", "start", "--rate", "20", "--dir", told["lab"]]
    subprocess.run(start, capture_output=True, check=True)
    command = [*TAILRACE, "run", str(Path(told["config"]).with_name("screen.properties"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout
        event: dict[str, str] = json.loads(run.stdout.readline())
        run.kill()
    return event


def test_damaged_events_are_not_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    show = View.show

    def show_and_damage(view: View, scene: Scene) -> None:
        show(view, scene)
        if scene.name == PROOF:
            _damage(tmp_path / "demo" / "events" / "shop-000001.jsonl")

    monkeypatch.setattr(View, "show", show_and_damage)
    ended = CliRunner().invoke(cli, [*SHORT, "--dir", str(tmp_path / "demo")])
    assert ended.exit_code == 1
    assert "NOT proven" in ended.output
    assert "1 events doubled" in ended.output
    assert "came twice" in ended.output
    verdicts = {
        line.split()[0]: line.split()[-1] for line in ended.output.splitlines() if "equal" in line or "DIF" in line
    }
    assert verdicts == {"customers": "DIFFERENT", "orders": "DIFFERENT", "order_items": "equal", "payments": "equal"}
    assert "\x1b" not in ended.output


def _damage(file: Path) -> None:
    """One customer less; one change of an order twice."""
    lines = file.read_bytes().splitlines(keepends=True)
    events = [json.loads(line) for line in lines]
    lost = next(k for k, e in enumerate(events) if e["source"]["table"] == "customers" and e["op"] == "r")
    twice = next(k for k, e in enumerate(events) if e["source"]["table"] == "orders" and e["op"] == "u")
    file.write_bytes(b"".join([*lines[:lost], *lines[lost + 1 : twice + 1], *lines[twice:]]))


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)], ids=["Ctrl-C", "kill -9"])
def test_an_early_end_leaves_nothing_running(end: signal.Signals, code: int, tmp_path: Path) -> None:
    command = [*TAILRACE, "demo", "--seconds", "600", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        assert any("streaming" in line for line in demo.stdout)
        assert len(_running(tmp_path)) >= 5  # demo, mysqld, connector, a guard each
        demo.send_signal(end)
        _, errors = demo.communicate(timeout=60)
    assert demo.returncode == code
    assert "Traceback" not in errors
    assert await_condition(lambda: not _running(tmp_path), 10)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    with pytest.raises(LabError, match="not of an earlier demo"):
        clear_folder(tmp_path)
    assert (tmp_path / "events").exists()


def test_an_earlier_demo_is_ended_and_removed(tmp_path: Path) -> None:
    clear_folder(tmp_path)
    server = lab.Server.create(tmp_path / "lab" / "primary")
    server.start()
    (tmp_path / "state.db").touch()
    clear_folder(tmp_path)
    assert server.pid is None
    assert not (tmp_path / "state.db").exists()
    server._process._end_supervisor()


def test_the_view_reads_anew_what_was_cut_and_written_again(tmp_path: Path) -> None:
    file = tmp_path / "shop-000001.jsonl"
    lines = [_line(k) for k in range(4)]
    file.write_text("".join(lines))
    tail = Tail(tmp_path)
    assert tail.refresh().events == 4
    longer = [_line(k, "longer") for k in range(2, 9)]
    file.write_text("".join([*lines[:2], *longer])[:-5])
    tail.refresh()
    seen = tail.refresh()
    assert (seen.events, seen.position) == (8, 7)


def _line(position: int, note: str = "") -> str:
    source = {"table": "t", "file": "f", "pos": position, "gtid": "", "snapshot": "false", "ts_us": 0}
    return json.dumps({"op": "c", "note": note, "ts_us": 0, "source": source}) + "\n"
