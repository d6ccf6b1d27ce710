"""Debezium's TimezoneConverter: points in time of a row as the clocks of a time zone show them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from tailrace.config.field import split_list
from tailrace.convert.schema import Json
from tailrace.transforms import Record, Transform
from tailrace.transforms.options import known_only, required

log = logging.getLogger(__name__)

_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})(?::(\d{2}))?")
_RULE = re.compile(r"[^:]+(?::[^:]+){0,2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_FIRST = datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_LAST = datetime(9999, 12, 31, tzinfo=UTC).replace(tzinfo=None)
_UNITS: Mapping[str, int] = {
    "io.debezium.time.Timestamp": 1_000,
    "org.apache.kafka.connect.data.Timestamp": 1_000,
    "io.debezium.time.MicroTimestamp": 1_000_000,
    "io.debezium.time.NanoTimestamp": 1_000_000_000,
}
"""Per second."""
_ZONED = "io.debezium.time.ZonedTimestamp"
_NO_INSTANTS = frozenset(
    {"io.debezium.time.Date", "io.debezium.time.MicroTime", "io.debezium.time.NanoTime", "io.debezium.time.Time"}
    | {"org.apache.kafka.connect.data.Date", "org.apache.kafka.connect.data.Time"}
)
_CLOCKS: Mapping[str, int] = {"ts_ms": 1_000, "ts_us": 1_000_000, "ts_ns": 1_000_000_000}
"""Of `source`, per second."""
_IMAGES = ("before", "after")

Fields = frozenset[str]
Wanted = Callable[[str], bool]
"""Whether a field of this name is converted."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """Fields by topic, by table, and by either; no fields: all of them."""

    topics: dict[str, set[str]] = field(default_factory=dict)
    tables: dict[str, set[str]] = field(default_factory=dict)
    either: dict[str, set[str]] = field(default_factory=dict)

    def of(self, topic: str, table: str | None) -> Fields | None:
        """None: there is no rule for the record."""
        name = table or ""
        for rules, key in ((self.topics, topic), (self.tables, name), (self.either, topic), (self.either, name)):
            if key in rules:
                return frozenset(rules[key])
        return None


def timezone_converter(options: Mapping[str, str]) -> Transform:
    """`io.debezium.transforms.TimezoneConverter`. Raises ValueError."""
    known_only(options, "converted.timezone", "include.list", "exclude.list")
    zone = _zone(required(options, "converted.timezone"))
    include, exclude = (split_list(options.get(name, "")) for name in ("include.list", "exclude.list"))
    if include and exclude:
        raise ValueError("include.list and exclude.list: give one of them, not both")
    rules = _rules(include or exclude)
    warned: set[tuple[str, str]] = set()

    def transform(record: Record) -> Record:
        if not record.is_envelope or record.schema is None:
            return record
        value, source = record.value, record.value.get("source") or {}
        fields = rules.of(record.topic, source.get("table"))
        if include:
            chosen = _chosen(fields, "include") if fields is not None else None
        else:
            # Of an excluded table with no fields named, none is converted.
            chosen = None if fields == frozenset() else _chosen(fields or frozenset(), "exclude")
        if chosen is None:
            return record
        images, of_source = chosen
        schemas = {part["field"]: part for part in record.schema["fields"]}
        changed = {
            image: _image(value[image], schemas[image], images[image], zone, warned)
            for image in _IMAGES
            if value.get(image) is not None
        }
        if of_source is not None:
            changed["source"] = {**source, **_source(source, of_source, zone)}
        return record.with_value({**value, **changed})

    return transform


def _zone(text: str) -> tzinfo:
    if match := _OFFSET.fullmatch(text):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
        if offset <= timedelta(hours=18):
            return timezone(-offset if match[1] == "-" else offset)
    elif text in available_timezones():
        return ZoneInfo(text)
    raise ValueError(f"converted.timezone must be a zone such as America/Los_Angeles, or +hh:mm, not {text}")


def _rules(items: tuple[str, ...]) -> _Rules:
    rules = _Rules()
    prefix = ""
    for number, item in enumerate(items):
        if not _RULE.fullmatch(item) or (number == 0 and ":" not in item):
            message = "is not source:table, source:table:field, topic:topic, topic:topic:field or name:field"
            raise ValueError(f"include.list, exclude.list: {item!r} {message}")
        first, *rest = (part.strip() for part in item.split(":"))
        if rest and first.lower() in {"source", "topic"}:
            # It counts for the items after it too, as in Debezium.
            prefix, first, rest = first.lower(), rest[0], rest[1:]
        known = {"topic": rules.topics, "source": rules.tables}.get(prefix, rules.either)
        known.setdefault(first, set()).update(rest[:1])
    return rules


def _chosen(fields: Fields, kind: Literal["include", "exclude"]) -> tuple[dict[str, Wanted], Wanted | None]:
    """For each image, and for `source` (None: not at all), which fields are wanted."""
    named: dict[str, set[str]] = {"before": set(), "after": set(), "source": set()}
    for name in fields:
        struct, _, inner = name.partition(".")
        if inner and struct in named:
            named[struct].add(inner)
        else:
            named["before"].add(name)
            named["after"].add(name)

    def wanted(names: set[str]) -> Wanted:
        if not fields:
            return lambda _: True
        return (lambda name: name in names) if kind == "include" else (lambda name: name not in names)

    return {image: wanted(named[image]) for image in _IMAGES}, wanted(named["source"]) if named["source"] else None


def _image(
    row: Mapping[str, Json],
    schema: Mapping[str, Any],
    wanted: Wanted,
    zone: tzinfo,
    warned: set[tuple[str, str]],
) -> dict[str, Json]:
    changed = dict(row)
    for column in schema["fields"]:
        name, kind = column["field"], column.get("name")
        if kind in _NO_INSTANTS and wanted(name) and (kind, name) not in warned:
            warned.add((kind, name))
            log.warning("field %s is left as it is: %s is no point in time", name, kind)
        if (kind == _ZONED or kind in _UNITS) and wanted(name) and row.get(name) is not None:
            changed[name] = _zoned(row[name], zone) if kind == _ZONED else _shifted(row[name], _UNITS[kind], zone)
    return changed


def _shifted(value: int, unit: int, zone: tzinfo) -> int:
    """The instant at which the zone's clocks show what UTC's did."""
    return value - _offset(_clock(value // unit), zone) * unit


def _source(source: Mapping[str, Json], wanted: Wanted, zone: tzinfo) -> dict[str, Json]:
    """The clocks of `source`, moved by the zone's offset of that instant."""
    changed = {}
    for name, unit in _CLOCKS.items():
        if wanted(name) and source.get(name) is not None:
            instant = _clock(source[name] // unit).replace(tzinfo=UTC)
            changed[name] = source[name] + _seconds(instant.astimezone(zone).utcoffset()) * unit
    return changed


def _zoned(text: str, zone: tzinfo) -> str:
    """The same instant with the zone's offset. Debezium looks the offset up by UTC's clock."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.fromisoformat(whole)
    seconds = _offset(moment, zone)
    local = (moment + timedelta(seconds=seconds)).isoformat()
    digits = fraction.rstrip("0")
    return local + (f".{digits}" if digits else "") + _suffix(seconds)


def _suffix(seconds: int) -> str:
    if not seconds:
        return "Z"
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text


def _clock(seconds: int) -> datetime:
    """What UTC's clock shows; at the ends of the calendar its first and last moment."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return _LAST if seconds > 0 else _FIRST


def _offset(clock: datetime, zone: tzinfo) -> int:
    """Seconds that the zone is ahead of UTC when its own clocks show that; where they show it twice, the first time."""
    return _seconds(zone.utcoffset(clock))


def _seconds(offset: timedelta | None) -> int:
    return int(offset.total_seconds()) if offset is not None else 0
