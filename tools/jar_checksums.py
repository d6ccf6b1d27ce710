"""Writes src/tailrace/lab/jars/*.sha256, the checksums of the Java programs that the lab runs, from what Maven fetches.

Run after changing a version in src/tailrace/lab/jars/*.xml: python tools/jar_checksums.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tailrace.lab import maven

HEADER = "# Written by tools/jar_checksums.py; not for editing.\n"

for wanted in sorted(maven.SETS.glob("*.xml")):
    with tempfile.TemporaryDirectory() as scratch:
        maven.fetch(wanted.stem, Path(scratch))
        lines = [f"{digest}  {name}\n" for name, digest in maven.checksums(Path(scratch)).items()]
    wanted.with_suffix(".sha256").write_text(HEADER + "".join(lines), encoding="utf-8")
