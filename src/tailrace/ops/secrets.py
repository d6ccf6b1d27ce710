"""Which properties are secret, and how they are shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailrace.config import FIELDS
from tailrace.config.field import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "********"
_KNOWN = frozenset(field.name for field in FIELDS if field.type is PASSWORD)
_LIKELY = re.compile(
    r"password|secret|token|credential|jaas\.config|user\.info|api\.?key|ssl\.[a-z.]*key$|private", re.IGNORECASE
)
_REFERENCE = re.compile(r"\$\{[^}]*\}")


def is_secret(name: str) -> bool:
    """Whether the property holds a secret, as far as its name tells; other connectors' properties too."""
    return name in _KNOWN or _LIKELY.search(name) is not None


def masked(config: Mapping[str, str | None]) -> dict[str, str | None]:
    """The secrets masked, but where a config provider's reference (`${file:…}`) stands in their place."""
    return {
        name: MASK if value and is_secret(name) and not _REFERENCE.fullmatch(value) else value
        for name, value in config.items()
    }


def masks(config: Mapping[str, str | None]) -> list[str]:
    """Secrets for which a mask stands: what was shown is being sent back."""
    return [name for name, value in config.items() if value == MASK and is_secret(name)]
