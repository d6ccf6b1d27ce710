"""The transforms that a configuration asks for, each with its predicate."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.config.transforms import TransformsConfig
from tailrace.transforms import Transform, create
from tailrace.transforms.predicates import create_predicate, only_where

_OF_CONNECT = ("predicate", "negate")


def transforms(config: TransformsConfig) -> Iterator[tuple[str, Transform]]:
    """(name, transform) in order. Raises ConfigError."""
    predicates = {name: dict(options) for name, options in config.predicates}
    for name, kind, pairs in config.others:
        options = dict(pairs)
        transform = create(kind, {option: value for option, value in pairs if option not in _OF_CONNECT})
        if (chosen := options.get("predicate")) is not None:
            predicate = create_predicate(predicates[chosen].get("type", ""), predicates[chosen])
            transform = only_where(predicate, transform, negate=options.get("negate", "false").lower() == "true")
        yield name, transform
