"""MySQL from Debian's packages, unpacked to the cache without root and without touching the system's own packages.

apt runs with lists, cache and an empty status file of its own, so it fetches every library down to libc, and checks
each package by the archive's signed index. `manifest.json` records name, version and SHA-256 of each package and of
the programs run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tailrace.errors import LabError
from tailrace.lab import cache

SUITE = "sid"
"""The only suite with MySQL: Debian's stable releases carry MariaDB."""
PACKAGES = ("mysql-server-core", "mysql-client-core")
PROGRAMS = ("usr/sbin/mysqld", "usr/bin/mysql", "usr/bin/mysqlbinlog", "usr/bin/mysqldump")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCES = Path("/etc/apt")


def unpacked() -> Path:
    """The root folder of the unpacked packages, made on first use. Raises LabError where that cannot be."""
    home = cache.folder() / "mysql"
    with cache.only_one("mysql"):
        if not (home / "manifest.json").exists():
            _fetch(home)
        _verify(home)
    return home / "root"


def mirror(sources: Path = SOURCES) -> str:
    """The address of the Debian mirror this machine's own apt uses. Raises LabError where it has none."""
    for file in sorted(sources.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text(encoding="utf-8")):
            uris = re.search(r"^URIs:\s*(\S+)", stanza, re.MULTILINE)
            if uris and "debian-archive" in stanza and not _is_security(uris[1]):
                return uris[1]
    for file in [sources / "sources.list", *sorted(sources.glob("sources.list.d/*.list"))]:
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                entry = re.match(r"deb\s+(?:\[[^]]*\]\s+)?(\S*debian/?)\s+\S+.*\bmain\b", line)
                if entry and not _is_security(entry[1]):
                    return entry[1]
    raise LabError("this machine's apt has no Debian mirror", where=str(sources))


def _is_security(uri: str) -> bool:
    return "security" in uri


def _fetch(home: Path) -> None:
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise LabError(f"Debian's packages need {tool}, which is not on PATH")
    if not KEYRING.exists():
        raise LabError("Debian's signing keys are not installed", where=str(KEYRING))
    address = mirror()
    with tempfile.TemporaryDirectory(prefix="mysql-", dir=cache.folder()) as scratch:
        work = Path(scratch)
        packages = _download(work / "apt", address)
        root = work / "root"
        root.mkdir()
        for package in packages:
            _run(["dpkg", "-x", str(package), str(root)])
        manifest = {
            "suite": SUITE,
            "packages": [_describe(package) for package in packages],
            "programs": {name: _sha256(root / name) for name in PROGRAMS},
        }
        ready = work / "ready"
        ready.mkdir()
        root.rename(ready / "root")
        (ready / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(home, ignore_errors=True)
        ready.rename(home)


def _download(apt: Path, address: str) -> list[Path]:
    for part in ("lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True)
    (apt / "sources.list").write_text(f"deb [signed-by={KEYRING}] {address} {SUITE} main\n", encoding="utf-8")
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
    _run([*command, "-y", "--download-only", "install", *PACKAGES])
    packages = sorted((apt / "cache/archives").glob("*.deb"))
    if not packages:
        raise LabError(f"apt fetched no package from the suite {SUITE}")
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


def _run(command: list[str]) -> str:
    # Messages in English: they end up in our error.
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise LabError(f"{command[0]} {command[-1]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
