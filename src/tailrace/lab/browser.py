"""Chromium, for the tests of the console: the machine's own, or Debian's packages unpacked to the cache."""

from __future__ import annotations

import functools
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tailrace.errors import LabError
from tailrace.lab import debian

NAMES = ("chromium", "chromium-browser", "google-chrome")
DEBIAN = debian.Bundle(
    name="chromium",
    packages=("chromium", "fonts-roboto-unhinted", "fonts-dejavu-core", "fontconfig-config"),
    programs=("usr/lib/chromium/chromium",),
    libraries=True,
)
OPTIONS = (
    "--headless",
    # It is no sandbox that would keep root out; and it is only shown our own pages.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # All that would ask somebody else.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""With which it is started."""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir>{root}/fontcache</cachedir>
  <alias><family>system-ui</family><prefer><family>Roboto</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Roboto</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True)
class Browser:
    """How to start it."""

    provider: str
    """`path` or `debian`."""
    path: Path
    environment: dict[str, str] = field(default_factory=dict)


@functools.cache
def chromium() -> Browser:
    """The machine's, or fetched to the cache. Raises LabError where neither can be had."""
    for name in NAMES:
        if found := shutil.which(name):
            return Browser("path", Path(found))
    try:
        root = debian.unpacked(DEBIAN)
    except LabError as error:
        raise LabError(
            f"no browser for the tests could be had: {error.message}",
            where=error.where,
            hint="install chromium so that it is on PATH",
        ) from error
    return Browser("debian", root / DEBIAN.programs[0], _environment(root))


def _environment(root: Path) -> dict[str, str]:
    """Its libraries and fonts lie in the cache, where nobody else looks."""
    folders = ("usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib/*-linux-gnu/pulseaudio")
    libraries = sorted(found for folder in folders for found in root.glob(folder))
    fonts = root / "fonts.conf"
    if not fonts.exists():
        fonts.write_text(_FONTS.format(root=root), encoding="utf-8")
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries)), "FONTCONFIG_FILE": str(fonts)}
