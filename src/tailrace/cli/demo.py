"""`tailrace demo`: see it work, and see it proven, in under a minute."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tailrace.lab.demo import Proof, Scene, play

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

FOLDER = Path(".tailrace/demo")
RATE_WINDOW = 20
"""Looks at the files over which the rate is taken."""


@click.command("demo", epilog="Example: tailrace demo --seconds 30 --keep")
@click.option("--seconds", type=click.FloatRange(2, 3600), default=20.0, show_default=True, help="The shop is open.")
@click.option("--rate", type=click.FloatRange(1, 10000), default=300.0, show_default=True, help="Transactions/s.")
@click.option("--keep", is_flag=True, help="Leave the MySQL server running, to try more.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Where all of it lies; an earlier demo there is removed.",
)
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON document.")
def demo(seconds: float, rate: float, folder: Path, *, keep: bool, as_json: bool) -> None:
    """A shop on a real MySQL, its capture to files with a kill -9 in the middle, and the proof.

    The proof: every table, rebuilt from its change events alone, equals the table (rows and hash), and no event came
    twice. Exit codes: 0 proven, 1 not.
    """
    console = Console(stderr=as_json, highlight=False)
    view = View(console)
    folder.mkdir(parents=True, exist_ok=True)
    with view.live:
        proof = play(folder.resolve(), seconds, rate, keep=keep, show=view.show)
    if as_json:
        click.echo(json.dumps(_document(proof)))
    else:
        print_proof(console, proof, folder, keep=keep)
    sys.exit(0 if proof.holds else 1)


class View:
    """A live table on a terminal, a line for each scene elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._name = ""
        self._looks: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW)
        self._live = Live(console=console, refresh_per_second=8) if console.is_terminal else None
        self.live: AbstractContextManager[object] = self._live or nullcontext()

    def show(self, scene: Scene) -> None:
        """A line where the scene is a new one; the table as it is now."""
        now = time.monotonic()
        if self._looks and scene.seen.events < self._looks[-1][1]:
            self._looks.clear()
        self._looks.append((now, scene.seen.events))
        if scene.name != self._name:
            self._name = scene.name
            self._console.print(f"[dim]{now - self._began:5.1f} s[/]  {scene.name}")
        if self._live is not None:
            self._live.update(self.draw(scene))

    def draw(self, scene: Scene) -> Group:
        """What is on stage, as a table."""
        (first, before), (last, after) = self._looks[0], self._looks[-1]
        rate = (after - before) / (last - first) if last > first else 0.0
        seen = scene.seen
        state = Text("● running", "green") if scene.alive else Text("● dead", "bold red")
        head = Table.grid(padding=(0, 2))
        head.add_row("connector", state, "events", f"{seen.events:,}", "rate", f"{rate:,.0f}/s")
        head.add_row("lag", f"{seen.lag_ms:,.0f} ms", "shop", f"{scene.transactions:,} transactions", "", "")
        head.add_row("position", f"{seen.file}:{seen.position}", "GTID", seen.gtid or "(snapshot)", "", "")
        table = Table("table", box=None, header_style="bold", pad_edge=False)
        for column in ("snapshot", "created", "updated", "deleted"):
            table.add_column(column, justify="right")
        for name, counts in seen.tables.items():
            numbers = (counts.reads, counts.creates, counts.updates, counts.deletes)
            table.add_row(name, *(f"{number:,}" for number in numbers))
        return Group(Text(""), head, Text(""), table)


def print_proof(console: Console, proof: Proof, folder: Path, *, keep: bool) -> None:
    """Table by table, in one sentence, and where to go from here."""
    table = Table("table", box=None, header_style="bold", pad_edge=False)
    for column in ("rows on the server", "rows from events", "hash", ""):
        table.add_column(column, justify="right")
    for verdict in proof.verdicts:
        same = "[green]equal[/]" if verdict.equal else "[bold red]DIFFERENT[/]"
        table.add_row(
            verdict.table, f"{verdict.server_rows:,}", f"{verdict.rebuilt_rows:,}", verdict.server_hash[:12], same
        )
    console.print()
    console.print(table)
    console.print()
    result = "[green]Proven[/]" if proof.holds else "[bold red]NOT proven[/]"
    console.print(
        f"{result}: {proof.seen.events:,} events of {proof.transactions:,} transactions, {proof.seen.doubled} doubled;"
        f" after kill -9 the first new event came {proof.resumed_seconds:.1f} s after the restart."
    )
    console.print(f"\nEverything lies in {folder}: events/, state.db, shop.properties, connector.log, mysql/")
    console.print("Try next:", highlight=False)
    for command in _next_steps(folder, keep=keep):
        console.print(f"  {command}", highlight=False, soft_wrap=True)


def _next_steps(folder: Path, *, keep: bool) -> tuple[str, ...]:
    look = f"tail -n 1 {folder}/events/*.jsonl | python3 -m json.tool"
    if keep:
        return (
            look,
            f"tailrace run {folder}/shop.properties        # goes on; change a row meanwhile",
            f"tailrace run {folder}/shop.properties --set sink.type=stdout --set storage.path=mine.db | head -3",
        )
    return (
        look,
        "tailrace demo --keep        # and play with the server that stays",
        "tailrace lab up && tailrace lab workload start        # a primary, a replica and the shop, for yourself",
    )


def _document(proof: Proof) -> dict[str, Any]:
    return {
        "proven": proof.holds,
        "events": proof.seen.events,
        "doubled": proof.seen.doubled,
        "transactions": proof.transactions,
        "resumed_seconds": round(proof.resumed_seconds, 3),
        "tables": [asdict(verdict) | {"equal": verdict.equal} for verdict in proof.verdicts],
        "folder": str(proof.folder),
        "config": str(proof.config),
    }
