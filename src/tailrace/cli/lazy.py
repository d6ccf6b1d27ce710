"""A group of commands that are imported when they are called, so that each starts at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command that is not imported yet."""

    module: str
    """Here beside us."""
    name: str
    """Of the command in its module."""
    summary: str


class LazyGroup(click.Group):
    """Knows its commands by name and summary, and imports one when it runs."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        del ctx
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported; None where there is no such name."""
        del ctx
        if (found := self._lazy.get(cmd_name)) is None:
            return None
        command: click.Command = getattr(importlib.import_module(f"tailrace.cli.{found.module}"), found.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.summary) for name, each in self._lazy.items()])
