"""Shared by all tests: a MySQL server, servers with options of their own, a seed."""

from __future__ import annotations

import os
import random
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

from support.alerting import Alerting, need_prometheus
from support.aws import Aurora
from support.connector import kill_leftovers
from support.java import need_java
from tailrace import lab
from tailrace.errors import LabError
from tailrace.lab.connect import Connect, worker
from tailrace.lab.kafka import Broker, broker

if TYPE_CHECKING:
    from collections.abc import Iterator


class ServerFactory(Protocol):
    def __call__(self, *options: str) -> lab.Server: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help="seed of the tests that draw at random (default: a new one each run)")


def pytest_configure(config: pytest.Config) -> None:
    # A shell that starts us in the background has Ctrl-C ignored, and so would every process that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--seed") is None:
        # Workers of one run share the seed of the process that started them.
        seed = os.environ.setdefault("TAILRACE_TEST_SEED", str(random.randrange(2**31)))
        config.option.seed = int(seed)
    # JVMs of tests live for seconds: compiling well costs them more than it gives.
    os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")


def pytest_report_header(config: pytest.Config) -> list[str]:
    try:
        mysql = lab.mysql()
        server = f"MySQL {mysql.release} ({mysql.provider})"
    except LabError as error:
        server = f"none: {error}"
    try:
        from tailrace._kernel import KERNEL_VERSION

        kernel = KERNEL_VERSION
    except ImportError as error:
        kernel = f"not built ({error})"
    return [f"server: {server}", f"kernel: {kernel}", f"seed: {config.getoption('--seed')} (repeat with --seed)"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What failed, and was then run again."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.write_sep("_", f"FAILED AT FIRST: {report.nodeid}", yellow=True, bold=True)
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(autouse=True)
def _no_connector_outlives_its_test() -> Iterator[None]:
    yield
    kill_leftovers()


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--seed"))


@pytest.fixture(scope="session")
def mysql() -> Iterator[lab.Server]:
    """A primary shared by all tests of this process: use a database of your own, and drop it."""
    with lab.server() as server:
        yield server


@pytest.fixture
def mysql_server_factory() -> Iterator[ServerFactory]:
    """Starts servers with options of their own, and removes them after the test."""
    with ExitStack() as servers:
        yield lambda *options: servers.enter_context(lab.server(options=options))


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """A Kafka broker shared by all tests of this process: use topics and groups of your own names, and leave it up."""
    need_java()
    with broker() as made:
        yield made


@pytest.fixture(scope="session")
def connect(kafka: Broker) -> Iterator[Connect]:
    """A worker of Kafka Connect with Debezium, shared as `kafka` is: delete the connectors that you make."""
    with worker(kafka.bootstrap) as made:
        yield made


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alerting]:
    """A Prometheus and an Alertmanager, shared as `kafka` is: scrape jobs of your own names, and load your rules."""
    need_prometheus()
    with Alerting(tmp_path_factory.mktemp("alerting")) as made:
        yield made


@pytest.fixture(scope="session")
def aurora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aurora]:
    """An emulator of AWS over servers of its own, shared as `kafka` is; who writes is as the last test has left it."""
    with Aurora(tmp_path_factory.mktemp("aurora")) as made:
        yield made
