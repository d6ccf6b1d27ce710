"""Java programs of the lab: fetched by Maven into the cache, and held against the checksums in `jars/`.

A set is two files there: `NAME.xml` is Maven's description of what is wanted, `NAME.sha256` the checksum of each file
that comes of it (`tools/jar_checksums.py` writes it). Which repository they come from is Maven's own setting.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tailrace.errors import LabError
from tailrace.lab import cache

SETS = Path(__file__).parent / "jars"
FETCH_SECONDS = 600


def fetched(name: str) -> Path:
    """The folder with the files of the set `name`, archives unpacked. Raises LabError where they cannot be had."""
    pins = (SETS / f"{name}.sha256").read_text(encoding="utf-8")
    place = cache.folder() / f"{name}-{version(name)}"
    stamp = place / "pinned"
    with cache.only_one(place.name):
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != pins:
            with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=cache.folder()) as scratch:
                made = Path(scratch) / "made"
                fetch(name, made)
                _verify(made, _parsed(pins))
                _unpack(made)
                (made / "pinned").write_text(pins, encoding="utf-8")
                shutil.rmtree(place, ignore_errors=True)
                made.rename(place)
    return place


def version(name: str) -> str:
    """The version that the set is pinned to: `4.3.1`."""
    found = re.search(r"<version>(.*?)</version>", (SETS / f"{name}.xml").read_text(encoding="utf-8"))
    assert found, name
    return found[1]


def fetch(name: str, folder: Path) -> None:
    """Lets Maven put the files of the set `name` into `folder`, unchecked."""
    maven = shutil.which("mvn")
    if maven is None:
        raise LabError(f"{name} is fetched by Maven, which is not on PATH", hint="install it: apt install maven")
    # -C refuses what does not match the checksum that the repository itself gives.
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    command = [maven, "-q", "-C", "-B", "-f", str(SETS / f"{name}.xml"), *goal]
    done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    if done.returncode:
        problem = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stdout[-500:])
        raise LabError(f"Maven could not fetch {name}: {problem}", hint="is its repository reachable? Then try again")


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of the folder, by name."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def _parsed(pins: str) -> dict[str, str]:
    lines = [line.split() for line in pins.splitlines() if not line.startswith("#")]
    return {name: digest for digest, name in lines}


def _verify(folder: Path, pinned: dict[str, str]) -> None:
    came = checksums(folder)
    wrong = sorted(name for name in came.keys() | pinned.keys() if came.get(name) != pinned.get(name))
    if wrong:
        raise LabError(
            f"what Maven fetched is not what is pinned: {', '.join(wrong)}",
            where=str(folder),
            hint="a mirror or proxy gives other files; remove them from ~/.m2/repository and try again",
        )


def _unpack(folder: Path) -> None:
    for archive in folder.glob("*.tar.gz"):
        with tarfile.open(archive) as packed:
            packed.extractall(folder / "plugins", filter="data")
        archive.unlink()
