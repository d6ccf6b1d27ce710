"""The windows of Debezium's incremental snapshots: a row before each chunk in the signalling table, and one after."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from tailrace.errors import AccessDenied, ConfigError, SourceError, TailraceError
from tailrace.model.table import TableId
from tailrace.mysql.connection import connect
from tailrace.ops.snapshot.channel import is_read_only, signalling_table
from tailrace.ops.target import Target, source

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailrace.config import SourceConfig


def table_of(target: Target) -> TableId | None:
    """Where they are written; None: they are not."""
    name = signalling_table(target.config)
    if target.tailrace or not name or is_read_only(target.config):
        return None
    return TableId(*name.partition(".")[::2])


def check_may_open(target: Target) -> None:
    """Raises AccessDenied where the connector's account may not write them; says nothing where that cannot be known."""
    table = table_of(target)
    if table is None:
        return
    try:
        own = source(target, None)
        connection = connect(own)
    except (ConfigError, SourceError):
        return
    with closing(connection):
        try:
            # It is checked, and not carried out.
            insert = f"INSERT INTO `{table.database}`.`{table.table}` VALUES ('', '', '')"  # noqa: S608 - its own names
            connection.query(f"EXPLAIN {insert}")
        except AccessDenied:
            message = f"{own.user} may not INSERT into {table}: Debezium opens no window there, and reads no piece"
            hint = f"GRANT INSERT ON {table} TO '{own.user}'@'%', or read.only=true on a server with GTIDs"
            raise AccessDenied(message, where=connection.where, hint=hint) from None
        except SourceError:
            return


def count(target: Target, of: Callable[[], SourceConfig]) -> int | None:
    """How many have been opened; None: not known."""
    table = table_of(target)
    if table is None:
        return None
    text = f"SELECT COUNT(*) FROM `{table.database}`.`{table.table}` WHERE type = 'snapshot-window-open'"  # noqa: S608 - the same
    try:
        with closing(connect(of())) as connection:
            return int(connection.query(text)[0][0])
    except TailraceError:
        return None


def told_of(target: Target, before: int | None, now: int | None) -> str:
    """What the windows tell of a snapshot of which nothing else is seen, and what to look at."""
    table, doctor = table_of(target), f"tailrace doctor --connector {target.name}"
    log = "the log of the worker has the error"
    if table is None or before is None or now is None:
        return f"look whether the signal was taken and what became of it: {doctor}; {log}"
    if now > before:
        return (
            f"a window was opened in {table} and no row came: there is none to read, or the SELECT failed"
            f" (--condition, a column that is gone): {log}"
        )
    return (
        f"no window was opened in {table}: the signal was not taken, or the connector's account may not write there:"
        f" {doctor}; {log}"
    )
