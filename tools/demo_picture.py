"""The picture of the demonstration for the README: `python tools/demo_picture.py docs/demo.svg`. A real run."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tailrace.cli.demo import FOLDER, View, print_proof
from tailrace.lab.demo import PROOF, Scene, play

SECONDS, RATE = 20, 300
"""The defaults of the command."""


def main() -> None:
    """Run the demonstration on a recording console; the live table is shown as it stood when the shop closed."""
    picture = Path(sys.argv[1]).resolve()
    console = Console(record=True, force_terminal=True, width=118, highlight=False)
    view = View(console)
    before_proof: list[Scene] = []

    def show(scene: Scene) -> None:
        if scene.name == PROOF:
            console.print(view.draw(before_proof[-1]))
            console.print()
        view.show(scene)
        before_proof.append(scene)

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        proof = play(FOLDER.resolve(), SECONDS, RATE, keep=False, show=show)
        print_proof(console, proof, program="tailrace", keep=False)
        os.chdir("/")
    picture.write_text(console.export_svg(title="tailrace demo"), encoding="utf-8")


if __name__ == "__main__":
    main()
