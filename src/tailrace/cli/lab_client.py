"""`tailrace lab mysql` and `mysqlbinlog`: MySQL's own programs, on the lab's servers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tailrace.cli.lab_options import CLIENT_SETTINGS, DEFAULT_FOLDER, server_option
from tailrace.lab.server import Server

if TYPE_CHECKING:
    from click.decorators import FC


def _client_options(command: FC) -> FC:
    """Those of a MySQL client; all it does not know are the client's."""
    folder = click.option(
        "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=DEFAULT_FOLDER, hidden=True
    )
    arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    return folder(server_option(arguments(command)))


@click.command(
    "mysql",
    epilog="Example: tailrace lab mysql --replica -e 'SHOW REPLICA STATUS\\G'",
    context_settings=CLIENT_SETTINGS,
)
@_client_options
def mysql_client(folder: Path, arguments: tuple[str, ...], *, role: str | None) -> None:
    """The mysql client on the primary, as its administrator; ARGUMENTS are its own (mysql --help)."""
    _become_client("mysql", folder, arguments, role)


@click.command(
    "mysqlbinlog",
    epilog="Example: tailrace lab mysqlbinlog -vv binlog.000002 | less",
    context_settings=CLIENT_SETTINGS,
)
@_client_options
def mysqlbinlog_client(folder: Path, arguments: tuple[str, ...], *, role: str | None) -> None:
    """Mysqlbinlog on the primary's binlogs, read from the server; ARGUMENTS are its own (mysqlbinlog --help)."""
    _become_client("mysqlbinlog", folder, ("--read-from-remote-server", *arguments), role)


def _become_client(program: str, folder: Path, arguments: tuple[str, ...], role: str | None) -> None:
    command = Server.open(folder / (role or "primary")).client(program, *arguments)
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606 - in place of us, so that it has the terminal
