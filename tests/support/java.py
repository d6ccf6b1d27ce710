"""Tests that run real Kafka or Debezium are left out where these cannot run; never unseen where all must run."""

from __future__ import annotations

import os
import shutil

import pytest


def need_java() -> None:
    """Skips the test without Java and Maven; fails it where `CI` or `TAILRACE_NEED_JAVA` is set."""
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing:
        reason = f"real Kafka and Debezium need {' and '.join(missing)} on PATH"
        if os.environ.get("CI") or os.environ.get("TAILRACE_NEED_JAVA"):
            pytest.fail(reason)
        pytest.skip(reason)
