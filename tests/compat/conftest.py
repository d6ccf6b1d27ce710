"""Real Debezium, for tests that hold Tailrace against it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compat.oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """A JVM with Debezium, shared by all tests of this process."""
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing:
        reason = f"real Debezium needs {' and '.join(missing)} on PATH"
        if os.environ.get("CI") or os.environ.get("TAILRACE_NEED_JAVA"):
            pytest.fail(reason)
        pytest.skip(reason)
    sys.path.insert(0, str(BENCH))
    from peer_runs import classpath, debezium

    oracle = Oracle(classpath(debezium()))
    yield oracle
    oracle.quit()
