"""A connector that a command is about, by name on a worker or by the file of a `tailrace run`; and how to reach what
its configuration names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tailrace.config import SourceConfig, TableFilter, Values, load_properties
from tailrace.config.filters import FIELDS as FILTERS
from tailrace.config.kafka import KafkaConfig
from tailrace.config.load import FORMATS
from tailrace.config.parse import parse_kafka
from tailrace.config.source import FIELDS as SOURCE
from tailrace.errors import ConfigError
from tailrace.ops.connect import Connect
from tailrace.ops.dsn import CONNECT_MS, parse_dsn
from tailrace.ops.secrets import MASK

_SECURITY = ("security.", "sasl.", "ssl.")


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of a connector before anything else is asked."""

    name: str
    config: Mapping[str, str] = field(repr=False)
    """May hold secrets."""
    worker: Connect | None
    """None: it runs without one."""
    tailrace: bool
    """Whether it is one of ours."""

    @property
    def prefix(self) -> str:
        """Its topic.prefix."""
        return self.config.get("topic.prefix") or self.name


def find(connect: Connect, name: str) -> Target:
    """By its name on the worker, or by its file. Raises WorkerError, WorkerUnreachable, ConfigError."""
    file = Path(name)
    if file.suffix in FORMATS and file.exists():
        config = load_properties(file)
        return Target(config.get("name") or file.stem, config, None, tailrace=True)
    return Target(name, connect.config(name), connect, tailrace=connect.is_tailrace())


def source(target: Target, dsn: str | None) -> SourceConfig:
    """The server: of a DSN, or as the configuration has it. Raises ConfigError where that does not suffice."""
    if dsn is not None:
        return parse_dsn(dsn)
    config = target.config
    secrets = ("database.password", "database.ssl.truststore.password", "database.ssl.keystore.password")
    hidden = [name for name in secrets if config.get(name) == MASK or "${" in config.get(name, "")]
    if hidden or not config.get("database.hostname"):
        why = f"{hidden[0]} is not shown here" if hidden else "the configuration names no server"
        place = f"{config.get('database.hostname', 'HOST')}:{config.get('database.port', '3306')}"
        user = config.get("database.user", "USER")
        raise ConfigError(
            f"the source of {target.name} cannot be asked: {why}",
            hint=f"--source 'mysql://{user}:${{env:NAME}}@{place}'",
        )
    parsed = {each: each.read(text) for each in SOURCE if (text := config.get(each.name, "").strip())}
    found = SourceConfig.read(Values(parsed, {}))
    # A person waits: what does not answer in seconds does not answer.
    return replace(found, connect_timeout_ms=min(found.connect_timeout_ms, CONNECT_MS))


def tables(target: Target) -> TableFilter | None:
    """Which tables it captures; None where its patterns are none of Python's."""
    try:
        parsed = {each: each.read(text) for each in FILTERS if (text := target.config.get(each.name, "").strip())}
    except ValueError:
        return None
    return TableFilter.read(Values(parsed, {}))


def brokers(target: Target, servers: str | None, *prefixes: str) -> KafkaConfig:
    """Kafka as the command reaches it: `servers`, or those of the configuration, and the security that it names under
    the first of `prefixes` that has some. Raises ConfigError.
    """
    config = target.config
    names = ("bootstrap.servers", "schema.history.internal.kafka.bootstrap.servers", "signal.kafka.bootstrap.servers")
    found = servers or next((config[name] for name in names if config.get(name)), None)
    if found is None:
        raise ConfigError(f"the configuration of {target.name} names no broker", hint="--bootstrap HOST:PORT")
    properties = {"bootstrap.servers": found, "tailrace.kafka.timeout.ms": "10000"}
    for prefix in prefixes:
        given = {
            name.removeprefix(prefix): text
            for name, text in config.items()
            if name.startswith(tuple(prefix + each for each in _SECURITY))
        }
        if given:
            if MASK in given.values():
                raise ConfigError(f"{prefix}*: a secret is not shown here", hint="run this with the connector's file")
            properties |= {f"producer.override.{name}": text for name, text in given.items()}
            break
    return parse_kafka(properties)
