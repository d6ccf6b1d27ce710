"""What a property names: something of ours, or an entry point of an installed package."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any


def find(group: str, name: str, builtin: Mapping[str, str]) -> Any | None:
    """The object called `name`: of `builtin` (name → `module:attribute`), else of the entry points of `group`; or None.

    Ours are imported without a scan of the installed packages, which costs more than the start of everything else.
    """
    if name in builtin:
        module, _, attribute = builtin[name].partition(":")
        return getattr(importlib.import_module(module), attribute)
    from importlib.metadata import entry_points  # noqa: PLC0415 - start-up time

    for point in entry_points(group=group, name=name):
        return point.load()
    return None


def names(group: str, builtin: Mapping[str, str]) -> list[str]:
    """All that `find` knows, sorted."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - start-up time

    return sorted({*builtin, *(point.name for point in entry_points(group=group))})
