"""The Rust kernel, as Python sees it. Describe → compile → run: calls cross per chunk, never per row.

`Decoder.next()` and `ResultSet.next()` release the GIL while they work. Errors are those of `tailrace.errors`
(`DecodeError`, `SchemaError`, `SourceError` for an ERR packet).
"""

from collections.abc import Sequence
from typing import Literal, final

from typing_extensions import Buffer

from tailrace.errors import TailraceError
from tailrace.model.encoding import TableEncoding
from tailrace.model.table import Table

__all__ = [
    "KERNEL_VERSION",
    "ArrowRows",
    "Batch",
    "Chunk",
    "Commit",
    "Decoder",
    "Envelope",
    "GtidSet",
    "KafkaFailure",
    "NeedTable",
    "PassedOver",
    "Plan",
    "Producer",
    "Query",
    "Reached",
    "ResultSet",
    "Rollback",
    "Source",
    "Told",
    "XaEnd",
    "XaHold",
    "charsets",
    "decode_text",
    "json_text",
]

KERNEL_VERSION: str

@final
class GtidSet:
    """An immutable set of GTIDs, tags included (`uuid[:tag]:1-5:7`); the algebra of MySQL's `Gtid_set`."""
    def __new__(cls, text: str = "") -> GtidSet: ...
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
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __str__(self) -> str:
        """Canonical text, as the server prints `gtid_executed` but without line breaks."""

@final
class Envelope:
    """What does not change from row to row: the static parts of the `source` block and the encoding wanted."""
    def __new__(
        cls,
        *,
        name: str,
        version: str,
        format: Literal["json", "arrow"] = "json",
        output: Literal["values", "lines", "records"] = "values",
        tombstones: bool = True,
        skipped: str = "",
        skip_unchanged: bool = False,
        include_query: bool = False,
        transactions: tuple[str, str | None, str | None] | None = None,
        headers: Sequence[tuple[str, str]] = ...,
    ) -> Envelope:
        """`output`: values of row events, a line each; or whole records, as lines or in parts. `skipped`: letters of
        operations. `transactions`: topic, key schema and value schema of their records. `headers`: (name, JSON)."""

@final
class Plan:
    """A table version, compiled."""
    def __new__(cls, table: Table, encoding: TableEncoding | None = None) -> Plan:
        """Raises SchemaError where a column's type is not known, or the encoding does not fit. None: all columns, in
        Debezium's default modes, without schemas."""

    def take_unfit(self) -> list[tuple[str, int]]:
        """(column, how many of its values became null because their form has no room for them), since the last call."""

@final
class Commit:
    """The end of the last whole transaction in a batch: where to resume after everything up to `end`."""
    @property
    def end(self) -> int:
        """Bytes of `values` (JSON) that belong to whole transactions."""
    @property
    def rows(self) -> int:
        """Events of the batch that belong to whole transactions."""
    @property
    def records(self) -> int:
        """How many of `Batch.records()` belong to whole transactions."""
    @property
    def file(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def gtids(self) -> str:
        """The executed GTID set up to and with this transaction; empty in file:position mode."""
    @property
    def timestamp_us(self) -> int:
        """Commit time on the original source, µs since the epoch (whole seconds where the server tells no more)."""
    @property
    def transactions(self) -> int:
        """How many transactions ended in this batch."""

@final
class Batch:
    """Encoded events in binlog order. Supports the buffer protocol: the JSON lines, each ended by a newline.

    The memory returns to a pool when the batch is dropped.
    """
    @property
    def rows(self) -> int:
        """Events in the batch."""
    @property
    def commit(self) -> Commit | None:
        """None: no transaction ends in this batch."""
    @property
    def in_transaction(self) -> bool:
        """True when the batch ends inside a transaction."""
    @property
    def counts(self) -> list[tuple[str, str, int, int, int, int]]:
        """(database, table, inserts, updates, deletes, reads) for each table met."""
    @property
    def last_timestamp(self) -> int:
        """Header time (s) of the last event, 0 if none."""
    @property
    def memory(self) -> int:
        """Bytes the batch holds, whatever its format."""
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def split(self) -> list[bytes]:
        """One bytes object per event, without newline."""
    def records(self) -> list[tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]]:
        """Topic, key, value (None: a tombstone) and headers of each record. Needs `Envelope(output="records")`."""
    @property
    def record_count(self) -> int:
        """How many `records()` there are."""
    def topics(self) -> list[str]:
        """Topics of `records()`, each once."""
    def sources(self) -> list[tuple[str, str] | None]:
        """(database, table) of each of `records()`; None: a record of no table."""
    @staticmethod
    def of(
        records: Sequence[tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]],
        *,
        output: Literal["values", "lines", "records"],
        like: Batch | None = None,
        committed: int = 0,
        partitions: Sequence[int | None] = ...,
    ) -> Batch:
        """A batch of records made in Python, in place of those of `like`; the first `committed` are whole.
        `partitions`: where in its topic each is written; none: where its key leads."""
    def rows_of(
        self, tables: Sequence[tuple[str, str]]
    ) -> list[tuple[int, int, tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]]]:
        """Those of `records()` that are rows of these tables: place, index into `tables`, and the record."""
    def replaced(
        self,
        changed: Sequence[tuple[int, tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]]],
        *,
        output: Literal["values", "lines", "records"],
    ) -> Batch:
        """This batch, whose records are in parts, as the sink wants it, with other records at some places."""
    def partitions(self) -> list[int | None]:
        """The partition of each of `records()`; None: where its key leads."""
    def tables(self) -> list[tuple[str, str]]:
        """(database, table) of each event."""
    def arrow(self, *, tail: bool = False) -> list[ArrowRows]:
        """For `format="arrow"`, one entry per table: the rows of whole transactions; `tail`: those of the open one."""

@final
class ArrowRows:
    """Rows of one table through Arrow's PyCapsule interface: `pyarrow.record_batch(rows)`, Polars, DuckDB."""
    @property
    def database(self) -> str: ...
    @property
    def table(self) -> str: ...
    def __len__(self) -> int: ...
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...

@final
class NeedTable:
    """A table map that has no plan yet: answer with `Decoder.bind(table_id, plan or None)`."""
    @property
    def table_id(self) -> int: ...
    @property
    def database(self) -> str: ...
    @property
    def table(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def column_types(self) -> list[int]:
        """MYSQL_TYPE_* of each column."""
    @property
    def column_meta(self) -> list[int]: ...
    @property
    def nullable(self) -> list[bool]: ...
    @property
    def unsigned(self) -> list[bool] | None:
        """From the optional metadata (always written); None if the server left it out."""
    @property
    def names(self) -> list[str] | None:
        """With binlog_row_metadata=FULL, else None; so for all below."""
    @property
    def collations(self) -> list[int | None] | None:
        """Collation id of each character, enum and set column; present in MINIMAL too."""
    @property
    def labels(self) -> list[list[str] | None] | None: ...
    @property
    def geometry_types(self) -> list[int | None] | None: ...
    @property
    def primary_key(self) -> list[int] | None:
        """Column indexes."""
    @property
    def visible(self) -> list[bool] | None: ...
    @property
    def dimensions(self) -> list[int | None] | None: ...

@final
class Query:
    """A statement in the binlog that is neither BEGIN nor COMMIT: DDL, or DML under statement format."""
    @property
    def database(self) -> str: ...
    @property
    def sql(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def end_position(self) -> int: ...
    @property
    def gtid(self) -> str | None: ...
    @property
    def timestamp_us(self) -> int:
        """Commit time on the original source, µs since the epoch."""
    @property
    def thread_id(self) -> int: ...
    @property
    def server_id(self) -> int: ...
    @property
    def charset(self) -> str:
        """character_set_client of the session."""
    @property
    def sql_mode(self) -> int: ...
    @property
    def collation_database(self) -> int | None: ...
    @property
    def explicit_defaults_for_timestamp(self) -> bool: ...
    @property
    def in_transaction(self) -> bool: ...

@final
class XaHold:
    """Raw rows of an XA transaction that is not committed yet; keep them under `xid` in order."""
    @property
    def xid(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def first(self) -> bool:
        """True on the first piece: forget what an earlier try left under this xid."""

@final
class XaEnd:
    """`prepared`: the pieces are complete and must be durable before the offset moves on. `committed`: replay them by
    `Decoder.replay`, then forget them once the offset is stored. `rolled_back`: forget them."""
    @property
    def xid(self) -> str: ...
    @property
    def outcome(self) -> Literal["prepared", "committed", "rolled_back"]: ...

@final
class Rollback:
    """The transaction whose rows came out before this was rolled back (or the server failed inside it)."""
    @property
    def rows(self) -> int: ...

@final
class Source:
    """The first transaction of a server: answer with `Decoder.accept`. Only after `Decoder.ask_for_sources`."""
    @property
    def uuid(self) -> str: ...

@final
class Reached:
    """The place that was awaited: no transaction is open, and all before it has come out."""

@final
class PassedOver:
    """An event of rows that was passed over (`Decoder.tolerate`); its rows before the damage have come."""
    @property
    def error(self) -> TailraceError:
        """What would have been raised."""

@final
class Told:
    """Rows that were inserted into a table which `Decoder.bind` was told to tell of."""
    @property
    def rows(self) -> list[bytes]:
        """A JSON event each, without schema; `after` has all columns in order."""

@final
class Decoder:
    """The binlog stream, packets in, batches out. Feed until `next()` returns None, then feed more."""
    def __new__(
        cls,
        *,
        file: str,
        position: int,
        envelope: Envelope,
        gtids: str = "",
        binlog_file: bool = False,
        max_batch_bytes: int = 1048576,
        max_packet: int = 1073741824,
    ) -> Decoder:
        """`binlog_file`: what is fed are bytes of a file without its 4-byte magic, not packets."""
    def feed(self, data: Buffer) -> None:
        """Bytes of MySQL packets as they came from the socket, cut anywhere."""
    def replay(self, data: bytes, last: bool) -> None:
        """A piece of an XA transaction that has committed; decoded before any further input."""
    def next(
        self, now_us: int
    ) -> Batch | NeedTable | Query | Source | XaHold | XaEnd | Rollback | Reached | Told | PassedOver | None:
        """The next thing, or None when more input is needed. `now_us` becomes ts_ms, ts_us, ts_ns of the events."""
    def bind(self, table_id: int, plan: Plan | None, *, told: Plan | None = None) -> None:
        """Answers NeedTable; None drops the table's rows. `told`: give `Told` for inserts, whatever `plan` is."""
    def unbind_all(self) -> None:
        """After DDL: ask again for every table."""
    def skip_rows(self, gtid: str, rows: int) -> None:
        """After a reconnect inside a transaction: do not emit its first `rows` events again."""
    def tolerate(self, *, unreadable: bool, unfit: bool) -> None:
        """Give `PassedOver` for events of rows that cannot be read, or whose rows do not fit their table. Every other
        event that cannot be read is an error."""
    def ask_for_sources(self) -> None:
        """Give a `Source` for each server whose transactions are met for the first time."""
    def accept(self, uuid: str, wanted: bool) -> None:
        """Answers Source: whether rows of that server's transactions become events."""
    def take_over(self, events: int, rows: int) -> None:
        """From another reader, inside the first transaction: do not emit its first `events` binlog events, BEGIN
        included, and the first `rows` rows of the next one."""
    def watch(self, database: str, table: str, key: Sequence[str]) -> GtidSet:
        """Remember whose rows come from here on, by the columns `key`; ends an earlier watch. What was executed up to
        here, the open transaction included."""
    def unwatch(self) -> None:
        """Remember no more, await no more."""
    def await_place(self, place: GtidSet | tuple[str, int]) -> None:
        """Give `Reached` at the first transaction end that has all of `place`; instead of any earlier one."""
    def take_chunk(self, chunk: Chunk, seen: GtidSet | tuple[str, int], now_us: int) -> Batch | None:
        """Rows of the chunk that did not change in the stream since the watch began, as events (op `r`); None when
        there are no more. For use at `Reached`. Every change up to `seen` was visible to the chunk's SELECT."""
    @property
    def file(self) -> str: ...
    @property
    def position(self) -> int:
        """End of the last event read."""
    @property
    def tally(self) -> tuple[int, int, int]:
        """Since the beginning: events that the server sent, but for heartbeats; events with rows of tables or
        sources that are left out; updates that changed nothing and were left out (`skip_unchanged`)."""
    @property
    def open_transaction(self) -> tuple[str, int] | None:
        """GTID of the open transaction and how many of its rows came out: what `skip_rows` wants after a reconnect."""

@final
class ResultSet:
    """Text-protocol result set of a snapshot SELECT, packets in, batches out (op `r`)."""
    def __new__(
        cls,
        plan: Plan,
        envelope: Envelope,
        *,
        file: str,
        position: int,
        timestamp_us: int,
        gtid: str | None = None,
        markers: tuple[str, str] | None = None,
        max_batch_bytes: int = 1048576,
    ) -> ResultSet:
        """The SELECT's columns must be the plan's, in order; the place is the snapshot's in the binlog. `markers`:
        `source.snapshot` of the first and the last row; of the others it is "true"."""
    def feed(self, data: Buffer) -> None: ...
    def next(self, now_us: int) -> Batch | None: ...
    @property
    def finished(self) -> bool:
        """The EOF/OK packet was read."""

@final
class Chunk:
    """Rows of a SELECT, text protocol, kept as they came until `Decoder.take_chunk`. Its length: how many."""
    def __new__(cls, plan: Plan) -> Chunk:
        """The SELECT's columns must be the plan's, in order."""
    def feed(self, data: Buffer) -> None:
        """Raises SourceError for an ERR packet."""
    def last(self, columns: Sequence[int]) -> list[bytes | None] | None:
        """Of the last row, the values of these columns as the server wrote them; None: there is no row."""
    @property
    def finished(self) -> bool:
        """The EOF/OK packet was read."""
    @property
    def memory(self) -> int:
        """Bytes held."""
    def __len__(self) -> int: ...

def json_text(binary: bytes) -> str:
    """The text of a value in MySQL's binary JSON format."""

def decode_text(charset: str, data: bytes) -> str:
    """Bytes of a MySQL character set as text."""

def charsets() -> Sequence[str]: ...

class KafkaFailure(Exception):
    """librdkafka refused. `args`: name of the error, words, kind: "fatal", "abort", "retriable" or ""."""

@final
class Producer:
    """librdkafka's producer. Thread-safe; methods that wait release the GIL. Raises KafkaFailure."""
    def __new__(cls, library: str, properties: Sequence[tuple[str, str]]) -> Producer:
        """`library`: path of librdkafka. Raises ValueError on a property it does not accept, ImportError without it."""
    def produce(self, batch: Batch, start: int, end: int) -> int:
        """Records `start`..`end` of a batch, copied; returns the first that found the queue full, or `end`."""
    def send(self, topic: str, key: bytes | None, value: bytes | None, partition: int | None = None) -> bool:
        """One record; False: the queue is full."""
    def poll(self, timeout: float) -> list[tuple[Literal["log", "error", "fatal", "lost"], str, str]]:
        """What happened since, waiting up to `timeout` seconds for the first: kind, facility or name of the error,
        words. "lost": a record was not delivered, and never will be."""
    def flush(self, timeout: float) -> int:
        """Waits for acknowledgements up to `timeout` seconds; returns how many are missing."""
    def purge(self) -> None:
        """Drops what has not been acknowledged."""
    def init_transactions(self, timeout: float) -> None: ...
    def begin_transaction(self) -> None: ...
    def commit_transaction(self, timeout: float) -> None: ...
    def abort_transaction(self, timeout: float) -> None: ...
    def __len__(self) -> int:
        """Records that are not acknowledged."""
