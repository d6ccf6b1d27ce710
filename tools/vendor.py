"""Fetches the libraries of the console's pages from npm, each of one version, and writes their files beside ours.

    python tools/vendor.py            # fetch, hold against the checksums below, write
    python tools/vendor.py --check    # hold what is there against them; a test does the same

For another version: change it, run with --pin, look at the difference, and write what it prints into LIBRARIES.
npm itself is asked (`npm pack`), so the registry is whichever the machine is set up for.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "src/tailrace/ui/static/vendor"


@dataclass(frozen=True)
class Library:
    """What is taken of one package."""

    name: str
    version: str
    integrity: str
    """Of the package, as npm records it."""
    files: dict[str, str]
    """Path in the package, and here → SHA-256."""


LIBRARIES = (
    Library(
        "lit-html",
        "3.3.3",
        "sha512-el8M6jK2o3RXBnrSHX3ZKrsN8zEV63pSExTO1wYJz7QndGYZ8353e2a5PPX+qHe2aGayfnchQmkAojaWAREOIA==",
        {
            "LICENSE": "2b66f9390afde29edfe4314daff93f01fb182e1178053e228120178987e5db75",
            "directive-helpers.js": "784b94f8f7995de124d2f63bc70f8ed8c8ba6731c7e5deeb96176462cc7f4e7b",
            "directive.js": "28d10666ee53ea4177bd2d5a53e85f0c4b8a09641289f6899206feec12d758df",
            "directives/repeat.js": "34e618f670a0b84d5a012dac581aa9ff48b7f0fc13114abce252e23f75560fc6",
            "lit-html.js": "22115ca1002e4afc0dd2cb208f28d9c71a577a8989d4185028e26b29676e7842",
        },
    ),
    Library(
        "uplot",
        "1.6.32",
        "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==",
        {
            "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
            "dist/uPlot.esm.js": "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
            "dist/uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
        },
    ),
)


def fetch(library: Library, *, pin: bool) -> None:
    """Raises SystemExit where something is not what it was."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["npm", "pack", "--silent", f"{library.name}@{library.version}"]
        done = subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True)
        package = Path(scratch) / done.stdout.strip().splitlines()[-1]
        digest = "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
        if digest != library.integrity and not pin:
            sys.exit(f"{library.name} {library.version}: the package is not the one that was pinned: {digest}")
        if pin:
            print(f"{library.name} {library.version} {digest}")
        with tarfile.open(package) as archive:
            for path in library.files:
                member = archive.extractfile(f"package/{path}")
                if member is None:
                    sys.exit(f"{library.name} {library.version} has no {path}")
                place = _place(library, path)
                place.parent.mkdir(parents=True, exist_ok=True)
                # What the browser's tools would ask for is not here.
                lines = [line for line in member.read().splitlines(keepends=True) if b"sourceMappingURL" not in line]
                place.write_bytes(b"".join(lines))


def differences(library: Library) -> list[str]:
    """Files that are not what was pinned."""
    found = []
    for path, digest in library.files.items():
        place = _place(library, path)
        actual = hashlib.sha256(place.read_bytes()).hexdigest() if place.exists() else "missing"
        if actual != digest:
            found.append(f"{path}: {actual}")
    return found


def _place(library: Library, path: str) -> Path:
    return VENDOR / library.name / path


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Libraries of the console's pages.")
    parser.add_argument("--check", action="store_true", help="fetch nothing")
    parser.add_argument("--pin", action="store_true", help="print checksums, and hold against none")
    given = parser.parse_args()
    for library in LIBRARIES:
        if not given.check:
            fetch(library, pin=given.pin)
        for difference in differences(library):
            print(f"{library.name} {library.version} {difference}")
            if not given.pin:
                sys.exit(1)


if __name__ == "__main__":
    main()
