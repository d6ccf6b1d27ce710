"""Mermaid, which draws diagrams in the browser: one version from npm, unpacked to the cache.

npm itself is asked (`npm pack`), so the registry is whichever the machine is set up for.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tailrace.lab.cache import folder, only_one

VERSION = "11.17.2"
INTEGRITY = "sha512-V6K3C8EBdEsPFZXSKMJe6ppQOENxuHARr9GvHX4hh47lAbhMRD9qf4oEK7LoaRQxULMa80/qt5gHO73aCleBBg=="
"""Of the package, as npm records it."""
FILES = ("dist/mermaid.min.js", "LICENSE")


def mermaid() -> Path:
    """The folder with its files. Raises SystemExit where it cannot be had, or is not what was pinned."""
    place = folder() / f"mermaid-{VERSION}"
    with only_one("mermaid"):
        if not place.exists():
            _fetch(place)
    return place


def _fetch(place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        command = ["npm", "pack", "--silent", f"mermaid@{VERSION}"]
        try:
            done = subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = getattr(error, "stderr", None) or error
            sys.exit(f"Mermaid {VERSION} could not be fetched by npm (needed once, to draw diagrams): {reason}")
        package = Path(scratch) / done.stdout.strip().splitlines()[-1]
        digest = "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
        if digest != INTEGRITY:
            sys.exit(f"Mermaid {VERSION}: the package is not the one that was pinned: {digest}")
        made = Path(scratch) / "made"
        made.mkdir()
        with tarfile.open(package) as archive:
            for path in FILES:
                member = archive.extractfile(f"package/{path}")
                assert member is not None
                (made / Path(path).name).write_bytes(member.read())
        made.rename(place)


if __name__ == "__main__":
    mermaid()
