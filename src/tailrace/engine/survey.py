"""Today's definitions for yesterday's rows: whether what lies in the binlog between both lets them be read so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tailrace._kernel import GtidSet, NeedTable, Plan, Query
from tailrace.config import TableFilter
from tailrace.errors import SchemaError
from tailrace.model.offset import Offset
from tailrace.model.table import TableId
from tailrace.streaming import SchemaChange

if TYPE_CHECKING:
    from tailrace.history.ddl.effect import Context


def is_behind(query: Query, place: Offset) -> bool:
    """Whether a statement was carried out before `place`."""
    if place.gtids and query.gtid is not None:
        return GtidSet(place.gtids).contains(query.gtid)
    return _order(query.file, query.end_position) <= _order(place.file, place.position)


def _order(file: str, position: int) -> tuple[int, str, int]:
    """Files are numbered, and beyond a million the numbers grow longer."""
    number = file.rpartition(".")[2]
    return len(number), number, position


class Survey:
    """Looks through the binlog before it is streamed, and gives no rows (`tailrace.streaming.Policy`).

    Definitions that were read later are right for rows behind the last statement that altered their table, and for
    rows whose table map names its columns. Raises SchemaError for what is neither.
    """

    def __init__(
        self,
        tables: TableFilter,
        context: Callable[[Query], Context],
        held: Callable[[str], Iterator[bytes]],
        read: Offset,
        *,
        skip_unparseable: bool,
    ) -> None:
        """`read`: a place before the definitions were read."""
        self._tables = tables
        self._context = context
        self._held = held
        self._read = read
        self._skip_unparseable = skip_unparseable
        self._nameless: dict[TableId, str] = {}
        """Of captured tables whose rows came without names, where the first came."""
        self.late = False
        """A statement came that may have been carried out before the definitions were read, or after: read again."""

    def wants(self, source: str) -> bool:
        """Rows of every server."""
        return bool(source)

    def plan(self, need: NeedTable) -> Plan | None:
        """None: no row is wanted."""
        name = TableId(need.database, need.table)
        if need.names is None and self._tables.captured(name):
            self._nameless.setdefault(name, f"{need.file}:{need.position}")
        return None

    def told(self, need: NeedTable) -> Plan | None:  # noqa: ARG002 - a policy is asked so
        """None: no row is wanted."""
        return None

    def held(self, xid: str) -> Iterator[bytes]:
        """Rows of XA transactions come at their commit."""
        return self._held(xid)

    def statement(self, query: Query) -> SchemaChange | None:
        """Raises SchemaError for one that altered a table of which nameless rows came before."""
        from tailrace.history.ddl.effect import alters_rows, excerpt, named  # noqa: PLC0415 - start-up time
        from tailrace.history.ddl.parser import Ddl, classify  # noqa: PLC0415 - the same

        if not isinstance(classify(query.sql, query.sql_mode), Ddl):
            return None
        self.late = self.late or not is_behind(query, self._read)
        where = f"{query.file}:{query.position}"
        try:
            changes = named(self._nameless, self._context(query), query.sql)
            alters = alters_rows(query.sql, query.sql_mode)
        except SchemaError as error:
            if self._skip_unparseable:
                return None
            raise SchemaError(error.message, where=f"{where}; {error.where}", hint=error.hint) from error
        for change in changes if alters else ():
            for name in (change.previous_id, change.id):
                if name is not None and name in self._nameless:
                    raise _refusal(name, self._nameless[name], where, excerpt(" ".join(query.sql.split())))
        return SchemaChange(())


def _refusal(table: TableId, rows: str, where: str, statement: str) -> SchemaError:
    return SchemaError(
        f"{table} was altered after the offset: no definition is left to read its rows by that came before ({rows})",
        where=f"{where}; {statement}",
        hint="take a new snapshot: tailrace connector stop NAME --wait; tailrace connector offsets reset NAME;"
        " tailrace connector config NAME --set snapshot.mode=initial; tailrace connector resume NAME",
    )
