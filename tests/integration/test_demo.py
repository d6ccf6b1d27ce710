"""The demonstration proves what it says, and would not if it were not so."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tailrace.lab import Server
from tailrace.lab.verify import verify

if TYPE_CHECKING:
    from pathlib import Path


def _demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tailrace.cli", "demo", "--seconds", "4", "--dir", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


def test_the_demo_is_proven_by_events_that_are_all_needed(tmp_path: Path) -> None:
    ended = _demo(tmp_path, "--json", "--keep")
    server = Server.open(tmp_path / "mysql")
    try:
        assert ended.returncode == 0, ended.stderr
        told = json.loads(ended.stdout)
        assert told["proven"]
        assert told["doubled"] == 0
        assert told["events"] > 1000
        # The server was kept: without one of its last events the proof must fail.
        (file,) = sorted((tmp_path / "events").glob("*.jsonl"))
        lines = file.read_bytes().splitlines(keepends=True)
        cut = next(k for k in range(len(lines) - 1, 0, -1) if b'"op":"c"' in lines[k])
        file.write_bytes(b"".join(lines[:cut] + lines[cut + 1 :]))
        with server.connect() as connection:
            assert not all(verdict.equal for verdict in verify(connection, "shop", [file]))
    finally:
        server.stop()


@pytest.mark.timeout(180)
def test_a_second_demo_in_the_same_folder_begins_anew_and_is_readable_without_a_terminal(tmp_path: Path) -> None:
    for _ in range(2):
        ended = _demo(tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert "Proven" in ended.stdout
        assert "\x1b" not in ended.stdout
        assert "Try next" in ended.stdout
