"""Row changes of a server's binlog, as the learner reads them: from what mysqlbinlog prints."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailrace.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.lab.server import Server

SECONDS: Final = 30.0
_GTID: Final = re.compile(r"^SET @@SESSION\.GTID_NEXT= '([^']+)'")
_CHANGE: Final = re.compile(r"^### (INSERT INTO|UPDATE|DELETE FROM) `(.+)`\.`(.+)`$")
_COLUMN: Final = re.compile(r"^###   @(\d+)=(.*)$")
_OPS: Final = {"INSERT INTO": "c", "UPDATE": "u", "DELETE FROM": "d"}


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of an event; images have the values of the columns that the server wrote, by their number from 1."""

    gtid: str
    op: str
    """As Debezium calls it: c, u, d."""
    table: str
    """`database.table`."""
    before: dict[int, str]
    after: dict[int, str]


def row_changes(server: Server, file: str) -> tuple[RowChange, ...]:
    """Of one file of the binlog, in its order. Raises LabError where mysqlbinlog cannot read it."""
    command = server.client(
        "mysqlbinlog", "--read-from-remote-server", "--verbose", "--base64-output=DECODE-ROWS", file
    )
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise LabError(f"mysqlbinlog cannot read {file}: {done.stderr.strip()}", where=str(server.folder))
    return tuple(_changes(done.stdout.splitlines()))


def _changes(lines: list[str]) -> Iterator[RowChange]:
    gtid, change, image = "", None, None
    for line in lines:
        if found := _CHANGE.match(line):
            if change:
                yield change
            change = RowChange(gtid, _OPS[found[1]], f"{found[2]}.{found[3]}", {}, {})
        elif change and line.startswith("### WHERE"):
            image = change.before
        elif change and line.startswith("### SET"):
            image = change.after
        elif image is not None and (found := _COLUMN.match(line)):
            image[int(found[1])] = found[2]
        elif found := _GTID.match(line):
            gtid = found[1]
    if change:
        yield change
