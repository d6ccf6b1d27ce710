"""The picture of the demonstration for the README: `python tools/demo_picture.py docs/demo.svg`. A real run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tailrace.cli.demo import View, print_proof
from tailrace.lab.demo import Scene, play

HALFWAY = "streaming"


def main() -> None:
    """Run the demonstration on a recording console; the live table is shown as it stood while streaming."""
    console = Console(record=True, force_terminal=True, width=108, highlight=False)
    view = View(console)
    middle: list[Scene] = []

    def show(scene: Scene) -> None:
        view.show(scene)
        if scene.name == HALFWAY:
            middle.append(scene)

    with tempfile.TemporaryDirectory() as folder:
        proof = play(Path(folder), 20, 300, keep=False, show=show)
        console.print(view.draw(middle[-1]))
        print_proof(console, proof, Path(".tailrace/demo"), keep=False)
    Path(sys.argv[1]).write_text(console.export_svg(title="tailrace demo"), encoding="utf-8")


if __name__ == "__main__":
    main()
