"""Where the lab's MySQL comes from: the first of a mysqld on PATH, or Debian's packages unpacked to the cache.

With neither, Docker compose can stand in (`compose.yaml` beside this file); the error says how.
`python -m tailrace.lab` sets MySQL up and says what it found, as `make` does.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tailrace.errors import LabError
from tailrace.lab import debian

OLDEST = (8, 0)
DEBIAN = debian.Bundle(
    name="mysql",
    packages=("mysql-server-core", "mysql-client-core"),
    programs=("usr/sbin/mysqld", "usr/bin/mysql", "usr/bin/mysqlbinlog", "usr/bin/mysqldump"),
    # The only suite with MySQL: Debian's stable releases carry MariaDB.
    suite="sid",
)
COMPOSE = Path(__file__).parent / "compose.yaml"


@dataclass(frozen=True)
class MySql:
    """An unpacked or installed MySQL: how to run its programs, and which release it is."""

    provider: str
    """`path` or `debian`."""
    version: tuple[int, int, int]
    bin: Path
    """Folder of the client programs."""
    mysqld: Path
    loader: tuple[str, ...] = ()
    """What stands before a program of a foreign root: its own dynamic loader and library folder."""
    options: tuple[str, ...] = ()
    """What mysqld needs to find its own files."""

    def command(self, program: str) -> list[str]:
        """The start of a command line: `command("mysqlbinlog") + ["--version"]`."""
        path = self.mysqld if program == "mysqld" else self.bin / program
        return [*self.loader, str(path)]

    def server_command(self, defaults: Path | None = None) -> list[str]:
        """`mysqld` with what this provider needs; further options follow. With no option file but `defaults`: without
        any, what SET PERSIST has written does not count.
        """
        user = ["--user=root"] if os.geteuid() == 0 else []
        file = f"--defaults-file={defaults}" if defaults else "--no-defaults"
        return [*self.command("mysqld"), file, *user, *self.options, "--secure-file-priv="]

    @property
    def release(self) -> str:
        """`9.7.4`."""
        return ".".join(map(str, self.version))


@functools.cache
def mysql() -> MySql:
    """The machine's MySQL, fetched to the cache where it must be. Raises LabError where none can be had."""
    refusals: list[str] = []
    for provide in (_on_path, _unpacked):
        try:
            return provide()
        except LabError as error:
            refusals.append(str(error))
    raise LabError(
        "no MySQL for the lab could be had:\n" + "\n".join(f"  - {refusal}" for refusal in refusals),
        hint="install mysqld 8.0 or newer, or use Docker: "
        f"docker compose -f {COMPOSE} up -d --wait (a primary on port 3306, a replica on 3307)",
    )


def _on_path() -> MySql:
    found = shutil.which("mysqld")
    if not found:
        raise LabError("no mysqld on PATH")
    program = Path(found).resolve()
    banner = _version_banner([str(program)])
    version = parse_version(banner)
    if "MariaDB" in banner or version[:2] < OLDEST:
        raise LabError(f"{program} is not MySQL 8.0 or newer: {banner}")
    client = shutil.which("mysql")
    return MySql("path", version, Path(client).resolve().parent if client else program.parent, program)


def _unpacked() -> MySql:
    root = debian.unpacked(DEBIAN)
    loader = next(root.glob("usr/lib*/ld-linux-*.so.*"), None)
    libraries = next(root.glob("usr/lib/*-linux-gnu*"), None)
    if loader is None or libraries is None:
        raise LabError("the unpacked packages hold no C library", where=str(root), hint=f"rm -r {root.parent}")
    prefix = (str(loader), "--library-path", str(libraries))
    mysqld = root / "usr/sbin/mysqld"
    return MySql(
        provider="debian",
        version=parse_version(_version_banner([*prefix, str(mysqld)])),
        bin=root / "usr/bin",
        mysqld=mysqld,
        loader=prefix,
        options=(f"--lc-messages-dir={root}/usr/share/mysql", f"--plugin-dir={root}/usr/lib/mysql/plugin"),
    )


def _version_banner(command: list[str]) -> str:
    try:
        done = subprocess.run(
            [*command, "--no-defaults", "--version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LabError(f"{command[-1]} does not run: {error}") from error
    return done.stdout.strip()


def parse_version(banner: str) -> tuple[int, int, int]:
    """The release in `mysqld  Ver 9.7.4-1 for Linux …`. Raises LabError where there is none."""
    match = re.search(r"Ver (\d+)\.(\d+)\.(\d+)", banner)
    if not match:
        raise LabError(f"no version in what mysqld says of itself: {banner!r}")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)
