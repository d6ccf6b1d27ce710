"""`tailrace demo`: see it work, and see it proven, in under a minute."""

from __future__ import annotations

import json
import os
import shlex
import shutil
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

from tailrace.lab.demo import Life, Proof, Scene, play

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

FOLDER = Path(".tailrace/demo")
RATE_WINDOW = 20
"""Looks at the files over which the rate is taken."""
LINE_SECONDS = 2.0
"""Between two lines of the same scene, where there is no terminal."""
LIVES = {Life.WAITING: "dim", Life.RUNNING: "green", Life.KILLED: "bold red", Life.STOPPED: "dim"}
SHOP_WIDTH = 36
"""Characters: what stands beside it must not jump while the numbers grow."""
INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


@click.command("demo", epilog="Example: tailrace demo --seconds 30 --keep")
@click.option("--seconds", type=click.FloatRange(2, 3600), default=20.0, show_default=True, help="Of streaming.")
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
@click.option("--json", "as_json", is_flag=True, help="The result, or the error, as one JSON document.")
def demo(seconds: float, rate: float, folder: Path, *, keep: bool, as_json: bool) -> None:
    """A shop on a real MySQL, its capture to files with a kill -9 in the middle, and the proof.

    The proof: every table, rebuilt from its change events alone, equals the table (rows and hash), and no event came
    twice. Exit codes: 0 proven, 1 not, 130 ended by Ctrl-C (nothing is left running).
    """
    # With --json a program reads us: what a person watches is for a terminal only.
    console = Console(stderr=as_json, quiet=as_json and not sys.stderr.isatty(), highlight=False)
    view = View(console)
    try:
        with view.live:
            proof = play(folder.resolve(), seconds, rate, keep=keep, show=view.show)
    except KeyboardInterrupt:
        click.echo(f"ended early, nothing proven; nothing is left running, the files are in {folder}", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(json.dumps(_document(proof)))
    else:
        print_proof(console, proof, program=_program(), keep=keep)
    sys.exit(0 if proof.holds else 1)


class View:
    """A live table on a terminal; lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._said = time.monotonic()
        self._name = ""
        self._looks: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW)
        self._live = Live(console=console, refresh_per_second=8) if console.is_terminal else None
        self.live: AbstractContextManager[object] = self._live or nullcontext()

    def show(self, scene: Scene) -> None:
        """A line where the scene is a new one; the table as it is now."""
        now = time.monotonic()
        if self._looks and scene.seen.events < self._looks[-1][1]:
            # The files are read anew after the restart, which is no rate of the connector.
            self._looks.clear()
        if scene.seen.events:
            self._looks.append((now, scene.seen.events))
        is_new = scene.name != self._name
        if is_new or (self._live is None and now - self._said >= LINE_SECONDS):
            self._name, self._said = scene.name, now
            figures = f": {self._figures(scene)}" if scene.seen.events and not is_new else ""
            self._console.print(f"[dim]{now - self._began:5.1f} s[/]  {scene.name}{figures}", soft_wrap=True)
        if self._live is not None:
            self._live.update(self.draw(scene))

    def _rate(self) -> float:
        if not self._looks:
            return 0.0
        (first, before), (last, after) = self._looks[0], self._looks[-1]
        return (after - before) / (last - first) if last > first else 0.0

    def _figures(self, scene: Scene) -> str:
        seen = scene.seen
        lag = f", lag {_lag(scene)}" if seen.committed else ""
        return f"{seen.events:,} events, {self._rate():,.0f}/s{lag}, {seen.file}:{seen.position}"

    def draw(self, scene: Scene) -> Group:
        """What is on stage, as a table."""
        seen = scene.seen
        life = Text(f"● {scene.connector}", LIVES[scene.connector])
        shop = f"{scene.transactions:,} transactions, {scene.ddl} ALTER TABLE"
        head = Table.grid(padding=(0, 2))
        for width in (0, SHOP_WIDTH, 0, 0):
            head.add_column(min_width=width or None)
        head.add_row("[dim]connector", life, "[dim]events", f"{seen.events:,} ({self._rate():,.0f}/s)")
        head.add_row("[dim]shop", shop, "[dim]lag", _lag(scene))
        head.add_row(
            "[dim]position", f"{seen.file}:{seen.position}" if seen.file else "", "[dim]GTID", _short(seen.gtid)
        )
        table = Table("table", box=None, header_style="bold", pad_edge=False)
        for column in ("snapshot", "created", "updated", "deleted"):
            table.add_column(column, justify="right")
        for name, counts in seen.tables.items():
            numbers = (counts.reads, counts.creates, counts.updates, counts.deletes)
            table.add_row(name, *(f"{number:,}" for number in numbers))
        return Group(Text(""), head, Text(""), table)


def _lag(scene: Scene) -> str:
    """From commit to event; while the connector is dead, the age of the last event, which grows."""
    if not scene.seen.committed:
        return ""
    is_dead = scene.connector is Life.KILLED
    return f"{(time.time() - scene.seen.committed if is_dead else scene.seen.lag) * 1000:,.1f} ms"


def _short(gtid: str) -> str:
    """The part that changes, and enough of the server's UUID to know it by."""
    uuid, colon, number = gtid.partition(":")
    return f"{uuid[:8]}…{colon}{number}" if gtid else ""


def print_proof(console: Console, proof: Proof, *, program: str, keep: bool) -> None:
    """Table by table, in one sentence, and where to go from here."""
    table = Table("table", box=None, header_style="bold", pad_edge=False)
    for column in ("rows on the server", "rows from events", "hash", ""):
        table.add_column(column, justify="right")
    for verdict in proof.verdicts:
        same = "[green]equal[/]" if verdict.equal else "[bold red]DIFFERENT[/]"
        hashes = " ≠ ".join(dict.fromkeys((verdict.server_hash[:12], verdict.rebuilt_hash[:12])))
        table.add_row(verdict.table, f"{verdict.server_rows:,}", f"{verdict.rebuilt_rows:,}", hashes, same)
    console.print()
    console.print(table)
    console.print()
    for verdict in proof.verdicts:
        if verdict.fault:
            console.print(f"[red]{verdict.table}: {verdict.fault}[/]", soft_wrap=True)
    last = proof.last
    result = "[green]Proven[/]" if proof.holds else "[bold red]NOT proven[/]"
    console.print(
        f"{result}: {last.seen.events:,} events, {proof.doubled} doubled, none lost, through {last.transactions:,}"
        f" transactions, {last.ddl} ALTER TABLE and a kill -9.\n"
        f"The first new event came {proof.resumed_seconds:.1f} s after the restart."
        if proof.holds
        else f"{result}: what the events say is not what the tables hold; {proof.doubled} events doubled.",
        soft_wrap=True,
    )
    console.print(f"\nEverything lies in {_path(proof.config.parent)}:", soft_wrap=True)
    console.print("  events/  shop.properties (the connector)  connector.log  state.db  lab/ (the server)")
    console.print("Try next:")
    for command in _next_steps(proof, program, keep=keep):
        console.print(f"  {command}", soft_wrap=True)


def _next_steps(proof: Proof, program: str, *, keep: bool) -> tuple[str, ...]:
    look = f"tail -n 1 {_path(proof.files[-1])} | python3 -m json.tool        [dim]# one event[/]"
    if keep:
        lab, screen = _path(proof.lab), _path(proof.config.with_name("screen.properties"))
        return (
            look,
            f"{program} lab workload start --rate 5 --dir {lab} && {program} run {screen}        [dim]# live[/]",
            f"{program} lab down --dir {lab}        [dim]# the server stops[/]",
        )
    return (
        look,
        f"{program} demo --keep        [dim]# the same, with a server that stays to play with[/]",
        f"{program} lab up && {program} lab workload start        [dim]# a primary, a replica and the shop, for you[/]",
    )


def _path(path: Path) -> str:
    """As a shell in this folder wants it."""
    near = os.path.relpath(path)
    return shlex.quote(str(path) if near.startswith("..") else near)


def _program() -> str:
    """How the reader calls us: not everyone has an activated environment."""
    called = Path(sys.argv[0])
    if called.name != "tailrace":
        return f"{_path(Path(sys.executable))} -m tailrace.cli"
    found = shutil.which("tailrace")
    return "tailrace" if found and called.samefile(found) else _path(called)


def _document(proof: Proof) -> dict[str, Any]:
    return {
        "proven": proof.holds,
        "events": proof.last.seen.events,
        "doubled": proof.doubled,
        "transactions": proof.last.transactions,
        "ddl": proof.last.ddl,
        "resumed_seconds": round(proof.resumed_seconds, 3),
        "tables": [asdict(verdict) | {"equal": verdict.equal} for verdict in proof.verdicts],
        "files": [str(file) for file in proof.files],
        "config": str(proof.config),
        "lab": str(proof.lab),
    }
