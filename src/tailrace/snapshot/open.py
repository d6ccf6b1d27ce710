"""Read views and a binlog position of one instant.

The ladder, from the first rung that the user may take:

1. LOCK TABLES … READ on the captured tables. A transaction that wrote one of them holds its metadata lock until its
   commit is whole, in binlog, `gtid_executed` and engine. So once we have the lock, each such transaction is in every
   view and before the position, or has not written yet and is in neither. Transactions on other tables may still
   commit: the position may or may not count them, but they have no captured row. So the position is exact. Long SELECTs
   do not hinder it. Its price, as of any LOCK TABLES: a transaction that has written one captured table and now wants
   another may be rolled back as a deadlock's victim (ER_LOCK_DEADLOCK) in that moment.
2. FLUSH TABLES WITH READ LOCK. No transaction commits while it is held (it waits for those inside their commit), so all
   views opened and the position read under it are of one instant. It comes
   second because it waits for long queries too, and a try that times out leaves the tables it flushed closed to
   others until such a query ends.
3. No lock: position, views, position again, until both are equal. `gtid_executed` takes a transaction up after the
   engine has committed it (sql/binlog.cc, process_commit_stage_queue), so whatever the first set holds is in the views:
   nothing is lost. A transaction between these two steps at both readings would be in a view and again in the stream.
   On a server that never stands still the *first* set is used, with one view, and `exact` is False: events between come
   again in the stream, and the state converges. File positions have it the other way round (they move before
   the engine commits), so without GTIDs this rung could lose rows, and is refused.

LOCK INSTANCE FOR BACKUP (BACKUP_ADMIN), where it can be had, keeps DDL away on the last rung.
A prepared XA transaction has its rows before the position but is in no view: rungs 2 and 3 refuse to open
over one that they can see (XA_RECOVER_ADMIN); rung 1 waits for it.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from tailrace.config.snapshot import LockingMode
from tailrace.errors import AccessDenied, SnapshotConflict, SourceError, UnsupportedSource
from tailrace.model.offset import Offset
from tailrace.mysql.server import read_binlog_end
from tailrace.snapshot.select import qualified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailrace.model.table import TableId
    from tailrace.mysql.connection import Connection

_log = logging.getLogger(__name__)
Definitions = TypeVar("Definitions")

_LOCK_WAIT_TIMEOUT: Final = 1205
_TRY_SECONDS: Final = 2
"""While a lock is waited for, new writes wait behind it: so it is tried for this long at once."""
_PAUSE_SECONDS: Final = 0.5
_OPTIMISTIC_SECONDS: Final = 2.0


class Rung(StrEnum):
    """How one instant was had."""

    GLOBAL_LOCK = "global read lock"
    TABLE_LOCKS = "table locks"
    NO_LOCK = "no lock"


@dataclass(frozen=True, slots=True)
class OpenSnapshot(Generic[Definitions]):
    """Sessions whose read views are of the instant of `offset`, and the tables' definitions then."""

    readers: tuple[Connection, ...]
    offset: Offset
    definitions: Definitions
    rung: Rung
    exact: bool
    """False: events after `offset` may repeat rows that the views hold already."""
    locked_seconds: float
    """How long the lock was held; with LockingMode.EXTENDED, how long it took to open. 0 without a lock."""
    keeper: Connection
    """Holds what must be held until the last table is read; idle otherwise."""

    def close(self) -> None:
        """Ends all sessions, and so all views and locks."""
        for connection in (*self.readers, self.keeper):
            connection.close()


class _Refused(Exception):
    """This rung cannot be had."""


def open_snapshot(
    connect: Callable[[], Connection],
    read_definitions: Callable[[Connection], Definitions],
    captured: Callable[[Definitions], Sequence[TableId]],
    *,
    threads: int = 1,
    locking: LockingMode = LockingMode.MINIMAL,
    lock_timeout: float = 10.0,
) -> OpenSnapshot[Definitions]:
    """Opens `threads` readers; `lock_timeout` in seconds, for each kind of lock.

    Raises SnapshotConflict where tables change meanwhile or XA transactions are prepared, UnsupportedSource where only
    a lock could give one instant and none can be had, and what `connect` raises. Nothing stays open or locked then.
    """
    with ExitStack() as undo:
        keeper = undo.enter_context(connect())
        readers = tuple(undo.enter_context(connect()) for _ in range(threads))
        opening = _Opening(keeper, readers, read_definitions, captured, lock_timeout)
        opened = _climb(opening, locking)
        _log.info(
            "snapshot opened by %s in %.3f s at %s:%d", opened.rung, opened.locked_seconds, opened.offset.file,
            opened.offset.position,
        )  # fmt: skip
        undo.pop_all()
        return opened


@dataclass(frozen=True, slots=True)
class _Opening(Generic[Definitions]):
    keeper: Connection
    readers: tuple[Connection, ...]
    read_definitions: Callable[[Connection], Definitions]
    captured: Callable[[Definitions], Sequence[TableId]]
    lock_timeout: float


def _climb(opening: _Opening[Definitions], locking: LockingMode) -> OpenSnapshot[Definitions]:
    if locking is not LockingMode.NONE:
        for rung in (_by_table_locks, _by_global_lock):
            try:
                return rung(opening, keep=locking is LockingMode.EXTENDED)
            except _Refused as refused:
                _log.warning("%s", refused)
    return _without_lock(opening)


def _by_global_lock(opening: _Opening[Definitions], *, keep: bool) -> OpenSnapshot[Definitions]:
    _lock(opening, "FLUSH TABLES WITH READ LOCK")
    since = time.monotonic()
    try:
        _refuse_prepared(opening.keeper)
        _open_views(opening.readers)
        offset = _read_offset(opening.keeper)
        definitions = opening.read_definitions(opening.keeper)
    finally:
        if not keep:
            opening.keeper.query("UNLOCK TABLES")
    return _opened(opening, offset, definitions, Rung.GLOBAL_LOCK, time.monotonic() - since)


def _by_table_locks(opening: _Opening[Definitions], *, keep: bool) -> OpenSnapshot[Definitions]:
    before = frozenset(opening.captured(opening.read_definitions(opening.keeper)))
    if before:
        _lock(opening, "LOCK TABLES " + ", ".join(f"{qualified(table)} READ" for table in sorted(before)))
    since = time.monotonic()
    try:
        _open_views(opening.readers)
        # By a reader: LOCK TABLES lets its own session use the locked tables only.
        offset = _read_offset(opening.readers[0])
        definitions = opening.read_definitions(opening.readers[0])
    finally:
        if not keep:
            opening.keeper.query("UNLOCK TABLES")
    if frozenset(opening.captured(definitions)) != before:
        raise SnapshotConflict(
            "tables were created or dropped while the snapshot was opened",
            where=opening.keeper.where,
            hint="take the snapshot again",
        )
    return _opened(opening, offset, definitions, Rung.TABLE_LOCKS, time.monotonic() - since)


def _without_lock(opening: _Opening[Definitions]) -> OpenSnapshot[Definitions]:
    with suppress(SourceError):  # BACKUP_ADMIN is not held, or another holds the lock: it is a help, not a need
        opening.keeper.query("SET SESSION lock_wait_timeout=1")
        opening.keeper.query("LOCK INSTANCE FOR BACKUP")
    _refuse_prepared(opening.keeper)
    deadline = time.monotonic() + _OPTIMISTIC_SECONDS
    while True:
        last = time.monotonic() > deadline
        readers = opening.readers[:1] if last else opening.readers
        offset = _read_offset(opening.keeper)
        if not offset.gtids:
            raise UnsupportedSource(
                "without GTIDs, a snapshot without a lock could lose rows",
                where=opening.keeper.where,
                hint="GRANT RELOAD ON *.* or LOCK TABLES to the capture user, with snapshot.locking.mode=minimal",
            )
        _open_views(readers)
        definitions = opening.read_definitions(opening.keeper)
        exact = _read_offset(opening.keeper).gtids == offset.gtids
        if exact or last:
            break
    if not exact:
        _log.warning("no moment without commits was found: events after %s may repeat rows", offset.gtids)
    for spare in opening.readers[len(readers) :]:
        spare.close()
    return OpenSnapshot(readers, offset, definitions, Rung.NO_LOCK, exact, 0.0, opening.keeper)


def _opened(
    opening: _Opening[Definitions], offset: Offset, definitions: Definitions, rung: Rung, seconds: float
) -> OpenSnapshot[Definitions]:
    return OpenSnapshot(
        opening.readers, offset, definitions, rung, exact=True, locked_seconds=seconds, keeper=opening.keeper
    )


def _lock(opening: _Opening[Definitions], statement: str) -> None:
    """Tries for `lock_timeout`, in short tries. Raises _Refused."""
    deadline = time.monotonic() + opening.lock_timeout
    seconds = max(1, min(_TRY_SECONDS, int(opening.lock_timeout)))
    opening.keeper.query(f"SET SESSION lock_wait_timeout={seconds}")
    while True:
        try:
            opening.keeper.query(statement)
        except AccessDenied as denied:
            raise _Refused(f"{denied.message}; {denied.hint}") from denied
        except SourceError as error:
            if error.server_code != _LOCK_WAIT_TIMEOUT:
                raise
            if time.monotonic() > deadline:
                raise _Refused(f"{statement[:40]}: not granted within {opening.lock_timeout:g} s") from error
            # Lets the writes that queued behind our try go on.
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _open_views(readers: Sequence[Connection]) -> None:
    for reader in readers:
        reader.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def _read_offset(connection: Connection) -> Offset:
    end = read_binlog_end(connection)
    now = int(connection.query("SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)")[0][0])
    return Offset(end.file, end.position, end.gtids, now, snapshot=True)


def _refuse_prepared(connection: Connection) -> None:
    try:
        prepared = connection.query("XA RECOVER")
    except SourceError as error:
        # ER_XAER_RMERR, or access denied: XA_RECOVER_ADMIN is not held, so it cannot be known.
        _log.warning("prepared XA transactions cannot be seen: %s (GRANT XA_RECOVER_ADMIN)", error.message)
        return
    if prepared:
        raise SnapshotConflict(
            f"{len(prepared)} XA transactions are prepared and not yet ended: their rows would be missed",
            where=connection.where,
            hint="XA RECOVER shows them; end them by XA COMMIT or XA ROLLBACK",
        )
