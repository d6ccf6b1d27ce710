"""How results are shown: a table or words for a person, one document for a program. Colours on a terminal only."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tailrace.ops.words import duration, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["columns", "console", "document", "duration", "pairs", "size", "state", "table"]

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
