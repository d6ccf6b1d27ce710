"""How results are shown: a table or words for a person, one document for a program. Colours on a terminal only."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PIPE_WIDTH = 1000
"""Columns where no terminal says how wide it is: nothing is folded for a program that reads lines."""
STATES = {
    "RUNNING": "green",
    "FAILED": "bold red",
    "PAUSED": "yellow",
    "STOPPED": "yellow",
    "UNASSIGNED": "yellow",
    "RESTARTING": "yellow",
}


def console() -> Console:
    """For standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def document(value: object) -> None:
    """One JSON document, a line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def state(text: str) -> Text:
    """A state, in its colour."""
    return Text(text, STATES.get(text, ""))


def columns(heads: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Rows below their heads; a head that begins with > is of figures."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in heads:
        table.add_column(head.removeprefix(">"), justify="right" if head.startswith(">") else "left")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table


def pairs(rows: Iterable[tuple[str, str | Text]]) -> Table:
    """Names with their values."""
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(Text(name, "dim"), value if isinstance(value, Text) else Text(value))
    return grid


def table(shown: Table | Text) -> None:
    """A table, or words, on standard output, without the spaces that would fill its last column."""
    out = console()
    if out.is_terminal:
        out.print(shown)
        return
    with out.capture() as capture:
        out.print(shown)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def duration(seconds: float) -> str:
    """Of two units at most: `3 h 10 m`, `41 s`, `0.35 s`, `120 ms`."""
    if 0 < seconds < 0.1:  # noqa: PLR2004 - where milliseconds read better
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:  # noqa: PLR2004 - where a fraction still says something
        return f"{seconds:.2g} s"
    whole = round(seconds)
    for size, name, small, small_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{whole} s"


def size(count: float) -> str:
    """`812 B`, `1.4 MB`; a thousand of each is one of the next."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:  # noqa: PLR2004 - as the docstring says
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"  # noqa: PLR2004
        count /= 1000
    return f"{count:.1f} TB"
