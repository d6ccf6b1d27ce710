"""What commands against a worker share: how to reach it, names of connectors and their completion, `--wait`."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.config import Password
from tailrace.errors import ConfigError, TailraceError
from tailrace.ops.connect import Connect
from tailrace.ops.http import Access
from tailrace.ops.prometheus import Prometheus

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_URL = "http://127.0.0.1:8083"
DEFAULT_PROMETHEUS = "http://127.0.0.1:9090"
CREDENTIALS = "TAILRACE_CREDENTIALS"
COMPLETION_SECONDS = 0.0
"""How long completion has patience with a worker that rebalances."""


def worker_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `connect: Connect` and `as_json: bool`, by the options that all of them have."""

    @click.option(
        "--url", envvar="TAILRACE_URL", default=DEFAULT_URL, show_default=True, help="The worker; or TAILRACE_URL."
    )
    @access_options
    @click.option("--json", "as_json", is_flag=True, help="The result, or the error, as one JSON document.")
    @functools.wraps(command)
    def wrapped(*args: Any, url: str, credentials: Path | None, ca: Path | None, **rest: Any) -> None:
        command(*args, connect=connect_to(url, credentials, ca), **rest)

    return wrapped


def access_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `credentials: Path | None` and `ca: Path | None`, for `connect_to`."""
    options = (
        click.option(
            "--credentials",
            type=click.Path(dir_okay=False, path_type=Path),
            help=f"File with user:password, or with a bearer token; or {CREDENTIALS} with the same.",
        ),
        click.option(
            "--ca",
            envvar="TAILRACE_CA",
            type=click.Path(dir_okay=False, path_type=Path),
            help="PEM file of the authority that signed the server's certificate; or TAILRACE_CA.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def connect_to(url: str, credentials: Path | None, ca: Path | None) -> Connect:
    """The worker at a URL; nothing is asked yet. Raises ConfigError."""
    return Connect(Access(url, _credentials(credentials), ca))


def prometheus_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `prometheus: Prometheus` and `as_json: bool`."""

    @click.option(
        "--prometheus",
        "url",
        envvar="TAILRACE_PROMETHEUS",
        default=DEFAULT_PROMETHEUS,
        show_default=True,
        help="Where it is; or TAILRACE_PROMETHEUS.",
    )
    @access_options
    @click.option("--json", "as_json", is_flag=True, help="The result, or the error, as one JSON document.")
    @functools.wraps(command)
    def wrapped(*args: Any, url: str, credentials: Path | None, ca: Path | None, **rest: Any) -> None:
        command(*args, prometheus=Prometheus(Access(url, _credentials(credentials), ca)), **rest)

    return wrapped


def wait_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `wait: float | None`, seconds."""

    @click.option("--wait", is_flag=True, help="Return when it has come to pass, not when it is accepted.")
    @click.option(
        "--deadline", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds that --wait waits."
    )
    @functools.wraps(command)
    def wrapped(*args: Any, wait: bool, deadline: float, **rest: Any) -> None:
        command(*args, wait=deadline if wait else None, **rest)

    return wrapped


def complete_connector(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names of connectors that the worker has, or several have; none where one cannot be asked."""
    given = ctx.params
    names: set[str] = set()
    try:
        for url in given.get("urls") or (given.get("url") or DEFAULT_URL,):
            access = Access(url, _credentials(given.get("credentials")), given.get("ca"))
            names |= set(Connect(access, patience=COMPLETION_SECONDS).names())
    except (TailraceError, ValueError, KeyError, TypeError):
        return []
    return sorted(name for name in names if name.startswith(incomplete))


def connector_option(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `connector: str | None`."""
    return click.option(
        "--connector",
        metavar="NAME",
        shell_complete=complete_connector,
        help="Which one; not needed where the worker has only one.",
    )(command)


def name_argument(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `name: str`, completed by a shell."""
    return click.argument("name", shell_complete=complete_connector)(command)


def names_argument(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `names: tuple[str, ...]`, at least one."""
    return click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=complete_connector)(
        command
    )


def only_one(connect: Connect, connector: str | None) -> str:
    """The connector that is meant. Raises UsageError where none is named and the worker has not just one."""
    if connector:
        return connector
    names = connect.names()
    if len(names) == 1:
        return names[0]
    raise click.UsageError(
        f"which connector? --connector {'|'.join(names)}" if names else "the worker has no connector"
    )


def _credentials(file: Path | None) -> Password | None:
    if file is None:
        text = os.environ.get(CREDENTIALS, "")
    else:
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"cannot read the credentials: {error.strerror}", where=str(file)) from error
    text = text.strip()
    return Password(text) if text else None
