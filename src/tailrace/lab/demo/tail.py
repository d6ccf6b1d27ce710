"""What a reader of the event files knows: counts, position, lag. Read from the files alone, as any consumer would."""

from __future__ import annotations

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
    committed: float = 0.0
    """When the last event was committed at the source, seconds since the epoch; 0 while it is one of the snapshot."""
    lag: float = 0.0
    """Seconds from that commit to the event."""


class Tail:
    """Follows a folder of JSON lines; `refresh` reads what is new and whole.

    After a crash the writer cuts back what it cannot vouch for and writes it again, so a place in a file is taken for
    known only as long as the line before it is still the same; else all is read anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rewind()

    def _rewind(self) -> None:
        self._read: dict[Path, tuple[int, bytes]] = {}
        """How far each file was read, and the last line before that."""
        self._counts: dict[str, list[int]] = {}
        self._events = 0
        self._last: dict[str, Any] | None = None

    def refresh(self) -> Seen:
        """All that is known, the new lines included."""
        paths = sorted(self._folder.glob("*.jsonl"))
        if not all(self._take(path) for path in paths):
            self._rewind()
        return self._seen()

    def _take(self, path: Path) -> bool:
        """Whether what was read before still stands, and the new lines are events."""
        end, known = self._read.get(path, (0, b""))
        with path.open("rb") as file:
            file.seek(end - len(known))
            if file.read(len(known)) != known:
                return False
            whole, newline, _ = file.read().rpartition(b"\n")
        lines = whole.splitlines(keepends=True)
        if not lines:
            return True
        try:
            for line in lines:
                self._count(orjson.loads(line))
        except orjson.JSONDecodeError:  # cut while it was read
            return False
        self._read[path] = end + len(whole) + len(newline), lines[-1] + newline
        return True

    def _count(self, event: dict[str, Any]) -> None:
        counts = self._counts.setdefault(event["source"]["table"], [0, 0, 0, 0])
        counts["rcud".index(event["op"])] += 1
        self._events += 1
        self._last = event

    def _seen(self) -> Seen:
        if self._last is None:
            return Seen()
        tables = {name: Counts(*counts) for name, counts in sorted(self._counts.items())}
        source = self._last["source"]
        # A snapshot's events are not of a commit.
        committed = source["ts_us"] / 1e6 if source["snapshot"] == "false" else 0.0
        lag = max(0.0, self._last["ts_us"] / 1e6 - committed) if committed else 0.0
        return Seen(self._events, tables, source["file"], source["pos"], source["gtid"] or "", committed, lag)
