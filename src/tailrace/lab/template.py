"""Initialised data folders, kept in the cache: a server starts from a copy in a second, not from nothing in five."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tailrace.errors import LabError
from tailrace.lab import cache

if TYPE_CHECKING:
    from tailrace.lab.provider import MySql

SMALL = (
    "--innodb-buffer-pool-size=64M",
    "--loose-innodb-redo-log-capacity=32M",
    "--loose-mysqlx=OFF",
    # A server takes 2,305 of the kernel's requests (fs.aio-nr before and after a start), all servers of a machine share
    # 65,536 of them (fs.aio-max-nr), and one that finds too few does not start.
    "--loose-innodb-use-native-aio=OFF",
)


def datadir_template(mysql: MySql) -> Path:
    """A data folder of this release: root without password, certificates, no server UUID, no binlog."""
    template = cache.folder() / "datadir" / f"{mysql.provider}-{mysql.release}"
    with cache.only_one("datadir"):
        if not template.exists():
            template.parent.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=template.parent) as scratch:
                made = Path(scratch) / "data"
                _initialise(mysql, made)
                made.rename(template)
    return template


def _initialise(mysql: MySql, datadir: Path) -> None:
    command = [*mysql.server_command(), *SMALL, "--initialize-insecure", f"--datadir={datadir}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise LabError("mysqld could not make a data folder", where=str(datadir), hint=done.stderr.strip()[-800:])
    # The identity of a server, which each copy makes for itself.
    (datadir / "auto.cnf").unlink(missing_ok=True)
    for binlog in datadir.glob("binlog.*"):
        binlog.unlink()


def copy_datadir(mysql: MySql, datadir: Path) -> None:
    """Puts a fresh data folder at `datadir`, which must not be there."""
    shutil.copytree(datadir_template(mysql), datadir, copy_function=shutil.copyfile)
    for key in datadir.glob("*-key.pem"):
        key.chmod(0o600)
    datadir.chmod(0o700)
