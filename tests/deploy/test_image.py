"""deploy/Dockerfile: by hadolint, and against what it is built from. No engine of containers runs here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
TEXT = DOCKERFILE.read_text(encoding="utf-8")


def pins(file: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Package → version, and digests of its files."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for block in re.split(r"\n(?=[A-Za-z])", file.read_text(encoding="utf-8")):
        if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", block):
            found[match[1]] = match[2], frozenset(re.findall(r"sha256:[0-9a-f]{64}", block))
    return found


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint comes for Linux on x86-64 alone")
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_copied_is_there_and_not_kept_out() -> None:
    ignored = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8")
    let_in = set(re.findall(r"^!(.+)$", ignored, re.MULTILINE))
    copied = [word for line in re.findall(r"^COPY (?!--from)(.+)$", TEXT, re.MULTILINE) for word in line.split()[:-1]]
    assert let_in == set(copied)
    assert all((ROOT / name).exists() for name in copied)


def test_tools_are_of_the_versions_that_the_project_is_built_with() -> None:
    toolchain = re.search(r'channel = "([\d.]+)"', (ROOT / "rust-toolchain.toml").read_text(encoding="utf-8"))
    assert toolchain is not None
    assert f"FROM rust:{toolchain[1]}-slim-bookworm AS wheel" in TEXT
    assert f"maturin=={pins(ROOT / 'requirements.lock')['maturin'][0]}" in TEXT


def test_the_image_has_what_the_tests_ran_with() -> None:
    tested, shipped = pins(ROOT / "requirements.lock"), pins(ROOT / "deploy/requirements.lock")
    assert shipped.items() <= tested.items(), "renew deploy/requirements.lock: CONTRIBUTING.md says how"
    assert {"confluent-kafka", "pyarrow", "uvicorn"} <= set(shipped)


def test_it_is_nobody_of_power_and_all_stages_have_one_system() -> None:
    users = re.findall(r"^USER (\d+):(\d+)$", TEXT, re.MULTILINE)
    assert users == [("10001", "10001")]
    assert len(set(re.findall(r"^FROM \S+-slim-(\S+)", TEXT, re.MULTILINE))) == 1, "another C library"


def test_its_command_is_one(tmp_path: Path) -> None:
    """The entry point, with what it is given by default, comes as far as to miss the file."""
    tailrace = shutil.which("tailrace", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert tailrace is not None
    entry, given = (re.findall(rf"^{word} \[(.+)\]$", TEXT, re.MULTILINE)[-1] for word in ("ENTRYPOINT", "CMD"))
    assert entry == '"tailrace"'
    command = [tailrace, *re.findall(r'"([^"]+)"', given)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 2, "/etc/tailrace/worker.properties is here by chance?"
    assert "/etc/tailrace/worker.properties" in done.stderr
