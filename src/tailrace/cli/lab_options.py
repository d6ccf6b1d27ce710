"""What every command of the lab has: its folder, and `--json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.decorators import FC

DEFAULT_FOLDER = Path(".tailrace/lab")
CLIENT_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": True}
"""Of a command that is another program: all that it does not know is that one's."""


def server_option(command: FC) -> FC:
    """Gives a command `role: str | None`: the folder of a server, where another than the primary is meant."""
    replica = click.option("--replica", "role", flag_value="replica", help="On the replica.")
    distant = click.option("--distant", "role", flag_value="distant", help="On lab-eu's server, of a lab with aws.")
    follower = click.option("--follower", "role", flag_value="follower", help="On lab-replica's, likewise.")
    return replica(distant(follower(command)))


def common(command: FC) -> FC:
    """Gives a command `folder: Path` and `as_json: bool`."""
    folder = click.option(
        "--dir",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_FOLDER,
        show_default=True,
        help="Folder of the lab's data and state.",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="The result, or the error, as one JSON document.")
    return folder(as_json(command))


def answer(result: object, words: str, *, as_json: bool) -> None:
    """Prints the result: as a document, or in words."""
    click.echo(json.dumps(result) if as_json else words)
