"""Names of people's things as file names."""

from __future__ import annotations

import re


def file_name(name: str) -> str:
    """`name` with all but ASCII letters, digits, space and `_-.~` percent-encoded, and a leading dot too.

    Two names never become one. (`urllib.parse.quote` would do it, at several ms of start-up.)
    """
    return re.sub(r"^\.|[^A-Za-z0-9_.~ -]", _percent, name)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
