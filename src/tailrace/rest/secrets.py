"""Secrets in configurations: masked in every answer, and kept where a mask comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tailrace.config import FIELDS
from tailrace.errors import ConfigError
from tailrace.sinks import sink_fields

MASK = "********"

_PASSWORDS = frozenset(field.name for field in FIELDS if field.type.label == "PASSWORD")
_LIKELY = re.compile(
    r".*(secret|password|passwd|passphrase|token|api[._-]?key|private[._-]?key|credentials?|sasl\.jaas\.config"
    r"|basic\.auth\.user\.info)",
    re.IGNORECASE,
)
"""Names whose values are secret though no table of ours knows them (`producer.override.sasl.jaas.config`)."""
_REFERENCE = re.compile(r"(\$\{[a-z]+:[^}]*\})+")


def masked(config: Mapping[str, str]) -> dict[str, str]:
    """As it may be shown. A reference (`${env:X}`) is no secret, and stays."""
    secrets = _PASSWORDS | _of_sink(config)
    return {name: MASK if _secret(name, value, secrets) else value for name, value in config.items()}


def unmasked(config: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    """What was shown and sent back: where it holds the mask, the stored value stays."""
    return {name: stored[name] if value == MASK and name in stored else value for name, value in config.items()}


def is_secret(name: str) -> bool:
    """Whether values of this property are masked, by its name."""
    return name in _PASSWORDS or _LIKELY.fullmatch(name) is not None


def _secret(name: str, value: str, secrets: frozenset[str]) -> bool:
    if not value or _REFERENCE.fullmatch(value):
        return False
    return name in secrets or _LIKELY.fullmatch(name) is not None


def _of_sink(config: Mapping[str, str]) -> frozenset[str]:
    try:
        fields = sink_fields(config.get("sink.type", "stdout"))
    except ConfigError:
        return frozenset()
    return frozenset(field.name for field in fields if field.type.label == "PASSWORD")
