"""Text properties become one frozen Config, or one ConfigError that names everything wrong at once."""

from __future__ import annotations

import difflib
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailrace.config import custom, engine, events, failure, filters, kafka, peers, signals, sink, snapshot, source
from tailrace.config.engine import EngineConfig, StorageConfig
from tailrace.config.events import EventsConfig
from tailrace.config.expand import expand
from tailrace.config.failure import FailureConfig
from tailrace.config.field import Family, Field, Values
from tailrace.config.filters import NameFilter, TableFilter
from tailrace.config.kafka import KafkaConfig
from tailrace.config.renamed import GONE, renamed
from tailrace.config.signals import NotificationsConfig, SignalsConfig
from tailrace.config.sink import SinkConfig, SinkFields
from tailrace.config.snapshot import SnapshotConfig
from tailrace.config.source import SourceConfig
from tailrace.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

FIELDS: tuple[Field[Any], ...] = (
    *engine.FIELDS,
    *source.FIELDS,
    *filters.FIELDS,
    *events.FIELDS,
    *failure.FIELDS,
    *snapshot.FIELDS,
    *signals.FIELDS,
    *sink.FIELDS,
    *kafka.FIELDS,
)
"""Every property except those of the sinks."""
FAMILIES: tuple[Family[Any], ...] = (*events.FAMILIES, *snapshot.FAMILIES, *signals.FAMILIES, *kafka.FAMILIES)

_PROBLEMS: tuple[Callable[[Values], list[str]], ...] = (
    engine.problems,
    source.problems,
    filters.problems,
    events.problems,
    snapshot.problems,
    signals.problems,
    kafka.problems,
)


@dataclass(frozen=True, slots=True)
class Config:
    """All that a connector is told, each concern in its own value."""

    name: str
    source: SourceConfig
    tables: TableFilter
    gtid_sources: NameFilter
    filter_rows_by_source: bool
    events: EventsConfig
    failure: FailureConfig
    snapshot: SnapshotConfig
    signals: SignalsConfig
    notifications: NotificationsConfig
    engine: EngineConfig
    storage: StorageConfig
    sink: SinkConfig
    kafka: KafkaConfig


def parse(
    properties: Mapping[str, str], sink_fields: SinkFields, environment: Mapping[str, str] = os.environ
) -> Config:
    """Raises ConfigError with every problem. Values of secrets, and of references, are not part of it."""
    values, problems = _read(properties, sink_fields, environment)
    if problems:
        raise _refuse(problems)
    sink_type = values[sink.TYPE]
    return Config(
        name=values[engine.NAME],
        source=SourceConfig.read(values),
        tables=TableFilter.read(values),
        gtid_sources=filters.gtid_sources(values),
        filter_rows_by_source=filters.filters_rows(values),
        events=EventsConfig.read(values),
        failure=FailureConfig.read(values),
        snapshot=SnapshotConfig.read(values),
        signals=SignalsConfig.read(values),
        notifications=NotificationsConfig.read(values),
        engine=EngineConfig.read(values),
        storage=StorageConfig.read(values),
        sink=SinkConfig(sink_type, values),
        kafka=KafkaConfig.read(values, values[engine.NAME]),
    )


def find_problems(
    properties: Mapping[str, str], sink_fields: SinkFields, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """What is wrong with the properties: `name: why` each."""
    return _read(properties, sink_fields, environment)[1]


def _read(
    properties: Mapping[str, str], sink_fields: SinkFields, environment: Mapping[str, str]
) -> tuple[Values, list[str]]:
    problems: list[str] = []
    own: tuple[Field[Any], ...] = ()
    try:
        own = tuple(sink_fields(properties.get(sink.TYPE.name) or sink.TYPE.default or ""))
    except ConfigError as error:
        problems.append(" ".join(filter(None, (error.message, error.hint))))
        properties = {name: text for name, text in properties.items() if not name.startswith("sink.")}
    fields = {field.name: field for field in (*FIELDS, *own)}
    values = _parse_fields(properties, fields, environment, problems)
    problems += _strangers(properties, fields)
    if not problems:
        problems = [problem for check in _PROBLEMS for problem in check(values)]
    return values, problems


def parse_kafka(properties: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> KafkaConfig:
    """Kafka alone, for those who have no source. Raises ConfigError."""
    problems: list[str] = []
    values = _parse_fields(properties, {field.name: field for field in kafka.FIELDS}, environment, problems)
    if not problems and not values.get(kafka.BOOTSTRAP):
        problems.append(f"{kafka.BOOTSTRAP.name}: is missing (where Kafka is, host:port)")
    if problems:
        raise _refuse(problems)
    return KafkaConfig.read(values, "")


def parse_source(
    properties: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> tuple[SourceConfig, TableFilter]:
    """The source and what is captured of it, whatever else the properties say. Raises ConfigError."""
    problems: list[str] = []
    fields = {field.name: field for field in (*source.FIELDS, *filters.FIELDS)}
    values = _parse_fields(properties, fields, environment, problems)
    problems = problems or [problem for check in (source.problems, filters.problems) for problem in check(values)]
    if problems:
        raise _refuse(problems)
    return SourceConfig.read(values), TableFilter.read(values)


def _parse_fields(
    properties: Mapping[str, str],
    fields: Mapping[str, Field[Any]],
    environment: Mapping[str, str],
    problems: list[str],
) -> Values:
    parsed: dict[Field[Any], object] = {}
    for field in fields.values():
        text = properties.get(field.name, "")
        secret = field.type.label == "PASSWORD"
        if not secret:
            text = text.strip()
        if not text:
            if field.required:
                problems.append(f"{field.name}: is missing ({field.doc})")
            continue
        try:
            parsed[field] = field.read(expand(text, environment, _read_file))
        except ValueError as error:
            given = "" if secret or "${" in text else f" (given: {text})"
            problems.append(f"{field.name}: {error}{given}")
    return Values(parsed, _parse_families(properties, fields, environment, problems))


def _families(properties: Mapping[str, str]) -> tuple[Family[Any], ...]:
    """Those of converters go by the names that the properties give."""
    return (*FAMILIES, custom.options(properties))


def _parse_families(
    properties: Mapping[str, str],
    fields: Mapping[str, Field[Any]],
    environment: Mapping[str, str],
    problems: list[str],
) -> dict[str, tuple[tuple[tuple[str, ...], object], ...]]:
    found: dict[str, tuple[tuple[tuple[str, ...], object], ...]] = {}
    families = _families(properties)
    for name, text in properties.items():
        for family in families:
            if name in fields or (match := family.pattern.fullmatch(name)) is None:
                continue
            try:
                value = family.type.parse(expand(text.strip(), environment, _read_file))
            except ValueError as error:
                problems.append(f"{name}: {error}")
            else:
                found[family.name] = (*found.get(family.name, ()), (match.groups(), value))
    return found


def _read_file(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _strangers(properties: Mapping[str, str], fields: Mapping[str, Field[Any]]) -> Iterable[str]:
    """A problem for each property that is neither a field nor can be set aside."""
    families = _families(properties)
    for name, value in properties.items():
        if name in fields or any(family.pattern.fullmatch(name) for family in families):
            continue
        if now := renamed(name):
            yield f"{name}: is an old name; did you mean {now}?"
        elif name in GONE:
            yield f"{name}: is gone, from Debezium too; leave it out"
        elif not peers.known(name):
            near = difflib.get_close_matches(name, fields, n=1, cutoff=0.75)
            yield f"{name}: unknown property" + (f"; did you mean {near[0]}?" if near else "")
        elif (why := peers.note(name, value)) is None:
            yield peers.refusal(name)
        elif why:
            log.info("%s has no effect: %s", name, why)


def _refuse(problems: list[str]) -> ConfigError:
    if len(problems) == 1:
        return ConfigError(f"configuration: {problems[0]}")
    lines = "\n".join(f"  - {problem}" for problem in problems)
    return ConfigError(f"configuration: {len(problems)} problems\n{lines}")
