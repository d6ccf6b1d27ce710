"""Names of topics, schemas and fields."""

from __future__ import annotations

import re

from tailrace.config.events import Adjustment, TopicsConfig
from tailrace.model.table import TableId

_LONGEST_TOPIC = 249
"""Kafka's `Topic.MAX_NAME_LENGTH`."""


def table_topic(table: TableId, topics: TopicsConfig) -> str:
    """The topic of a table's rows, and what its schemas' names begin with: what Kafka forbids becomes `_`."""
    return sanitized(unsanitized_topic(table, topics))


def unsanitized_topic(table: TableId, topics: TopicsConfig) -> str:
    """The same, whatever Kafka forbids."""
    return topics.delimiter.join((topics.prefix, table.database, table.table))


def sanitized(topic: str) -> str:
    """A name that Kafka accepts."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", topic)[:_LONGEST_TOPIC]


def schema_name(name: str, adjustment: Adjustment) -> str:
    """A full name, parts joined by dots, as Avro accepts it."""
    match adjustment:
        case Adjustment.NONE:
            return name
        case Adjustment.AVRO:
            return _initial(re.sub(r"[^A-Za-z0-9_.]", "_", name), "_{}")
        case Adjustment.AVRO_UNICODE:
            return re.sub(r"[^A-Za-z0-9.]", _unicode, _initial_unicode(name))


def field_name(name: str, adjustment: Adjustment) -> str:
    """A name without dots, as Avro accepts it."""
    return schema_name(name.replace(".", "_") if adjustment is Adjustment.AVRO else name, adjustment)


def _initial(name: str, shape: str) -> str:
    return shape.format(name) if re.match(r"[0-9]", name) else name


def _initial_unicode(name: str) -> str:
    return re.sub(r"^[0-9]", _unicode, name)


def _unicode(match: re.Match[str]) -> str:
    return "".join(f"_u{ord(character):04x}" for character in match[0])
