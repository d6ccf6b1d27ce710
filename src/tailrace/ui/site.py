"""The site of docs and course, as `make site` has built it: its files, for whoever serves them under /site/."""

from __future__ import annotations

import re
from pathlib import Path

from tailrace.rest.app import Page
from tailrace.ui.pages import HEADERS, TYPES

CHECKOUT = Path(__file__).parents[3] / "site"
"""Where `make site` writes it in a clone; an installed package has none."""
# The theme brings styles with its pages, and icons in its style sheets; scripts are files alone.
_POLICY = "; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
_HEADERS = {**HEADERS, "content-security-policy": HEADERS["content-security-policy"] + _POLICY}
_TYPES = {**TYPES, ".png": "image/png", ".txt": "text/plain; charset=utf-8"}


_PATH = re.compile(r"/site/((?:\w[\w.-]*/)*\w[\w.-]*|)", re.ASCII)
"""No part begins with a dot."""


def site_page(path: str, folder: Path) -> Page | None:
    """By the path of a request; None: it is none of the site's files."""
    if path == "/site":
        return Page(b"", TYPES[".html"], {**_HEADERS, "location": "/site/"}, 307)
    found = _PATH.fullmatch(path)
    file = folder / (found[1] or "index.html") if found else None
    if file is None or file.suffix not in _TYPES or not file.is_file():
        return None
    return Page(file.read_bytes(), _TYPES[file.suffix], _HEADERS)
