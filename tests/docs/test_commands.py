"""Each command that a page of the documentation prints is one, with options that it has: pages cannot rot unseen."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from tailrace.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "deploy").glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def commands(text: str) -> Iterator[list[str]]:
    """Arguments of each call of `tailrace` in the blocks of a page."""
    for found in re.finditer(r"^```(?:sh|bash)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from in_shell(found[1])
    fenced = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from in_shell("\n".join(line[4:] for line in fenced.splitlines() if line.startswith("    ")))


def in_shell(script: str) -> Iterator[list[str]]:
    """Also those within `$(…)`; what no shell could read is prose or output."""
    lines = script.replace("\\\n", " ").splitlines()
    while lines:
        line = lines.pop(0)
        if "tailrace " not in line:
            continue
        while (words := read(re.sub(r"\$\([^)]*\)", "X", line))) is None and lines:
            # A quotation over some lines.
            line += "\n" + lines.pop(0)
        for inner in re.findall(r"\$\((tailrace [^)]*)\)", line):
            yield from calls(read(inner) or [])
        yield from calls(words or [])


def read(line: str) -> list[str] | None:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters, lexer.whitespace_split = "#", True
    try:
        return list(lexer)
    except ValueError:
        return None


def calls(words: list[str]) -> Iterator[list[str]]:
    call: list[str] | None = None
    first = True
    for word in [*words, ";"]:
        if set(word) <= set("|&;<>()"):
            if call is not None:
                yield call
            call, first = None, True
        elif call is not None:
            call.append(word)
        elif word == "tailrace" and first:
            call = []
        elif not re.match(r"\w+=", word):
            first = False


def check(arguments: list[str]) -> None:
    """As click does before it runs anything. Raises click.UsageError."""
    context = cli.make_context("tailrace", list(arguments))
    command: click.Command | None = cli
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        context = command.make_context(name, rest, parent=context)


PRINTED = [
    pytest.param(arguments, id=f"{page.stem}: {' '.join(arguments)[:70]}")
    for page in PAGES
    for arguments in commands(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("arguments", PRINTED)
def test_a_printed_command_is_one(arguments: list[str]) -> None:
    check(arguments)
