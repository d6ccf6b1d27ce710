"""Whether a table is the same on the new primary and on those that follow it: rows and checksum at one GTID set."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailrace.errors import ConfigError
from tailrace.mysql.connection import connect
from tailrace.ops.failover.verify import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailrace.config import SourceConfig

_TRIES = 100
"""To open a view between two transactions."""
_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class View:
    """A table as of one GTID set; `gtids` is None where no view of just one set was had."""

    gtids: str | None
    rows: int
    checksum: int


def compare(primary: SourceConfig, others: Mapping[str, SourceConfig], table: str, seconds: float) -> list[Finding]:
    """`table` is `database.table`. On a server that is written all the time no two views are of one moment: a warning.

    Raises SourceError where a server cannot be asked.
    """
    return [_compare(primary, name, other, table, seconds) for name, other in others.items()]


def _compare(primary: SourceConfig, name: str, other: SourceConfig, table: str, seconds: float) -> Finding:
    check = f"{table} is the same on the new primary and on {name}"
    deadline = time.monotonic() + seconds
    while True:
        here, there = view(primary, table), view(other, table)
        if here.gtids is not None and here.gtids == there.gtids:
            evidence = f"{here.rows} and {there.rows} rows, checksum {here.checksum} and {there.checksum}"
            if (here.rows, here.checksum) == (there.rows, there.checksum):
                return Finding(check, Severity.OK, evidence)
            return Finding(
                check, Severity.PROBLEM, evidence, f"they have executed the same: rebuild {name}", lasts=True
            )
        if time.monotonic() >= deadline:
            evidence = (
                f"{here.rows} and {there.rows} rows, of different moments: it is being written, or {name} is behind"
            )
            return Finding(check, Severity.WARNING, evidence, "ask again while nobody writes")
        time.sleep(_EVERY)


def view(server: SourceConfig, table: str) -> View:
    """The table at one moment, and which it is."""
    name = _quoted(table)
    with connect(server) as connection:

        def executed() -> str:
            return str(connection.query("SELECT @@GLOBAL.gtid_executed")[0][0]).replace("\n", "")

        connection.query("SET SESSION transaction_isolation = 'REPEATABLE-READ'")
        gtids = None
        for _ in range(_TRIES):
            before = executed()
            connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            if executed() == before:
                gtids = before
                break
        rows = connection.query(f"SELECT COUNT(*) FROM {name}")[0][0]  # noqa: S608 - quoted
        checksum = connection.query(f"CHECKSUM TABLE {name} EXTENDED")[0][1]
        connection.query("COMMIT")
    return View(gtids, int(rows), int(checksum or 0))


def _quoted(table: str) -> str:
    found = re.fullmatch(r"([^.`]+)\.([^.`]+)", table)
    if found is None:
        raise ConfigError(f"not a table: {table}", hint="write it as database.table")
    return f"`{found[1]}`.`{found[2]}`"
