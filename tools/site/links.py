"""Links of built pages: those inside must lead to a file and an anchor that are there; those outside are listed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

ASKS = {"a": "href", "link": "href", "script": "src", "img": "src"}


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if anchor := given.get("id") or (tag == "a" and given.get("name")):
            self.anchors.add(anchor)
        if tag in ASKS and (link := given.get(ASKS[tag])):
            self.links.append((tag, link))


def problems(site: Path) -> list[str]:
    """Links to what is not there, and what a page would load from elsewhere."""
    pages = {file: _Page(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html"))}
    found = []
    for file, page in pages.items():
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if tag != "a":
                    found.append(f"{file.relative_to(site)}: loads {link}")
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                found.append(f"{file.relative_to(site)}: no file for {link}")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                found.append(f"{file.relative_to(site)}: no anchor for {link}")
    return found


def external(site: Path) -> list[str]:
    """Addresses that links lead to outside, each once."""
    pages = [_Page(file.read_text(encoding="utf-8")) for file in site.rglob("*.html")]
    return sorted({link for page in pages for _, link in page.links if urlsplit(link).netloc})
