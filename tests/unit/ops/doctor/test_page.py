"""The reference page is generated from the checks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]


def test_the_page_is_what_the_checks_say() -> None:
    command = [sys.executable, str(ROOT / "tools" / "doctor_page.py"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
