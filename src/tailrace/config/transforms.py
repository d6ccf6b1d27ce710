"""`transforms`: two compile into the plan of a table, so that they cost nothing per row; the others see each record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tailrace.config.converters import VALUE
from tailrace.config.field import BOOLEAN, CLASS, LIST, STRING, Family, Field, Values, split_list
from tailrace.model.encoding import Deletes

UNWRAP_TYPE = "io.debezium.transforms.ExtractNewRecordState"
ROUTE_TYPE = "io.debezium.transforms.ByLogicalTableRouter"
DEFAULT_NAMING = "io.debezium.schema.DefaultTopicNamingStrategy"
REGEX_NAMING = "io.debezium.schema.DefaultRegexTopicNamingStrategy"

NAMES: Field[tuple[str, ...]] = Field(
    "transforms",
    LIST,
    None,
    f"Names of transforms; the type of each is in transforms.<name>.type. {UNWRAP_TYPE} and {ROUTE_TYPE} cost nothing "
    "per row and come first; io.debezium.transforms.Filter, ContentBasedRouter, HeaderToValue, TimezoneConverter, "
    "outbox.EventRouter, partitions.PartitionRouting and those of installed packages (entry points of "
    "tailrace.transforms) see each record in Python, which is slow.",
)
OPTIONS = Family(
    "transforms.<name>.<option>",
    re.compile(r"transforms\.([^.]+)\.(.+)"),
    STRING,
    "Options of a transform, as Debezium has them.",
)
PREDICATES: Field[tuple[str, ...]] = Field(
    "predicates",
    LIST,
    None,
    "Names of predicates, which say what records a transform sees (transforms.<name>.predicate, .negate): Kafka "
    "Connect's TopicNameMatches, RecordIsTombstone and HasHeaderKey. Not for the two transforms that are compiled.",
)
PREDICATE_OPTIONS = Family(
    "predicates.<name>.<option>",
    re.compile(r"predicates\.([^.]+)\.(.+)"),
    STRING,
    "Options of a predicate, `type` among them, as Connect has them.",
)
_namings = (DEFAULT_NAMING, REGEX_NAMING)
NAMING = Field(
    "topic.naming.strategy",
    CLASS,
    DEFAULT_NAMING,
    f"{DEFAULT_NAMING}: prefix, database, table; {REGEX_NAMING}: what topic.regex and topic.replacement make of that.",
    lambda value: None if value in _namings else f"must be one of {', '.join(_namings)}",
    "low",
)
TOPIC_REGEX = Field(
    "topic.regex", STRING, None, "Topics of tables that it matches, whole, are renamed.", importance="low"
)
TOPIC_REPLACEMENT = Field(
    "topic.replacement", STRING, None, "Their name, with `$1` for a group of `topic.regex`.", importance="low"
)
KEY_UNIQUE = Field(
    "topic.key.enforce.uniqueness",
    BOOLEAN,
    default=True,
    doc="With `topic.regex`: a field of every key that tells tables apart which share a topic.",
    importance="low",
)
KEY_FIELD = Field(
    "topic.key.field.name", STRING, "__dbz__physicalTableIdentifier", "Name of that field.", importance="low"
)
KEY_REGEX = Field(
    "topic.key.field.regex",
    STRING,
    None,
    "What it matches, whole, of a table's own topic is that field; without it the whole topic is.",
    importance="low",
)
KEY_REPLACEMENT = Field(
    "topic.key.field.replacement", STRING, None, "The field, with `$1` for a group of that.", importance="low"
)
FIELDS: tuple[Field[Any], ...] = (
    NAMES,
    PREDICATES,
    NAMING,
    TOPIC_REGEX,
    TOPIC_REPLACEMENT,
    KEY_UNIQUE,
    KEY_FIELD,
    KEY_REGEX,
    KEY_REPLACEMENT,
)
FAMILIES: tuple[Family[Any], ...] = (OPTIONS, PREDICATE_OPTIONS)

_DELETES: tuple[Deletes, ...] = ("drop", "tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone")
_UNWRAP_OPTIONS = frozenset(
    {
        "type", "delete.tombstone.handling.mode", "add.fields", "add.fields.prefix", "add.headers",
        "add.headers.prefix", "replace.null.with.default",
    }
)  # fmt: skip
_NO_HEADER = "no transform here writes the header that names the fields (ExtractChangedRecordState)"
_REFUSED = {
    "drop.fields.header.name": _NO_HEADER,
    "drop.fields.from.key": _NO_HEADER,
    "drop.fields.keep.schema.compatible": _NO_HEADER,
    "route.by.field": "rows without the envelope are made where their topic is known already; "
    "io.debezium.transforms.ContentBasedRouter behind it routes by a field",
    "predicate": "it is compiled into the plans of tables, for all of them",
    "negate": "it is compiled into the plans of tables, for all of them",
}
"""Options of Debezium's and Connect's that the compiled transforms do not have, and why."""
_ROUTE_OPTIONS = frozenset(
    {
        "type", "topic.regex", "topic.replacement", "key.enforce.uniqueness", "key.field.name", "key.field.regex",
        "key.field.replacement",
    }
)  # fmt: skip
_COMPILED = {UNWRAP_TYPE: _UNWRAP_OPTIONS, ROUTE_TYPE: _ROUTE_OPTIONS}


@dataclass(frozen=True, slots=True)
class UnwrapConfig:
    """Rows without the envelope."""

    deletes: Deletes = "tombstone"
    fields: tuple[tuple[str, str], ...] = ()
    """(name in the row, what it is: `op`, `source.table` …)"""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """Topics of several tables made one."""

    regex: re.Pattern[str]
    replacement: str
    r"""With `\g<1>` for a group, as Python has it."""
    key_field: str | None
    """The field of the key that tells tables apart; None: no such field."""
    key_regex: re.Pattern[str] | None = None
    key_replacement: str = ""
    every_key: bool = False
    """The field is part of every key, also of a table that keeps its topic or has no other key."""

    def topic(self, topic: str) -> str:
        """Where records of `topic` go."""
        match = self.regex.fullmatch(topic)
        return match.expand(self.replacement) if match else topic

    def table(self, topic: str) -> str:
        """What the field of the key says."""
        match = self.key_regex.fullmatch(topic) if self.key_regex else None
        return match.expand(self.key_replacement) if match else topic


@dataclass(frozen=True, slots=True)
class TransformsConfig:
    """What is done to every record."""

    unwrap: UnwrapConfig | None = None
    route: RouteConfig | None = None
    others: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = ()
    """(name, type, options) of those that see each record, in order."""
    predicates: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """(name, options)"""

    @classmethod
    def read(cls, values: Values) -> TransformsConfig:
        """From properties that `problems` has found nothing wrong with."""
        chosen = {options["type"]: options for options in _transforms(values).values()}
        unwrap, route = chosen.get(UNWRAP_TYPE), chosen.get(ROUTE_TYPE)
        return cls(
            unwrap=_unwrap(unwrap) if unwrap is not None else None,
            route=_route(route) if route is not None else _naming(values),
            others=tuple(
                (name, options["type"], tuple(options.items()))
                for name, options in _transforms(values).items()
                if options["type"] not in _COMPILED
            ),
            predicates=tuple((name, tuple(options.items())) for name, options in _predicates(values).items()),
        )


NO_TRANSFORMS = TransformsConfig()


def problems(values: Values) -> list[str]:
    """Transforms that are not known, options that are not supported."""
    found = []
    types = []
    slow = False
    for name, options in _transforms(values).items():
        kind = options.get("type", "")
        known = _COMPILED.get(kind)
        if not kind:
            found.append(f"transforms.{name}.type: is missing")
        elif known is None:
            slow = True
            if (predicate := options.get("predicate")) is not None and predicate not in _predicates(values):
                found.append(f"transforms.{name}.predicate: {predicate} is not named in predicates")
        elif slow:
            found.append(f"transforms.{name}: {kind} comes before those that see each record")
        else:
            types.append(kind)
            found += [_unsupported(name, option) for option in options if option not in known]
            if kind == UNWRAP_TYPE:
                found += _check_defaults(name, options, values)
            found += _check(name, kind, options)
    found += _check_naming(values, routed=ROUTE_TYPE in types)
    if len(set(types)) < len(types):
        found.append("transforms: one of each type")
    strangers = {name for (name, _), _ in values.family(OPTIONS)} - _transforms(values).keys()
    found += [f"transforms.{name}: is not named in transforms" for name in sorted(strangers)]
    return found


def _unsupported(name: str, option: str) -> str:
    why = f": {_REFUSED[option]}" if option in _REFUSED else ""
    return f"transforms.{name}.{option}: not supported{why}"


def _check_defaults(name: str, options: Mapping[str, str], values: Values) -> list[str]:
    """The converter decides whether NULL becomes the default."""
    option, wanted = "replace.null.with.default", VALUE.null_default
    given = options.get("replace.null.with.default")
    if given is None or (given.lower() == "true") is values[wanted]:
        return []
    return [f"transforms.{name}.{option}: is {wanted.name} here; give both the same value"]


def _check(name: str, kind: str, options: Mapping[str, str]) -> list[str]:
    if kind == ROUTE_TYPE:
        missing = [option for option in ("topic.regex", "topic.replacement") if option not in options]
        if missing:
            return [f"transforms.{name}.{option}: is missing" for option in missing]
        try:
            _route(options)
        except (re.error, ValueError) as error:
            return [f"transforms.{name}: {error}"]
        return []
    try:
        _unwrap(options)
    except ValueError as error:
        return [f"transforms.{name}: {error}"]
    return []


def _transforms(values: Values) -> dict[str, dict[str, str]]:
    """Options by transform, in the order of `transforms`."""
    names: tuple[str, ...] = values.get(NAMES) or ()
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for (name, option), value in values.family(OPTIONS):
        if name in found:
            found[name][option] = value
    return found


def _predicates(values: Values) -> dict[str, dict[str, str]]:
    """Options by predicate."""
    names: tuple[str, ...] = values.get(PREDICATES) or ()
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for (name, option), value in values.family(PREDICATE_OPTIONS):
        if name in found:
            found[name][option] = value
    return found


def _unwrap(options: Mapping[str, str]) -> UnwrapConfig:
    deletes = options.get("delete.tombstone.handling.mode", "tombstone").lower()
    chosen = next((mode for mode in _DELETES if mode == deletes), None)
    if chosen is None:
        message = f"delete.tombstone.handling.mode must be one of {', '.join(_DELETES)}"
        raise ValueError(message)
    fields = _references(options.get("add.fields", ""), options.get("add.fields.prefix", "__"))
    if chosen in {"rewrite", "rewrite-with-tombstone"}:
        fields = (("__deleted", "deleted"), *fields)
    headers = _references(options.get("add.headers", ""), options.get("add.headers.prefix", "__"))
    return UnwrapConfig(chosen, fields, headers)


_ENVELOPE = frozenset({"op", "ts_ms", "ts_us", "ts_ns"})
_SOURCE = frozenset(
    {
        "version", "connector", "name", "ts_ms", "ts_us", "ts_ns", "snapshot", "db", "table", "server_id", "gtid",
        "file", "pos", "row", "thread", "query",
    }
)  # fmt: skip


def _references(text: str, prefix: str) -> tuple[tuple[str, str], ...]:
    return tuple(_reference(item, prefix) for item in split_list(text))


def _reference(item: str, prefix: str) -> tuple[str, str]:
    """`op`, `source.table`, `table` (of source), `op:operation` (a name of its own)."""
    path, _, name = item.partition(":")
    struct, dot, field = path.rpartition(".")
    if not dot and path in _ENVELOPE:
        return f"{prefix}{name or path}", path
    if (struct == "source" and field in _SOURCE) or (not dot and path in _SOURCE):
        return f"{prefix}{name or path.replace('.', '_')}", f"source.{field}"
    message = f"{item}: an event has no such field that can be added (op, ts_ms, source.table …)"
    raise ValueError(message)


def _route(options: Mapping[str, str]) -> RouteConfig:
    unique = options.get("key.enforce.uniqueness", "true").lower() == "true"
    key_regex = options.get("key.field.regex")
    return RouteConfig(
        regex=re.compile(options["topic.regex"]),
        replacement=_java_replacement(options["topic.replacement"]),
        key_field=options.get("key.field.name", "__dbz__physicalTableIdentifier") if unique else None,
        key_regex=re.compile(key_regex) if key_regex else None,
        key_replacement=_java_replacement(options.get("key.field.replacement", "")),
    )


def _naming(values: Values) -> RouteConfig | None:
    if values[NAMING] != REGEX_NAMING:
        return None
    key_regex = values.get(KEY_REGEX)
    return RouteConfig(
        regex=re.compile(values[TOPIC_REGEX]),
        replacement=_java_replacement(values[TOPIC_REPLACEMENT]),
        key_field=values[KEY_FIELD] if values[KEY_UNIQUE] else None,
        key_regex=re.compile(key_regex) if key_regex else None,
        key_replacement=_java_replacement(values.get(KEY_REPLACEMENT) or ""),
        every_key=True,
    )


def _check_naming(values: Values, *, routed: bool) -> list[str]:
    if values[NAMING] != REGEX_NAMING:
        return []
    if routed:
        return [f"{NAMING.name}: {REGEX_NAMING} and {ROUTE_TYPE}: choose one of them"]
    needed = [TOPIC_REGEX, TOPIC_REPLACEMENT, *([KEY_REPLACEMENT] if values.get(KEY_REGEX) else [])]
    if missing := [field for field in needed if values.get(field) is None]:
        return [f"{field.name}: is missing" for field in missing]
    try:
        _naming(values)
    except re.error as error:
        return [f"{TOPIC_REGEX.name}, {KEY_REGEX.name}: {error}"]
    return []


def _java_replacement(text: str) -> str:
    r"""`$1` and `${name}` of Java as Python's `\g<1>`."""
    escaped = text.replace("\\", "\\\\")
    return re.sub(r"\$(\d+)|\$\{(\w+)\}", lambda match: f"\\g<{match[1] or match[2]}>", escaped)
