"""Options of transforms, as the texts that they are given."""

from __future__ import annotations

from collections.abc import Mapping

from tailrace.config.field import split_list


def known_only(options: Mapping[str, str], *known: str) -> None:
    """Raises ValueError where there are others."""
    if strangers := sorted(set(options) - {"type", *known}):
        raise ValueError(f"{', '.join(strangers)}: not supported")


def required(options: Mapping[str, str], name: str) -> str:
    """Raises ValueError where it is missing."""
    if not options.get(name, "").strip():
        raise ValueError(f"{name} is missing")
    return options[name].strip()


def required_list(options: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Raises ValueError where it is missing or empty."""
    return split_list(required(options, name))
