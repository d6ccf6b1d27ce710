"""Who the connector is, how much it may hold in memory, and what it does when something fails."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tailrace.config.field import BOOLEAN, CLASS, INT, LONG, STRING, Field, Values, at_least, between, matching
from tailrace.model.names import file_name

CLASSES = (
    "io.debezium.connector.mysql.MySqlConnector",
    "io.tailrace.MySqlConnector",
    "MySqlConnector",
    "MySql",
    "mysql",
)
"""With the aliases that Kafka Connect has for a class."""
DEFAULT_QUEUE_BYTES = 32 << 20


def _known_class(value: str) -> str | None:
    return None if value in CLASSES else f"must be one of {', '.join(CLASSES)}"


NAME = Field(
    "name",
    STRING,
    "tailrace",
    "Name of the connector: offsets are kept under it, and two connectors of one name never run at once.",
    matching(r"[^\x00-\x1f\x7f]{1,200}", "must have 1 to 200 characters and no control characters"),
    "high",
)
CLASS_ = Field("connector.class", CLASS, CLASSES[0], "Accepted for Kafka Connect's sake.", _known_class, "low")
TASKS = Field("tasks.max", INT, 1, "Accepted for Kafka Connect's sake; one binlog is one task.", at_least(1), "low")
TOPIC_PREFIX = Field(
    "topic.prefix",
    STRING,
    None,
    "Logical name of the server: `source.name` of every event, and the first part of topic names. Default: `name`.",
    matching(r"[A-Za-z0-9._-]+", "may have only letters, digits, '.', '_' and '-'"),
    "high",
)
QUEUE_BYTES = Field(
    "max.queue.size.in.bytes",
    LONG,
    0,
    "Most bytes of events between the source and the sink; the source waits when they are reached. "
    f"0: {DEFAULT_QUEUE_BYTES}.",
    lambda value: None if value == 0 or value >= 1 << 20 else "must be 0 or at least 1048576",
)
BATCH_BYTES = Field(
    "tailrace.batch.bytes",
    INT,
    1 << 20,
    "Bytes of events after which the kernel hands over a batch, inside a transaction too.",
    between(4096, 64 << 20),
    "low",
)
FLUSH_INTERVAL = Field(
    "offset.flush.interval.ms", LONG, 1_000, "Pause between two stores of the offset, in ms.", at_least(1)
)
MAX_RETRIES = Field(
    "errors.max.retries", INT, -1, "Attempts to go on after a retriable error; -1: for ever, 0: none.", at_least(-1)
)
RETRY_WAIT = Field(
    "retriable.restart.connector.wait.ms",
    LONG,
    1_000,
    "Longest pause between two attempts, in ms. The first follow one another faster. (Debezium: a fixed 10000.)",
    at_least(1),
    "low",
)
IGNORE_GTID = Field(
    "gtid.ignore.on.recovery",
    BOOLEAN,
    default=False,
    doc="Resume from binlog file and position even if the offset has a GTID set.",
    importance="low",
)
STORAGE_PATH = Field(
    "storage.path",
    STRING,
    None,
    "SQLite file for offsets, sink state and schema history. Default: `./<name>.tailrace.db`.",
    importance="high",
)

FIELDS: tuple[Field[Any], ...] = (
    NAME,
    CLASS_,
    TASKS,
    TOPIC_PREFIX,
    QUEUE_BYTES,
    BATCH_BYTES,
    FLUSH_INTERVAL,
    MAX_RETRIES,
    RETRY_WAIT,
    IGNORE_GTID,
    STORAGE_PATH,
)


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How the engine runs. Times in ms."""

    topic_prefix: str
    queue_bytes: int = DEFAULT_QUEUE_BYTES
    batch_bytes: int = 1 << 20
    flush_interval_ms: int = 1_000
    max_retries: int | None = None
    """None: for ever."""
    retry_wait_ms: int = 1_000
    ignore_gtid_on_recovery: bool = False

    @classmethod
    def read(cls, values: Values) -> EngineConfig:
        """From parsed properties."""
        retries = values[MAX_RETRIES]
        return cls(
            topic_prefix=values.get(TOPIC_PREFIX) or values[NAME],
            queue_bytes=values[QUEUE_BYTES] or DEFAULT_QUEUE_BYTES,
            batch_bytes=values[BATCH_BYTES],
            flush_interval_ms=values[FLUSH_INTERVAL],
            max_retries=None if retries < 0 else retries,
            retry_wait_ms=values[RETRY_WAIT],
            ignore_gtid_on_recovery=values[IGNORE_GTID],
        )


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """Where offsets and schema history are kept."""

    path: Path

    @classmethod
    def read(cls, values: Values) -> StorageConfig:
        """From parsed properties."""
        given = values.get(STORAGE_PATH)
        return cls(Path(given).expanduser() if given else Path(f"{file_name(values[NAME])}.tailrace.db"))


def problems(values: Values) -> list[str]:
    """A name that is also the topic prefix must be fit for one."""
    name = values[NAME]
    if not values.get(TOPIC_PREFIX) and TOPIC_PREFIX.validator(name):
        return [
            f"topic.prefix: is missing, and the name {name!r} cannot stand for it: it {TOPIC_PREFIX.validator(name)}"
        ]
    return []
