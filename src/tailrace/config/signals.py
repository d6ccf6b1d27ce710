"""What may be asked of a running connector, by which channel, and what it tells of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tailrace.config.engine import NAME, TOPIC_PREFIX
from tailrace.config.field import BOOLEAN, INT, LIST, LONG, STRING, Family, Field, Values, at_least, between, one_of
from tailrace.model.table import TableId

SOURCE, KAFKA, FILE, IN_PROCESS = "source", "kafka", "file", "in-process"
_CHANNELS = frozenset({SOURCE, KAFKA, FILE, IN_PROCESS})
SINK, LOG, WEBHOOK = "sink", "log", "webhook"
_NOTIFIERS = frozenset({SINK, LOG, WEBHOOK})
_JMX = (
    "there is no JMX here: signals come by REST or Engine.signal, and notifications are read there, without a channel"
)


class Watermarking(StrEnum):
    """What is written to the signalling table around a piece, on servers without GTIDs."""

    INSERT_INSERT = "insert_insert"
    INSERT_DELETE = "insert_delete"


def _only(known: frozenset[str]) -> Any:
    def check(given: tuple[str, ...]) -> str | None:
        if "jmx" in given:
            return f"{_JMX}; leave jmx out"
        strangers = sorted(set(given) - known)
        return f"there is no {', '.join(strangers)}; choose of {', '.join(sorted(known))}" if strangers else None

    return check


def _tables(given: tuple[str, ...]) -> str | None:
    wrong = [name for name in given if not re.fullmatch(r"[^.]+\.[^.]+", name)]
    return f"name a table as database.table, not {wrong[0]}" if wrong else None


DATA_COLLECTION = Field(
    "signal.data.collection",
    LIST,
    None,
    "Signalling table, `database.table`, with three columns: id VARCHAR(42), type VARCHAR(32), data VARCHAR(2048). A "
    "row that is inserted is a signal. A list names one for each database.",
    _tables,
)
CHANNELS = Field(
    "signal.enabled.channels",
    LIST,
    (SOURCE,),
    "Where signals come from: source (the signalling table), kafka, file. Those of Python and REST always come.",
    _only(_CHANNELS),
)
POLL = Field(
    "signal.poll.interval.ms", LONG, 5_000, "Pause between two looks into the file, in ms.", at_least(1), "low"
)
KAFKA_TOPIC = Field(
    "signal.kafka.topic",
    STRING,
    None,
    "Topic of one partition; the key of a signal is topic.prefix, its value JSON. Default: `<topic.prefix>-signal`.",
)
KAFKA_SERVERS = Field("signal.kafka.bootstrap.servers", STRING, None, "Brokers of that topic, `host:port,…`.")
KAFKA_GROUP = Field("signal.kafka.groupId", STRING, "kafka-signal", "Consumer group that reads it.", importance="low")
KAFKA_POLL = Field(
    "signal.kafka.poll.timeout.ms", INT, 0, "How long one poll waits, in ms; 0: 100.", at_least(0), "low"
)
KAFKA_CONSUMER = Family(
    "signal.consumer.<property>",
    re.compile(r"signal\.consumer\.(.+)"),
    STRING,
    "Any property of the consumer's client (librdkafka): `signal.consumer.security.protocol` …",
    "low",
)
SIGNAL_FILE = Field(
    "signal.file",
    STRING,
    "file-signals.txt",
    "File with a signal a line, JSON with id, type and data. What was read is taken out of it.",
)
CHUNK = Field(
    "incremental.snapshot.chunk.size",
    INT,
    1024,
    "Rows that an incremental snapshot reads at once.",
    between(1, 1 << 20),
)
WATERMARKING = Field(
    "incremental.snapshot.watermarking.strategy",
    one_of(Watermarking),
    Watermarking.INSERT_INSERT,
    "On servers without GTIDs: what becomes of the row that is written to the signalling table before each piece. "
    "insert_insert: another one closes the window; insert_delete: it is deleted. With GTIDs nothing is written.",
    importance="low",
)
READ_ONLY = Field(
    "read.only",
    BOOLEAN,
    default=False,
    doc="Never write to the source: incremental snapshots need GTIDs then. With GTIDs nothing is written anyway.",
)
NOTIFIERS = Field(
    "notification.enabled.channels",
    LIST,
    (),
    "Where notifications go: sink (a topic), log, webhook. Python and REST show the last hundred in any case.",
    _only(_NOTIFIERS),
)
NOTIFICATION_TOPIC = Field(
    "notification.sink.topic.name", STRING, None, "Topic of the notifications; needed by the channel sink."
)
WEBHOOK_URL = Field(
    "tailrace.notification.webhook.url",
    STRING,
    None,
    "Where the channel webhook POSTs each notification as JSON. A server that does not answer is tried a few times; "
    "the stream never waits for it.",
    lambda url: None if url.startswith(("http://", "https://")) else "must begin with http:// or https://",
)

FIELDS: tuple[Field[Any], ...] = (
    DATA_COLLECTION,
    CHANNELS,
    POLL,
    KAFKA_TOPIC,
    KAFKA_SERVERS,
    KAFKA_GROUP,
    KAFKA_POLL,
    SIGNAL_FILE,
    CHUNK,
    WATERMARKING,
    READ_ONLY,
    NOTIFIERS,
    NOTIFICATION_TOPIC,
    WEBHOOK_URL,
)
FAMILIES: tuple[Family[Any], ...] = (KAFKA_CONSUMER,)


@dataclass(frozen=True, slots=True)
class KafkaSignals:
    """The topic that signals are read from."""

    servers: str
    topic: str
    group: str
    key: str
    poll_ms: int
    client: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SignalsConfig:
    """Where signals come from, and how they are carried out."""

    tables: tuple[TableId, ...] = ()
    """Signalling tables that are read from the stream."""
    watermark_table: TableId | None = None
    """Where watermarks may be written."""
    deletes_watermarks: bool = False
    chunk_rows: int = 1024
    file: str | None = None
    poll_ms: int = 5_000
    kafka: KafkaSignals | None = None

    @classmethod
    def read(cls, values: Values) -> SignalsConfig:
        """From parsed properties."""
        channels = values[CHANNELS]
        named = tuple(TableId(*name.split(".")) for name in values.get(DATA_COLLECTION) or ())
        prefix = values.get(TOPIC_PREFIX) or values[NAME]
        kafka = None
        if KAFKA in channels:
            kafka = KafkaSignals(
                servers=values[KAFKA_SERVERS],
                topic=values.get(KAFKA_TOPIC) or f"{prefix}-signal",
                group=values[KAFKA_GROUP],
                key=prefix,
                poll_ms=values[KAFKA_POLL] or 100,
                client=tuple((names[0], value) for names, value in values.family(KAFKA_CONSUMER)),
            )
        return cls(
            tables=named if SOURCE in channels else (),
            watermark_table=named[0] if named and not values[READ_ONLY] else None,
            deletes_watermarks=values[WATERMARKING] is Watermarking.INSERT_DELETE,
            chunk_rows=values[CHUNK],
            file=values[SIGNAL_FILE] if FILE in channels else None,
            poll_ms=values[POLL],
            kafka=kafka,
        )


@dataclass(frozen=True, slots=True)
class NotificationsConfig:
    """Who is told."""

    log: bool = False
    topic: str | None = None
    webhook: str | None = None

    @classmethod
    def read(cls, values: Values) -> NotificationsConfig:
        """From parsed properties."""
        channels = values[NOTIFIERS]
        return cls(
            log=LOG in channels,
            topic=values.get(NOTIFICATION_TOPIC) if SINK in channels else None,
            webhook=values.get(WEBHOOK_URL) if WEBHOOK in channels else None,
        )


def problems(values: Values) -> list[str]:
    """Channels without what they need."""
    needed = (
        (KAFKA in values[CHANNELS], KAFKA_SERVERS, CHANNELS),
        (SINK in values[NOTIFIERS], NOTIFICATION_TOPIC, NOTIFIERS),
        (WEBHOOK in values[NOTIFIERS], WEBHOOK_URL, NOTIFIERS),
    )
    return [
        f"{field.name}: is missing, and {channel.name} asks for it"
        for wanted, field, channel in needed
        if wanted and not values.get(field)
    ]
