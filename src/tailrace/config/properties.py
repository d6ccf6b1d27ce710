r"""Java's .properties format, as `java.util.Properties.load` reads it: comments, `=` `:` or space, `\` escapes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_KEY = re.compile(r"((?:\\.|[^\\=:\s])*)\s*[=:]?\s*", re.DOTALL)


def parse_properties(text: str) -> dict[str, str]:
    """Names to values; of a name given twice the last counts, as in Java."""
    found = {}
    for line in _logical_lines(text):
        key = _KEY.match(line)
        if key:
            found[_unescape(key[1])] = _unescape(line[key.end() :])
    return found


def _logical_lines(text: str) -> Iterator[str]:
    pending = ""
    for raw in re.split(r"\r\n|\n|\r", text):
        line = raw.lstrip(" \t\f")
        if not pending and line[:1] in ("", "#", "!"):
            continue
        pending += line
        if _ends_in_backslash(pending):
            pending = pending[:-1]
            continue
        yield pending
        pending = ""
    if pending:
        yield pending


def _ends_in_backslash(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_escape_value, text)


def _escape_value(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _CONTROL.get(escape, escape)
