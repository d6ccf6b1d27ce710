"""What every command of the lab has: its folder, and `--json`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.decorators import FC

DEFAULT_FOLDER = Path(".tailrace/lab")


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
