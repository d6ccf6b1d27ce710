from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tailrace.lab import ports

if TYPE_CHECKING:
    from pathlib import Path

FEW = "import sys; from tailrace.lab import ports; ports.FIRST_PORT, ports.LAST_PORT = {first}, {last}; {then}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tailrace"


def test_two_processes_are_not_given_one_port_before_either_listens(cache: Path) -> None:
    first = ports.free_port()
    code = FEW.format(first=first, last=first + 40, then="print(*(ports.free_port() for _ in range(10)))")
    command = [sys.executable, "-c", code]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as one,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other,
    ):
        given = [*one.communicate(timeout=20)[0].split(), *other.communicate(timeout=20)[0].split()]
    assert len(given) == 20
    assert len({*given, str(first)}) == 21
    assert (cache / "ports.json").exists()


@pytest.mark.usefixtures("cache")
def test_a_port_that_was_given_long_ago_is_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ports.free_port()
    monkeypatch.setattr(ports, "FIRST_PORT", first)
    monkeypatch.setattr(ports, "LAST_PORT", first + 1)
    monkeypatch.setattr(ports, "KEPT_SECONDS", 0.0)
    assert ports.free_port() == first


@pytest.mark.parametrize("left", ["", "{", "[]", '{"a": 1}', '{"1": null}'])
def test_a_list_that_a_killed_process_has_left_is_begun_anew(cache: Path, left: str) -> None:
    cache.mkdir()
    (cache / "ports.json").write_text(left, encoding="ascii")
    assert ports.FIRST_PORT <= ports.free_port() < ports.LAST_PORT
