"""What an event looks like: types, schemas, keys, topics, and the records that are not rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tailrace.config import columns, converters, custom, transforms
from tailrace.config.columns import ALL_COLUMNS, ColumnsConfig
from tailrace.config.converters import PLAIN, DocumentConfig
from tailrace.config.custom import ConvertersConfig
from tailrace.config.engine import NAME, TOPIC_PREFIX
from tailrace.config.failure import CONVERTING, Failure
from tailrace.config.field import BOOLEAN, INT, LIST, STRING, Family, Field, Values, at_least, one_of
from tailrace.config.transforms import NO_TRANSFORMS, TransformsConfig


class DecimalMode(StrEnum):
    """How DECIMAL is written."""

    PRECISE = "precise"
    STRING = "string"
    DOUBLE = "double"


class TimeMode(StrEnum):
    """How DATE, TIME and DATETIME are written."""

    ADAPTIVE_TIME_MICROSECONDS = "adaptive_time_microseconds"
    CONNECT = "connect"
    ISOSTRING = "isostring"
    MICROSECONDS = "microseconds"
    NANOSECONDS = "nanoseconds"


class BigintUnsignedMode(StrEnum):
    """How BIGINT UNSIGNED is written."""

    LONG = "long"
    PRECISE = "precise"


class BinaryMode(StrEnum):
    """How bytes are written."""

    BYTES = "bytes"
    BASE64 = "base64"
    BASE64_URL_SAFE = "base64-url-safe"
    HEX = "hex"


class Adjustment(StrEnum):
    """How names are made fit for Avro."""

    NONE = "none"
    AVRO = "avro"
    AVRO_UNICODE = "avro_unicode"


_SKIPPED_BY_DEFAULT: tuple[str, ...] = ("t",)


def _operations(value: tuple[str, ...]) -> str | None:
    strangers = [operation for operation in value if operation not in {"c", "u", "d", "t", "r", "none"}]
    return f"must be of c, u, d, t, none, not {', '.join(strangers)}" if strangers else None


DECIMAL = Field(
    "decimal.handling.mode",
    one_of(DecimalMode),
    DecimalMode.PRECISE,
    "precise: Connect's Decimal (bytes of the unscaled value); string: digits; double: the nearest double.",
)
TIME = Field(
    "time.precision.mode",
    one_of(TimeMode),
    TimeMode.ADAPTIVE_TIME_MICROSECONDS,
    "adaptive_time_microseconds: TIME in µs, DATETIME in ms up to 3 digits and in µs beyond; connect: Connect's own "
    "types, ms; isostring: text; microseconds, nanoseconds: all in that unit. TIMESTAMP is text in every mode.",
)
BIGINT_UNSIGNED = Field(
    "bigint.unsigned.handling.mode",
    one_of(BigintUnsignedMode),
    BigintUnsignedMode.LONG,
    "long: the 64 bits read as signed, so large values are negative; precise: Connect's Decimal.",
)
BINARY = Field(
    "binary.handling.mode",
    one_of(BinaryMode),
    BinaryMode.BYTES,
    "bytes; or text: base64, base64-url-safe, hex.",
)
TIME_ADJUSTER = Field(
    "enable.time.adjuster",
    BOOLEAN,
    default=True,
    doc="Accepted as it is: years of two digits become years of four in the server, before they are stored.",
    importance="low",
)
TOMBSTONES = Field(
    "tombstones.on.delete", BOOLEAN, default=True, doc="A record with the key and no value follows each delete."
)
SKIPPED: Field[tuple[str, ...]] = Field(
    "skipped.operations",
    LIST,
    _SKIPPED_BY_DEFAULT,
    "Operations that give no event: c, u, d, t (truncate), or none.",
    _operations,
)
SKIP_UNCHANGED = Field(
    "skip.messages.without.change",
    BOOLEAN,
    default=False,
    doc="Leave out updates that change no captured column.",
)
SCHEMA_ADJUSTMENT = Field(
    "schema.name.adjustment.mode",
    one_of(Adjustment),
    Adjustment.NONE,
    "How schema names are made fit for Avro: none; avro: `_` for what Avro forbids; avro_unicode: `_uXXXX`.",
)
FIELD_ADJUSTMENT = Field(
    "field.name.adjustment.mode", one_of(Adjustment), Adjustment.NONE, "The same for the names of fields."
)
TRANSACTIONS = Field(
    "provide.transaction.metadata",
    BOOLEAN,
    default=False,
    doc="A block with id and order in each event, and records at the beginning and end of each transaction.",
)
TRANSACTION_TOPIC = Field(
    "topic.transaction", STRING, "transaction", "Last part of the topic of transaction records.", importance="low"
)
DELIMITER = Field("topic.delimiter", STRING, ".", "Between the parts of a topic's name.", importance="low")
HEARTBEAT_INTERVAL = Field(
    "heartbeat.interval.ms", INT, 0, "Pause between heartbeat records, in ms; 0: none.", at_least(0)
)
HEARTBEAT_PREFIX = Field(
    "topic.heartbeat.prefix",
    STRING,
    "__debezium-heartbeat",
    "First part of the heartbeat topic; the second is topic.prefix.",
    importance="low",
)
OLD_HEARTBEAT_PREFIX = Field(
    "heartbeat.topics.prefix", STRING, None, "The older name of topic.heartbeat.prefix.", importance="low"
)
HEARTBEAT_TOPIC = Field(
    "topic.heartbeat.name", STRING, None, "The whole name of the heartbeat topic.", importance="low"
)
HEARTBEAT_QUERY = Field(
    "heartbeat.action.query",
    STRING,
    None,
    "A statement to run on the source with each heartbeat, so that a quiet server's offset moves.",
)
SCHEMA_CHANGES = Field(
    "include.schema.changes", BOOLEAN, default=True, doc="Records of DDL, on the topic named like topic.prefix."
)
SCHEMA_COMMENTS = Field(
    "include.schema.comments", BOOLEAN, default=False, doc="Comments of tables and columns in those records."
)
ONLY_CAPTURED_TABLES = Field(
    "schema.history.internal.store.only.captured.tables.ddl",
    BOOLEAN,
    default=False,
    doc="Tell the schema-change topic of captured tables alone, not of all. (The history keeps all.)",
    importance="low",
)
ONLY_CAPTURED_DATABASES = Field(
    "schema.history.internal.store.only.captured.databases.ddl",
    BOOLEAN,
    default=False,
    doc="Tell the schema-change topic of captured databases alone, not of all. (The history keeps all.)",
    importance="low",
)
INCLUDE_QUERY = Field(
    "include.query",
    BOOLEAN,
    default=False,
    doc="The statement in `source.query`; the server must log it (binlog_rows_query_log_events=ON).",
)
EXTENDED_HEADERS = Field(
    "extended.headers.enabled",
    BOOLEAN,
    default=True,
    doc="Headers `__debezium.context.*` on records of rows and schema changes.",
    importance="low",
)
PLACEHOLDER = Field(
    "unavailable.value.placeholder",
    STRING,
    "__debezium_unavailable_value",
    "Accepted as it is: MySQL's events with binlog_row_image=FULL have every value.",
    importance="low",
)
FIELDS: tuple[Field[Any], ...] = (
    DECIMAL,
    TIME,
    BIGINT_UNSIGNED,
    BINARY,
    TIME_ADJUSTER,
    *columns.FIELDS,
    TOMBSTONES,
    SKIPPED,
    SKIP_UNCHANGED,
    SCHEMA_ADJUSTMENT,
    FIELD_ADJUSTMENT,
    TRANSACTIONS,
    TRANSACTION_TOPIC,
    DELIMITER,
    HEARTBEAT_INTERVAL,
    HEARTBEAT_PREFIX,
    OLD_HEARTBEAT_PREFIX,
    HEARTBEAT_TOPIC,
    HEARTBEAT_QUERY,
    SCHEMA_CHANGES,
    SCHEMA_COMMENTS,
    ONLY_CAPTURED_TABLES,
    ONLY_CAPTURED_DATABASES,
    INCLUDE_QUERY,
    EXTENDED_HEADERS,
    PLACEHOLDER,
    *converters.FIELDS,
    *custom.FIELDS,
    *transforms.FIELDS,
)
FAMILIES: tuple[Family[Any], ...] = (*columns.FAMILIES, *custom.FAMILIES, *transforms.FAMILIES)


def problems(values: Values) -> list[str]:
    """Of columns, converters and transforms."""
    return [
        *columns.problems(values),
        *converters.problems(values),
        *custom.problems(values),
        *transforms.problems(values),
    ]


@dataclass(frozen=True, slots=True)
class TypeModes:
    """How values of each type are written."""

    decimal: DecimalMode = DecimalMode.PRECISE
    time: TimeMode = TimeMode.ADAPTIVE_TIME_MICROSECONDS
    bigint_unsigned: BigintUnsignedMode = BigintUnsignedMode.LONG
    binary: BinaryMode = BinaryMode.BYTES


@dataclass(frozen=True, slots=True)
class TopicsConfig:
    """Names of topics."""

    prefix: str
    delimiter: str = "."
    transaction: str = "transaction"
    heartbeat: str = ""


@dataclass(frozen=True, slots=True)
class EventsConfig:
    """All that decides what comes out for a row, a statement, a transaction, a silence."""

    topics: TopicsConfig
    types: TypeModes = TypeModes()
    columns: ColumnsConfig = ALL_COLUMNS
    key: DocumentConfig = PLAIN
    value: DocumentConfig = PLAIN
    schema_names: Adjustment = Adjustment.NONE
    field_names: Adjustment = Adjustment.NONE
    tombstones: bool = True
    skipped: frozenset[str] = frozenset("t")
    skip_unchanged: bool = False
    transactions: bool = False
    heartbeat_interval_ms: int = 0
    heartbeat_query: str | None = None
    schema_changes: bool = True
    schema_comments: bool = False
    only_captured_tables: bool = False
    only_captured_databases: bool = False
    include_query: bool = False
    extended_headers: bool = True
    transforms: TransformsConfig = NO_TRANSFORMS
    converters: ConvertersConfig = ()
    converting: Failure = Failure.WARN
    """What to do with a value that cannot be written."""

    @property
    def strict(self) -> bool:
        """Whether a value that cannot be written stops the connector."""
        return self.converting is Failure.FAIL

    @property
    def avro(self) -> bool:
        """Whether keys, or values, are written as Avro."""
        return self.key.registry is not None or self.value.registry is not None

    @classmethod
    def read(cls, values: Values) -> EventsConfig:
        """From parsed properties."""
        prefix = values.get(TOPIC_PREFIX) or values[NAME]
        delimiter = values[DELIMITER]
        skipped = values[SKIPPED]
        heartbeat_prefix = values.get(OLD_HEARTBEAT_PREFIX) or values[HEARTBEAT_PREFIX]
        return cls(
            topics=TopicsConfig(
                prefix=prefix,
                delimiter=delimiter,
                transaction=delimiter.join((prefix, values[TRANSACTION_TOPIC])),
                heartbeat=values.get(HEARTBEAT_TOPIC) or delimiter.join((heartbeat_prefix, prefix)),
            ),
            types=TypeModes(values[DECIMAL], values[TIME], values[BIGINT_UNSIGNED], values[BINARY]),
            columns=ColumnsConfig.read(values),
            key=converters.KEY.read(values),
            value=converters.VALUE.read(values),
            schema_names=values[SCHEMA_ADJUSTMENT],
            field_names=values[FIELD_ADJUSTMENT],
            tombstones=values[TOMBSTONES],
            skipped=frozenset(skipped) - {"none"},
            skip_unchanged=values[SKIP_UNCHANGED],
            transactions=values[TRANSACTIONS],
            heartbeat_interval_ms=values[HEARTBEAT_INTERVAL],
            heartbeat_query=values.get(HEARTBEAT_QUERY),
            schema_changes=values[SCHEMA_CHANGES],
            schema_comments=values[SCHEMA_COMMENTS],
            only_captured_tables=values[ONLY_CAPTURED_TABLES],
            only_captured_databases=values[ONLY_CAPTURED_DATABASES],
            include_query=values[INCLUDE_QUERY],
            extended_headers=values[EXTENDED_HEADERS],
            transforms=TransformsConfig.read(values),
            converters=custom.read(values),
            converting=values[CONVERTING],
        )
