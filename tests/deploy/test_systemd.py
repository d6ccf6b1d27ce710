"""deploy/systemd: by systemd-analyze. No systemd runs where the tests do, so the unit has not been started."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tailrace.config.properties import parse_properties

FOLDER = Path(__file__).parents[2] / "deploy/systemd"
UNIT = FOLDER / "tailrace-worker.service"
TEXT = UNIT.read_text(encoding="utf-8")
EXPOSED = 15
"""Tenths; 100 is a service that may do everything."""


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    command = ["systemd-analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_systemd_has_nothing_to_say(tmp_path: Path) -> None:
    here = TEXT.replace("/opt/tailrace/bin/tailrace", str(Path(sys.executable).with_name("tailrace")))
    unit = tmp_path / UNIT.name
    unit.write_text(here, encoding="utf-8")
    done = analyze("verify", "--man=no", unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_is_exposed_no_more_than_it_was() -> None:
    done = analyze("security", "--offline=yes", f"--threshold={EXPOSED}", "--no-pager", UNIT)
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_worker_is_given_each_credential_it_reads_and_no_other() -> None:
    given = dict(re.findall(r"^LoadCredential=(\w+):(.+)$", TEXT, re.MULTILINE))
    properties = parse_properties((FOLDER / "worker.properties").read_text(encoding="utf-8"))
    read = re.findall(r"\$\{directory:/run/credentials/([^:]+):(\w+)\}", " ".join(properties.values()))
    assert {unit for unit, _ in read} == {UNIT.name}
    assert {name for _, name in read} == set(given)


def test_it_writes_where_it_may() -> None:
    properties = parse_properties((FOLDER / "worker.properties").read_text(encoding="utf-8"))
    state = re.search(r"^StateDirectory=(.+)$", TEXT, re.MULTILINE)
    assert state is not None
    for name in ("worker.folder", "sink.path"):
        assert Path(properties[name]).is_relative_to(f"/var/lib/{state[1]}"), name
