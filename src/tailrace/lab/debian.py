"""Programs from Debian's packages, unpacked to the cache without root and without touching the system's own packages.

apt runs with lists, cache and an empty status file of its own, and checks each package by the archive's signed index.
`manifest.json` records name, version and SHA-256 of each package and of the programs run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tailrace.errors import LabError
from tailrace.lab import cache

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCES = Path("/etc/apt")


@dataclass(frozen=True)
class Bundle:
    """Packages that are unpacked together."""

    name: str
    """Of the folder in the cache."""
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    """Files that are run; their digests are held against the manifest each time."""
    suite: str = ""
    """Another than the machine's own: then every library down to libc is fetched too, for the machine's do not fit."""
    libraries: bool = False
    """All that the packages depend on is fetched too, but libc: the machine's own, of the same suite, does for that."""
    relative: tuple[tuple[str, str], ...] = ()
    """(program, folder): the absolute path of a folder, as the program has it in its bytes, becomes one relative to
    where it runs, of the same length. For programs that look for their files at a fixed place, which takes root."""


@dataclass(frozen=True)
class Archive:
    """What the machine's own apt uses."""

    address: str
    suite: str


def unpacked(bundle: Bundle) -> Path:
    """The root folder of the unpacked packages, made on first use. Raises LabError where that cannot be."""
    home = cache.folder() / bundle.name
    with cache.only_one(bundle.name):
        if not (home / "manifest.json").exists():
            _fetch(bundle, home)
        _verify(home)
    return home / "root"


def archive(sources: Path = SOURCES) -> Archive:
    """The Debian mirror and suite of this machine's own apt. Raises LabError where it has none."""
    for file in sorted(sources.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text(encoding="utf-8")):
            uris = re.search(r"^URIs:\s*(\S+)", stanza, re.MULTILINE)
            suites = re.search(r"^Suites:\s*(\S+)", stanza, re.MULTILINE)
            if uris and suites and "debian-archive" in stanza and not _is_security(uris[1]):
                return Archive(uris[1], suites[1])
    for file in [sources / "sources.list", *sorted(sources.glob("sources.list.d/*.list"))]:
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                entry = re.match(r"deb\s+(?:\[[^]]*\]\s+)?(\S*debian/?)\s+(\S+).*\bmain\b", line)
                if entry and not _is_security(entry[1]):
                    return Archive(entry[1], entry[2])
    raise LabError("this machine's apt has no Debian mirror", where=str(sources))


def _is_security(uri: str) -> bool:
    return "security" in uri


def _fetch(bundle: Bundle, home: Path) -> None:
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise LabError(f"Debian's packages need {tool}, which is not on PATH")
    if not KEYRING.exists():
        raise LabError("Debian's signing keys are not installed", where=str(KEYRING))
    own = archive()
    suite = bundle.suite or own.suite
    with tempfile.TemporaryDirectory(prefix=f"{bundle.name}-", dir=cache.folder()) as scratch:
        work = Path(scratch)
        packages = _download(work / "apt", own.address, suite, bundle)
        root = work / "root"
        root.mkdir()
        for package in packages:
            _run(["dpkg", "-x", str(package), str(root)])
        for program, folder in bundle.relative:
            _make_relative(root / program, folder.encode())
        manifest = {
            "suite": suite,
            "packages": [_describe(package) for package in packages],
            "programs": {name: _sha256(root / name) for name in bundle.programs},
        }
        ready = work / "ready"
        ready.mkdir()
        root.rename(ready / "root")
        (ready / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(home, ignore_errors=True)
        ready.rename(home)


def _make_relative(program: Path, folder: bytes) -> None:
    """`/usr/share/x` becomes `.///////////`: the same length, for the bytes after it must stay where they are."""
    held = program.read_bytes()
    if folder not in held:
        raise LabError(f"{program.name} does not look for its files in {folder.decode()}", where=str(program))
    program.write_bytes(held.replace(folder, b".".ljust(len(folder), b"/")))


def _download(apt: Path, address: str, suite: str, bundle: Bundle) -> list[Path]:
    archives = apt / "cache/archives"
    for part in ("lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True)
    (apt / "sources.list").write_text(f"deb [signed-by={KEYRING}] {address} {suite} main\n", encoding="utf-8")
    (apt / "status").write_text("", encoding="utf-8")
    settings = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "true",
    }
    command = ["apt-get", "-q"]
    for name, value in settings.items():
        command += ["-o", f"{name}={value}"]
    _run([*command, "update"])
    if bundle.suite or bundle.libraries:
        _run([*command, "-y", "--download-only", "install", *bundle.packages])
    else:
        _run([*command, "download", *bundle.packages], folder=archives)
    packages = sorted(archives.glob("*.deb"))
    if bundle.libraries:
        # Of two libcs in one process neither works.
        packages = [package for package in packages if not package.name.startswith("libc6_")]
    if not packages:
        raise LabError(f"apt fetched no package from the suite {suite}")
    return packages


def _describe(package: Path) -> dict[str, str]:
    fields = _run(["dpkg", "--field", str(package), "Package", "Version", "Architecture"])
    found = dict(line.split(": ", 1) for line in fields.splitlines())
    return {
        "name": found["Package"],
        "version": found["Version"],
        "architecture": found["Architecture"],
        "sha256": _sha256(package),
    }


def _verify(home: Path) -> None:
    manifest = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["programs"].items():
        program = home / "root" / name
        if not program.exists() or _sha256(program) != digest:
            raise LabError(
                "a program in the cache is not the one that was unpacked there",
                where=str(program),
                hint=f"remove it and try again: rm -r {home}",
            )


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _run(command: list[str], folder: Path | None = None) -> str:
    # Messages in English: they end up in our error.
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    if done.returncode:
        raise LabError(f"{command[0]} {command[-1]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
