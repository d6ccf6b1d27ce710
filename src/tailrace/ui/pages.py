"""The files of the console, as the browser gets them. They are the same for everybody: what is secret is asked for
afterwards, as JSON, by who has said who they are.
"""

from __future__ import annotations

import re
from pathlib import Path

from tailrace.rest.app import Page

ROOT = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
HEADERS = {
    # Nothing is loaded from elsewhere, run from a text, framed, or sent to others.
    "content-security-policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
_PATH = re.compile(r"/console/((?:[a-z][a-z0-9-]*/)*[a-zA-Z][a-zA-Z0-9.-]*\.[a-z]+)")


def page(path: str) -> Page | None:
    """By the path of a request; None: it is none of the console's files."""
    if path == "/console":
        return Page(b"", TYPES[".html"], {**HEADERS, "location": "/console/"}, 307)
    name = "index.html" if path == "/console/" else _name(path)
    file = ROOT / name if name is not None else None
    if file is None or file.suffix not in TYPES or not file.is_file():
        return None
    return Page(file.read_bytes(), TYPES[file.suffix], HEADERS)


def _name(path: str) -> str | None:
    found = _PATH.fullmatch(path)
    return found[1] if found else None
