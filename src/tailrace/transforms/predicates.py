"""Kafka Connect's predicates: which records a transform sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tailrace.errors import ConfigError
from tailrace.transforms import Record, Transform

Predicate = Callable[[Record], bool]
_PACKAGE = "org.apache.kafka.connect.transforms.predicates."


def create_predicate(kind: str, options: Mapping[str, str]) -> Predicate:
    """Raises ConfigError where there is no such predicate, or it cannot take its options."""
    match kind.removeprefix(_PACKAGE):
        case "TopicNameMatches":
            pattern = re.compile(options.get("pattern", ""))
            return lambda record: pattern.fullmatch(record.topic) is not None
        case "RecordIsTombstone":
            return lambda record: record.value_text is None
        case "HasHeaderKey":
            name = options.get("name", "")
            return lambda record: any(header == name for header, _ in record.headers)
        case _:
            hint = f"there are {_PACKAGE}TopicNameMatches, RecordIsTombstone and HasHeaderKey"
            raise ConfigError(f"there is no predicate {kind}", hint=hint)


def only_where(predicate: Predicate, transform: Transform, *, negate: bool) -> Transform:
    """The transform for the records of a predicate, the others as they are."""
    return lambda record: transform(record) if predicate(record) is not negate else record
