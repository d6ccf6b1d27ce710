"""The Rust kernel, as Python sees it. Describe → compile → run: calls cross per chunk, never per row.

`Decoder.next()` and `ResultSet.next()` release the GIL while they work. Errors are those of `tailrace.errors`
(`DecodeError`, `SchemaError`, `SourceError` for an ERR packet).
"""

from collections.abc import Sequence
from typing import Literal, final

from typing_extensions import Buffer

from tailrace.model.table import Table

KERNEL_VERSION: str

@final
class GtidSet:
    """An immutable set of GTIDs, tags included (`uuid[:tag]:1-5:7`); the algebra of MySQL's `Gtid_set`."""
    def __init__(self, text: str = "") -> None: ...
    def union(self, other: GtidSet) -> GtidSet: ...
    def subtract(self, other: GtidSet) -> GtidSet: ...
    def intersect(self, other: GtidSet) -> GtidSet: ...
    def contains(self, other: GtidSet | str) -> bool: ...
    def add(self, gtid: str) -> GtidSet: ...
    def count(self) -> int:
        """How many GTIDs are in the set."""
    def encode(self) -> bytes:
        """As COM_BINLOG_DUMP_GTID wants it (`Gtid_set::encode`)."""
    def sources(self) -> list[str]:
        """The `uuid` or `uuid:tag` of each part."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...
    def __str__(self) -> str:
        """Canonical text, as the server prints `gtid_executed` but without line breaks."""

@final
class Envelope:
    """What does not change from row to row: the static parts of the `source` block and the encoding wanted."""
    def __init__(self, *, name: str, version: str, format: Literal["json", "arrow"] = "json", keys: bool = False) -> None: ...

@final
class Plan:
    """A table version compiled for one encoding."""
    def __init__(self, table: Table, envelope: Envelope) -> None:
        """Raises SchemaError where a column's type is not known."""

@final
class Commit:
    """The end of the last whole transaction in a batch: where to resume after everything up to `end`."""
    end: int
    """Bytes of `values` (JSON) that belong to whole transactions."""
    rows: int
    """Events of the batch that belong to whole transactions."""
    file: str
    position: int
    gtids: str
    """The executed GTID set up to and with this transaction; empty in file:position mode."""
    timestamp_us: int
    """Commit time on the original source, µs since the epoch (seconds precision where the server has no GTID time)."""
    transactions: int
    """How many transactions ended in this batch."""

@final
class Batch:
    """Encoded events in binlog order. Supports the buffer protocol: the JSON lines, each ended by a newline.

    The memory returns to a pool when the batch is dropped.
    """
    rows: int
    commit: Commit | None
    in_transaction: bool
    """True when the batch ends inside a transaction."""
    counts: list[tuple[str, str, int, int, int, int]]
    """(database, table, inserts, updates, deletes, reads) for each table met."""
    last_timestamp: int
    """Header time (s) of the last event, 0 if none."""
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def split(self) -> list[bytes]:
        """One bytes object per event, without newline."""
    def keys(self) -> list[bytes | None]:
        """The key of each event as JSON; None where the table has no key. Needs `Envelope(keys=True)`."""
    def tables(self) -> list[tuple[str, str]]:
        """(database, table) of each event."""
    def arrow(self) -> list[tuple[str, str, object]]:
        """(database, table, record batch through the Arrow C interface) for `format="arrow"`."""

@final
class NeedTable:
    """A table map that has no plan yet: answer with `Decoder.bind(table_id, plan or None)`."""
    table_id: int
    database: str
    table: str
    file: str
    position: int
    column_types: list[int]
    """MYSQL_TYPE_* of each column."""
    column_meta: list[int]
    nullable: list[bool]
    unsigned: list[bool] | None
    """From the optional metadata (always written); None if the server left it out."""
    names: list[str] | None
    """With binlog_row_metadata=FULL, else None; so for all below."""
    collations: list[int | None] | None
    """Collation id of each character, enum and set column; present in MINIMAL too."""
    labels: list[list[str] | None] | None
    geometry_types: list[int | None] | None
    primary_key: list[int] | None
    """Column indexes."""
    visible: list[bool] | None
    dimensions: list[int | None] | None

@final
class Query:
    """A statement in the binlog that is neither BEGIN nor COMMIT: DDL, or DML under statement format."""
    database: str
    sql: str
    file: str
    position: int
    end_position: int
    gtid: str | None
    timestamp: int
    thread_id: int
    server_id: int
    charset: str
    """character_set_client of the session."""
    sql_mode: int
    collation_database: int | None
    in_transaction: bool

@final
class XaHold:
    """Raw rows of an XA transaction that is not committed yet; keep them under `xid` in order."""
    xid: str
    data: bytes
    first: bool
    """True on the first piece: forget what an earlier try left under this xid."""

@final
class XaEnd:
    """`prepared`: the pieces are complete and must be durable before the offset moves on. `committed`: replay them by
    `Decoder.replay`, then forget them once the offset is stored. `rolled_back`: forget them."""
    xid: str
    outcome: Literal["prepared", "committed", "rolled_back"]

@final
class Rollback:
    """The transaction whose rows came out before this was rolled back (or the server failed inside it)."""
    rows: int

@final
class Decoder:
    """The binlog stream, packets in, batches out. Feed until `next()` returns None, then feed more."""
    def __init__(
        self,
        *,
        file: str,
        position: int,
        gtids: str = "",
        envelope: Envelope,
        max_batch_bytes: int = 1 << 20,
        max_packet: int = 1 << 30,
    ) -> None: ...
    def feed(self, data: Buffer) -> None:
        """Bytes of MySQL packets as they came from the socket, cut anywhere."""
    def feed_file(self, data: Buffer) -> None:
        """Bytes of a binlog file (without the 4-byte magic), cut anywhere."""
    def replay(self, data: bytes) -> None:
        """Pieces of an XA transaction that has committed; decoded before any further input."""
    def next(self, now_us: int) -> Batch | NeedTable | Query | XaHold | XaEnd | Rollback | None:
        """The next thing, or None when more input is needed. `now_us` becomes ts_ms, ts_us, ts_ns of the events."""
    def bind(self, table_id: int, plan: Plan | None) -> None:
        """Answers NeedTable; None drops the table's rows."""
    def unbind_all(self) -> None:
        """After DDL: ask again for every table."""
    def skip_rows(self, gtid: str, rows: int) -> None:
        """After a reconnect inside a transaction: do not emit its first `rows` events again."""
    @property
    def file(self) -> str: ...
    @property
    def position(self) -> int:
        """End of the last event read."""
    @property
    def last_event_timestamp(self) -> int: ...

@final
class ResultSet:
    """Text-protocol result set of a snapshot SELECT, packets in, batches out (op `r`)."""
    def __init__(self, plan: Plan, *, file: str, position: int, gtids: str, timestamp_us: int, max_batch_bytes: int = 1 << 20) -> None:
        """The SELECT's columns must be the plan's, in order."""
    def feed(self, data: Buffer) -> None: ...
    def next(self, now_us: int, snapshot: str = "true") -> Batch | None: ...
    @property
    def finished(self) -> bool:
        """The EOF/OK packet was read."""

def split_gtid(gtid: str) -> tuple[str, int]: ...
def json_text(binary: bytes) -> str:
    """The text of a value in MySQL's binary JSON format."""
def decode_text(charset: str, data: bytes) -> str:
    """Bytes of a MySQL character set as text."""
def charsets() -> Sequence[str]: ...
