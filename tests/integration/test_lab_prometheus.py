"""`tailrace lab` with Prometheus and Alertmanager beside MySQL."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from support.alerting import need_prometheus
from support.cli import tailrace
from tailrace.errors import LabError
from tailrace.lab import debian
from tailrace.lab.prometheus import Prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "lab"
    assert tailrace("lab", "down", "--dir", tmp_path / "lab").code == 0


def test_the_labs_prometheus_outlives_its_maker_and_watches_for_our_alerts(folder: Path) -> None:
    need_prometheus()
    here = ("--dir", folder)
    command = [sys.executable, "-m", "tailrace.cli", "lab", "up", "--with", "prometheus", "--json", *map(str, here)]
    made = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    assert made["prometheus"]["reachable"]
    assert made["alertmanager"]["reachable"]
    told = tailrace("lab", "env", "--json", *here).json
    assert told["TAILRACE_PROMETHEUS"] == made["prometheus"]["address"]
    assert told["TAILRACE_ALERTMANAGER"] == made["alertmanager"]["address"]

    checked = tailrace("alerts", "check", "--prometheus", told["TAILRACE_PROMETHEUS"], "--json")
    assert checked.code == 1, "nothing is captured, so most alerts are blind"
    by_name = {verdict["alert"]: verdict for verdict in checked.json}
    assert all(verdict["loaded"] and not verdict["error"] for verdict in by_name.values())
    assert by_name["CdcLagHigh"]["sees"] == []

    # Its own pages, which Debian's package has where only root can put them.
    with urllib.request.urlopen(f"{told['TAILRACE_PROMETHEUS']}/classic/alerts", timeout=30) as page:
        assert b"CdcLagHigh" in page.read()
    assert tailrace("lab", "status", *here).code == 0
    assert tailrace("lab", "reset", "--json", *here).json["prometheus"]["reachable"]
    assert tailrace("lab", "down", *here).code == 0
    assert tailrace("lab", "status", *here).code == 1


def test_rules_that_prometheus_refuses_are_an_error(tmp_path: Path) -> None:
    need_prometheus()
    with Prometheus(tmp_path) as server, pytest.raises(LabError, match="refuses"):
        server.load_rules("groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]")


SOURCES = """\
Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sources.list.d/debian.sources", SOURCES),
        ("sources.list", "deb [arch=amd64] http://mirror.example/debian bookworm main contrib\n"),
    ],
)
def test_packages_come_from_the_mirror_and_the_suite_of_the_machine(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert debian.archive(tmp_path) == debian.Archive("http://mirror.example/debian", "bookworm")


def test_a_folder_in_a_programs_bytes_becomes_relative_and_moves_nothing(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x00a/usr/share/x/ui\x00b")
    debian._make_relative(program, b"/usr/share/x")
    assert program.read_bytes() == b"\x00a.///////////" + b"/ui\x00b"
    with pytest.raises(LabError, match="does not look"):
        debian._make_relative(program, b"/usr/share/x")
