"""Times and sizes as people type them: types of options."""

from __future__ import annotations

import re

import click

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def duration(text: str) -> float:
    """`30s`, `5m`, `250ms`, and without a unit seconds: in seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?", text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} is no duration: 30s, 5m, 2h, 250ms")
    return float(found[1]) * _UNITS[found[2] or "s"]


def size(text: str) -> int:
    """`50G`, `800MB`, and without a unit bytes: in bytes. A thousand of each is one of the next."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]?)B?", text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} is no size: 50G, 800M")
    return int(float(found[1]) * _SIZES[found[2]])
