"""How Kafka is reached, what topics are made like, and what is written in one transaction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tailrace.config.field import (
    BOOLEAN,
    LIST,
    LONG,
    PASSWORD,
    STRING,
    Family,
    Field,
    Password,
    Values,
    at_least,
    matching,
    one_of,
)
from tailrace.config.sink import TYPE


class Support(StrEnum):
    """Kafka Connect's word for exactly once."""

    REQUESTED = "requested"
    REQUIRED = "required"


class Boundary(StrEnum):
    """When a Kafka transaction ends."""

    POLL = "poll"
    INTERVAL = "interval"


class StorageType(StrEnum):
    """Where offsets and schema history are kept."""

    SQLITE = "sqlite"
    KAFKA = "kafka"


_topic = matching(r"[A-Za-z0-9._-]{1,249}", "must be a name that Kafka accepts: letters, digits, '.', '_' and '-'")

BOOTSTRAP = Field(
    "bootstrap.servers", STRING, None, "Kafka brokers, `host:port,host:port`; for `sink.type=kafka`.", importance="high"
)
STORAGE_TYPE = Field(
    "storage.type",
    one_of(StorageType),
    StorageType.SQLITE,
    "sqlite: offsets, sink state and schema history in the file `storage.path`; kafka: in compacted topics, written in "
    "one transaction with the events of `sink.type=kafka`.",
)
SUPPORT = Field(
    "exactly.once.support",
    one_of(Support),
    Support.REQUESTED,
    "required: with `sink.type=kafka`, events and offset are written in one transaction (`storage.type=kafka`); "
    "requested: as the sink and the storage do it.",
)
BOUNDARY = Field(
    "transaction.boundary",
    one_of(Boundary, {"connector": "must be poll or interval: a transaction of the source is never split anyway"}),
    Boundary.POLL,
    "poll: a Kafka transaction ends as soon as nothing more waits to be written, at the latest after "
    "`offset.flush.interval.ms`; interval: it ends at that interval.",
)
OFFSETS_TOPIC = Field(
    "offsets.storage.topic",
    STRING,
    "tailrace-offsets",
    "Topic of the offsets, in Kafka Connect's format; for `storage.type=kafka`.",
    _topic,
)
STATE_TOPIC = Field(
    "tailrace.state.topic",
    STRING,
    None,
    "Topic of the schema history and of prepared XA transactions, of this connector alone; for `storage.type=kafka`. "
    "Default: `tailrace-state.<name>`.",
    _topic,
    "low",
)
CREATE = Field(
    "topic.creation.enable", BOOLEAN, default=True, doc="Make topics that are missing. false: they are an error."
)
GROUPS = Field("topic.creation.groups", LIST, (), "Names of the rules `topic.creation.<group>.…`, the first that fits.")
MAX_BLOCK = Field(
    "tailrace.kafka.timeout.ms",
    LONG,
    10_000,
    "How long a broker may be silent at the start, in ms; and how long an end waits for the last acknowledgements.",
    at_least(100),
    "low",
)
FIELDS: tuple[Field[Any], ...] = (
    BOOTSTRAP,
    STORAGE_TYPE,
    SUPPORT,
    BOUNDARY,
    OFFSETS_TOPIC,
    STATE_TOPIC,
    CREATE,
    GROUPS,
    MAX_BLOCK,
)

_SECRETS = (
    r"(?:sasl\.password|sasl\.jaas\.config|sasl\.oauthbearer\.client\.secret|ssl\.key\.password|ssl\.key\.pem"
    r"|ssl\.keystore\.key|ssl\.keystore\.password|ssl\.truststore\.password)"
)


def _overrides(kind: str) -> tuple[Family[str], Family[Password]]:
    doc = f"A property of Kafka's {kind}, by its Java name or librdkafka's"
    return (
        Family(f"{kind}.override.<property>", re.compile(rf"{kind}\.override\.(?!{_SECRETS}$)(.+)"), STRING, f"{doc}."),
        Family(
            f"{kind}.override.<secret>", re.compile(rf"{kind}\.override\.({_SECRETS})"), PASSWORD, f"{doc}, a secret."
        ),
    )


PRODUCER, PRODUCER_SECRETS = _overrides("producer")
CONSUMER, CONSUMER_SECRETS = _overrides("consumer")
ADMIN, ADMIN_SECRETS = _overrides("admin")
TOPIC_RULES = Family(
    "topic.creation.<group>.<setting>",
    re.compile(r"topic\.creation\.(?!enable$|groups$)([^.]+)\.(.+)"),
    STRING,
    "For topics of a group (`default`: all others): `include` and `exclude` (regular expressions of names), "
    "`partitions`, `replication.factor`, and settings of the topic.",
)
FAMILIES: tuple[Family[Any], ...] = (
    PRODUCER,
    PRODUCER_SECRETS,
    CONSUMER,
    CONSUMER_SECRETS,
    ADMIN,
    ADMIN_SECRETS,
    TOPIC_RULES,
)

Properties = Mapping[str, str | Password]


@dataclass(frozen=True, slots=True)
class TopicRule:
    """How topics are made whose names fit."""

    include: tuple[re.Pattern[str], ...] = ()
    """None: all."""
    exclude: tuple[re.Pattern[str], ...] = ()
    partitions: int = -1
    """-1: the broker's default."""
    replication: int = -1
    """-1: the broker's default."""
    settings: Mapping[str, str] = field(default_factory=dict)

    def fits(self, topic: str) -> bool:
        """Whether a topic of this name is made by this rule."""
        if any(pattern.fullmatch(topic) for pattern in self.exclude):
            return False
        return not self.include or any(pattern.fullmatch(topic) for pattern in self.include)


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """Kafka, as one connector uses it."""

    bootstrap: str | None
    storage: StorageType
    eager: bool
    """A transaction ends when nothing waits."""
    offsets_topic: str
    state_topic: str
    create_topics: bool
    rules: tuple[TopicRule, ...]
    """The first that fits; the last fits all."""
    timeout: float
    """Seconds."""
    producer: Properties
    consumer: Properties
    admin: Properties

    @classmethod
    def read(cls, values: Values, name: str) -> KafkaConfig:
        """From parsed properties."""
        required = values[SUPPORT] is Support.REQUIRED and values[TYPE] == "kafka"
        return cls(
            bootstrap=values.get(BOOTSTRAP),
            storage=StorageType.KAFKA if required else values[STORAGE_TYPE],
            eager=values[BOUNDARY] is Boundary.POLL,
            offsets_topic=values[OFFSETS_TOPIC],
            state_topic=values.get(STATE_TOPIC) or re.sub(r"[^A-Za-z0-9._-]", "_", f"tailrace-state.{name}")[:249],
            create_topics=values[CREATE],
            rules=_rules(values)[0],
            timeout=values[MAX_BLOCK] / 1000,
            producer=_properties(values, PRODUCER, PRODUCER_SECRETS),
            consumer=_properties(values, CONSUMER, CONSUMER_SECRETS),
            admin=_properties(values, ADMIN, ADMIN_SECRETS),
        )


def _properties(values: Values, plain: Family[str], secret: Family[Password]) -> Properties:
    given = {name: value for (name,), value in values.family(plain)}
    return given | {name: value for (name,), value in values.family(secret)}


def _rules(values: Values) -> tuple[tuple[TopicRule, ...], list[str]]:
    given: dict[str, dict[str, str]] = {"default": {}}
    for (group, setting), text in values.family(TOPIC_RULES):
        given.setdefault(group, {})[setting] = text
    wanted = (*values[GROUPS], "default")
    problems = [f"topic.creation.{name}.*: {name} is not among topic.creation.groups" for name in given.keys() - wanted]
    rules = []
    for name in wanted:
        try:
            rules.append(_rule(dict(given.get(name, {}))))
        except (ValueError, re.error) as error:
            problems.append(f"topic.creation.{name}.*: {error}")
    return tuple(rules), problems


def _rule(settings: dict[str, str]) -> TopicRule:
    def patterns(setting: str) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(text.strip()) for text in settings.pop(setting, "").split(",") if text.strip())

    include, exclude = patterns("include"), patterns("exclude")
    partitions, replication = int(settings.pop("partitions", -1)), int(settings.pop("replication.factor", -1))
    if 0 in (partitions, replication) or min(partitions, replication) < -1:
        message = "partitions and replication.factor must be positive, or -1 for the broker's default"
        raise ValueError(message)
    return TopicRule(include, exclude, partitions, replication, settings)


def problems(values: Values) -> list[str]:
    """What does not go together."""
    found = _rules(values)[1]
    to_kafka = values[TYPE] == "kafka"
    if (to_kafka or values[STORAGE_TYPE] is StorageType.KAFKA) and not values.get(BOOTSTRAP):
        found.append("bootstrap.servers: is missing (where Kafka is, host:port)")
    if values[SUPPORT] is Support.REQUIRED and not to_kafka and values[TYPE] not in ("jsonl", "parquet"):
        found.append(f"exactly.once.support: sink.type={values[TYPE]} cannot write exactly once")
    return found
