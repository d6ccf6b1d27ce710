"""How commands look at connectors' lag: which connectors, by which ways, and what is made of two looks."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import click

from tailrace.cli import show as shown
from tailrace.errors import ConfigError
from tailrace.ops.lag.read import Reader, Ways
from tailrace.ops.lag.report import Report, report
from tailrace.ops.target import find, source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from click.decorators import FC

    from tailrace.config import SourceConfig
    from tailrace.ops.connect import Connect
    from tailrace.ops.lag.facts import Facts
    from tailrace.ops.target import Target

RATE_SECONDS = 1.0
"""Between the two looks that rates are had from."""


def look_options(command: FC) -> FC:
    """Gives a command `metrics: str | None` and `dsn: str | None`."""
    metrics = click.option(
        "--metrics",
        metavar="URL",
        envvar="TAILRACE_METRICS_URL",
        help="The worker's /metrics; or TAILRACE_METRICS_URL.",
    )
    source = click.option(
        "--source",
        "dsn",
        metavar="DSN",
        envvar="TAILRACE_SOURCE",
        help="The server that is read: mysql://user@host:port.",
    )
    return metrics(source(command))


@contextmanager
def looking(names: Sequence[str], connect: Connect, metrics: str | None, dsn: str | None) -> Iterator[list[Reader]]:
    """A reader of each connector (of all, where none is named). Raises ConfigError, WorkerError."""
    targets = [find(connect, name) for name in names or connect.names()]
    if any(target.worker is None for target in targets):
        raise ConfigError("lag is asked of a worker: name a connector, not a file", hint="tailrace connector list")
    with ExitStack() as stack:
        ways = [Ways(each, connect, metrics, _source(each, dsn)) for each in targets]
        yield [stack.enter_context(closing(Reader(each))) for each in ways]


def first(readers: list[Reader]) -> list[Facts]:
    """The looks that rates are counted from."""
    found = [reader.read() for reader in readers]
    time.sleep(RATE_SECONDS)
    return found


def judged(now: Facts, before: Facts | None) -> Report:
    """With times in words as everywhere."""
    return report(now, before, words=shown.duration)


def _source(target: Target, dsn: str | None) -> Callable[[], SourceConfig]:
    return lambda: source(target, dsn)
