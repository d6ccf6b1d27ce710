"""GTID sets as intervals, to be drawn and compared. Pure."""

from __future__ import annotations

import re

from tailrace._kernel import GtidSet

MOST = 200
"""Intervals of one source that are shown; a set with more is mostly holes, and the last ones say what matters."""

Intervals = dict[str, list[tuple[int, int]]]
"""By source, `uuid` or `uuid:tag`: (first, last) of each interval, in order."""


def intervals(text: str) -> Intervals:
    """Of a set as the server prints it: `uuid:1-5:7,uuid:tag:1`. Raises ValueError where it is none."""
    found: Intervals = {}
    for part in str(GtidSet(text)).split(","):
        source = ""
        uuid, *rest = part.split(":")
        for each in rest:
            if re.fullmatch(r"\d+(-\d+)?", each):
                first, _, last = each.partition("-")
                found.setdefault(source or uuid, []).append((int(first), int(last or first)))
            else:
                source = f"{uuid}:{each}"
    return {source: each[-MOST:] for source, each in found.items()}


def missing(whole: str, part: str) -> str:
    """What `whole` has and `part` has not."""
    return str(GtidSet(whole).subtract(GtidSet(part)))


def count(text: str) -> int:
    """GTIDs in the set."""
    return GtidSet(text).count()
