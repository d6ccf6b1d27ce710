"""Real Debezium, for tests that hold Tailrace against it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compat.coverage import counted, exercised, table
from compat.oracle import Oracle
from support.java import need_java

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """A JVM with Debezium, shared by all tests of this process."""
    need_java()
    sys.path.insert(0, str(BENCH))
    from peer_runs import classpath, debezium

    oracle = Oracle(classpath(debezium()))
    yield oracle
    oracle.quit()


DATABASES = "SELECT schema_name FROM information_schema.schemata"


@pytest.fixture(autouse=True)
def _databases_end_with_their_test(mysql: lab.Server) -> Iterator[None]:
    """Debezium tells of the tables of all databases, so that what one test leaves is part of the next."""
    before = set(mysql.execute(DATABASES))
    yield
    for (name,) in set(mysql.execute(DATABASES)) - before:
        mysql.execute(f"DROP DATABASE `{name}`")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Each worker of a run hands its part to the process that prints."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["exercised"] = sorted(exercised)
        output["counted"] = dict(counted)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    output = getattr(node, "workeroutput", {})
    exercised.update(output.get("exercised", ()))
    counted.update(output.get("counted", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if exercised:
        terminalreporter.section("compared with real Debezium")
        for line in table():
            terminalreporter.line(line)
