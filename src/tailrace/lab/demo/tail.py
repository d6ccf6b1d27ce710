"""What a reader of the event files knows: counts, position, lag. Read from the files alone, as any consumer would."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Counts:
    """Events of one table, by operation."""

    reads: int = 0
    creates: int = 0
    updates: int = 0
    deletes: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything in the files so far."""

    events: int = 0
    tables: dict[str, Counts] = field(default_factory=dict)
    file: str = ""
    position: int = 0
    gtid: str = ""
    """Of the last event; empty while it is one of the snapshot."""
    lag_ms: float = 0.0
    """From the commit of the newest event to the moment it was read here."""
    doubled: int = 0
    """Streamed events whose place in the binlog was there before."""


class Tail:
    """Follows a folder of JSON lines; `refresh` reads what is new and whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rewind()

    def rewind(self) -> None:
        """Begin anew: after a crash the writer cuts back what it cannot vouch for."""
        self._read: dict[Path, int] = {}
        self._counts: dict[str, list[int]] = {}
        self._places: set[tuple[str, int, int]] = set()
        self._events = self._doubled = 0
        self._last: dict[str, Any] = {}
        self._lag_ms = 0.0

    def refresh(self) -> Seen:
        """All that is known, the new lines included."""
        for path in sorted(self._folder.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read[path] = self._read.get(path, 0) + len(whole) + len(newline)
            for line in whole.splitlines():
                self._take(orjson.loads(line))
        return self._seen()

    def _take(self, event: dict[str, Any]) -> None:
        source = event["source"]
        counts = self._counts.setdefault(source["table"], [0, 0, 0, 0])
        counts["rcud".index(event["op"])] += 1
        self._events += 1
        if source["snapshot"] == "false":
            place = (source["file"], source["pos"], source["row"])
            self._doubled += place in self._places
            self._places.add(place)
            self._lag_ms = max(0.0, time.time() * 1000 - source["ts_us"] / 1000)
        self._last = source

    def _seen(self) -> Seen:
        last = self._last
        tables = {name: Counts(*counts) for name, counts in sorted(self._counts.items())}
        place = (last.get("file", ""), last.get("pos", 0), last.get("gtid") or "")
        return Seen(self._events, tables, *place, self._lag_ms, self._doubled)
