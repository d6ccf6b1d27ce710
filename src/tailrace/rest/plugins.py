"""`/connector-plugins`: what can be configured, and whether a configuration would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from tailrace import __version__
from tailrace.config import Field, engine, events, failure, filters, sink, snapshot, source
from tailrace.config.engine import CLASSES
from tailrace.config.transforms import ROUTE_TYPE, UNWRAP_TYPE
from tailrace.errors import ConfigError
from tailrace.rest.answers import Answer, Question, RestError
from tailrace.rest.secrets import MASK, is_secret, masked, unmasked
from tailrace.sinks import BUILTIN, sink_type
from tailrace.worker.settings import Role
from tailrace.worker.worker import Worker

_GROUPS: tuple[tuple[str, tuple[Field[Any], ...]], ...] = (
    ("Connector", engine.FIELDS),
    ("Source", source.FIELDS),
    ("Tables", filters.FIELDS),
    ("Events", events.FIELDS),
    ("Snapshots", snapshot.FIELDS),
    ("Failures", failure.FIELDS),
    ("Sink", sink.FIELDS),
)
_CONNECTORS = tuple(name for name in CLASSES if "." in name)
_CONVERTERS = ("io.confluent.connect.avro.AvroConverter", "org.apache.kafka.connect.json.JsonConverter")
_TRANSFORMS = (
    ROUTE_TYPE,
    "io.debezium.transforms.ContentBasedRouter",
    UNWRAP_TYPE,
    "io.debezium.transforms.Filter",
    "io.debezium.transforms.outbox.EventRouter",
)
_PREDICATES = tuple(
    f"org.apache.kafka.connect.transforms.predicates.{name}"
    for name in ("HasHeaderKey", "RecordIsTombstone", "TopicNameMatches")
)
_OTHERS = (("transformation", _TRANSFORMS), ("predicate", _PREDICATES), ("converter", _CONVERTERS))


def listed(_: Worker, question: Question) -> Answer:
    """Connectors; with `connectorsOnly=false` also what may stand in their configurations."""
    found = [{"class": name, "type": "source", "version": __version__} for name in _CONNECTORS]
    if not question.flag("connectorsOnly", default=True):
        found += [{"class": name, "type": kind, "version": __version__} for kind, names in _OTHERS for name in names]
    return Answer(body=found)


def definitions(_: Worker, question: Question) -> Answer:
    """Every property of a connector; converters and transforms have none of their own here."""
    plugin = question.path["plugin"]
    if is_connector(plugin):
        return Answer(body=[definition for _, definition in _definitions(None)])
    if any(_same(name, plugin) for _, names in _OTHERS for name in names):
        return Answer(body=[])
    raise RestError(404, f"Unknown plugin {plugin}.")


def validated(worker: Worker, question: Question) -> Answer:
    """What each property is, was given, and what is wrong with it."""
    plugin = question.path["plugin"]
    given = question.texts()
    chosen = given.get("connector.class")
    if chosen is not None and not chosen.removesuffix("Connector").endswith(plugin.removesuffix("Connector")):
        raise RestError(400, f"Included connector type {chosen} does not match request type {plugin}")
    chosen = known_class(given)
    config = _known(worker, question, {name: value for name, value in given.items() if value is not None})
    errors = _errors(worker, given, config)
    shown = masked(config)
    infos: list[dict[str, Any]] = [
        {"definition": definition, "value": _value(field, shown.get(field.name), errors.pop(field.name, []))}
        for field, definition in _definitions(config.get(sink.TYPE.name))
    ]
    # What no table knows has no definition, in Connect too.
    infos += [{"definition": None, "value": _stranger(name, shown.get(name), why)} for name, why in errors.items()]
    count = sum(len(info["value"]["errors"]) for info in infos)
    groups = [name for name, _ in _GROUPS]
    return Answer(body={"name": chosen, "error_count": count, "groups": groups, "configs": infos})


def _known(worker: Worker, question: Question, config: dict[str, str]) -> dict[str, str]:
    """With the stored secrets where it shows masks: for those alone who could as well configure the connector so. Any
    other could have the secret sent to a server of their own.
    """
    name = config.get("name", "")
    if question.caller.role is not Role.OPERATOR or name not in worker.names():
        return config
    return unmasked(config, worker.connector(name).config)


def _errors(worker: Worker, given: Mapping[str, str | None], config: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, why in worker.problems(config.get("name", ""), config):
        found.setdefault(name, []).append(why)
    for name in (name for name, value in given.items() if value is None):
        found.setdefault(name, []).append("Null value can not be supplied as the configuration value.")
    for name in (name for name, value in config.items() if value == MASK):
        found.setdefault(name, []).append(f"{MASK} stands for a secret that is not known here")
    return found


def _definitions(sink_name: str | None) -> Iterable[tuple[Field[Any], dict[str, Any]]]:
    for group, fields in _GROUPS:
        every = (*fields, *_of_sinks(sink_name)) if group == "Sink" else fields
        for order, field in enumerate(every, 1):
            yield field, _definition(field, group, order)


def _of_sinks(sink_name: str | None) -> Sequence[Field[Any]]:
    """Of the sink given, else of all that are built in; of fields of one name the first."""
    found: dict[str, Field[Any]] = {}
    for name in BUILTIN if sink_name is None else (sink_name,):
        try:
            for field in sink_type(name).fields:
                found.setdefault(field.name, field)
        except ConfigError:
            # Not installed, or what it needs is missing: `sink.type` says so.
            continue
    return tuple(found.values())


def _definition(field: Field[Any], group: str, order: int) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.type.label,
        "required": field.required,
        "default_value": _default(field),
        "importance": field.importance.upper(),
        "documentation": field.doc,
        "group": group,
        "order_in_group": order,
        "width": "LONG" if field.type.label in ("LIST", "STRING", "PASSWORD", "CLASS") else "SHORT",
        "display_name": field.name,
        "dependents": [],
    }


def _value(field: Field[Any], given: str | None, errors: list[str]) -> dict[str, Any]:
    return {
        "name": field.name,
        "value": _default(field) if given is None else given,
        "recommended_values": list(field.type.choices),
        "errors": errors,
        "visible": True,
    }


def _stranger(name: str, given: str | None, errors: list[str]) -> dict[str, Any]:
    shown = MASK if given and is_secret(name) else given
    return {"name": name, "value": shown, "recommended_values": [], "errors": errors, "visible": True}


def _default(field: Field[Any]) -> str | None:
    value = field.default
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, StrEnum):
        return value.value
    return ",".join(value) if isinstance(value, tuple) else str(value)


def known_class(config: Mapping[str, str | None]) -> str:
    """The connector's class. Raises RestError (400) where there is none, or none such."""
    name = config.get("connector.class")
    if name is None:
        raise RestError(400, "Connector config contains no connector type: give connector.class")
    if not is_connector(name):
        there = ", ".join(_CONNECTORS)
        message = f"Failed to find any class that implements Connector and which name matches {name}"
        raise RestError(400, f"{message}, available connectors are: {there}")
    return name


def is_connector(name: str) -> bool:
    """Whether there is a connector of this class or alias."""
    return name in CLASSES


def _same(name: str, other: str) -> bool:
    """Connect's aliases: the class, its last part, and that without `Connector` (`PluginUtils`)."""
    short = name.rpartition(".")[2]
    return other in (name, short, short.removesuffix("Connector"))
