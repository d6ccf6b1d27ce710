"""Signals: what may be asked, read from text; the channels are beside this.

An action of your own is an entry point of the group `tailrace.signals`, named as the signal's type: a function from
the `Signal` and a `Context`, called between two steps of the capture, so it should be short.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from tailrace.config import plugged
from tailrace.config.signals import SignalsConfig
from tailrace.model.offset import Offset
from tailrace.model.signal import Signal
from tailrace.model.table import TableId


class Context(Protocol):
    """What an action of your own may use."""

    @property
    def offset(self) -> Offset:
        """The last transaction end that was handed to the sink."""

    def notify(self, kind: str, data: Mapping[str, str]) -> None:
        """Send a notification of aggregate type `Signal`."""


Custom = Callable[[Signal, Context], None]


class BadSignal(ValueError):
    """What is wrong with a signal, in words."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What came by a channel and is no signal."""

    id: str
    channel: str
    problem: str


class Channel(Protocol):
    """Where signals come from, in a thread of its own."""

    def run(self, give: Callable[[Signal | Refused], None], stopping: threading.Event) -> None:
        """Gives what comes, until `stopping` is set."""


def channels(config: SignalsConfig) -> tuple[Channel, ...]:
    """Those that are read beside the stream. Raises ConfigError where what one needs is not installed."""
    found: list[Channel] = []
    if config.file is not None:
        from tailrace.signals.file import FileChannel  # noqa: PLC0415 - start-up time

        found.append(FileChannel(Path(config.file).expanduser(), config.poll_ms / 1000))
    if config.kafka is not None:
        from tailrace.signals.kafka import KafkaChannel  # noqa: PLC0415 - the same

        found.append(KafkaChannel(config.kafka))
    return tuple(found)


class SnapshotKind(StrEnum):
    """How tables are read again."""

    INCREMENTAL = "INCREMENTAL"
    BLOCKING = "BLOCKING"


@dataclass(frozen=True, slots=True)
class Execute:
    """Read tables."""

    kind: SnapshotKind
    collections: tuple[re.Pattern[str], ...]
    conditions: tuple[tuple[re.Pattern[str], str], ...] = ()
    """(pattern of tables, SQL): of an incremental snapshot a condition, of a blocking one a SELECT."""
    surrogate: str | None = None

    def condition(self, table: TableId) -> str | None:
        """The first that is of the table."""
        return next((sql for pattern, sql in self.conditions if pattern.fullmatch(str(table))), None)


@dataclass(frozen=True, slots=True)
class Stop:
    """Read no more; of all tables where none is named."""

    collections: tuple[re.Pattern[str], ...] = ()

    def stops(self, table: TableId) -> bool:
        """Whether it is about the table."""
        return not self.collections or any(pattern.fullmatch(str(table)) for pattern in self.collections)


@dataclass(frozen=True, slots=True)
class Pause:
    """Let the incremental snapshot rest."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Let it go on."""


@dataclass(frozen=True, slots=True)
class Log:
    """A line in the log; `{}` stands for the offset."""

    message: str


@dataclass(frozen=True, slots=True)
class SetPosition:
    """Stream from elsewhere: by a GTID set, or by file and position."""

    file: str = ""
    position: int = 0
    gtids: str = ""


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """Definitions to take, as Debezium's history has them."""

    database: str
    changes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A watermark that a capture wrote for itself."""


Action = Execute | Stop | Pause | Resume | Log | SetPosition | SchemaChanges | Window | Custom


def read(signal: str, kind: object, data: object, channel: str) -> Signal:
    """A signal as a channel has it: `data` may be JSON text. Raises BadSignal."""
    if not isinstance(kind, str) or not kind:
        raise BadSignal("it has no type")
    if data is None or data == "":
        data = {}
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError as error:
            raise BadSignal(f"its data is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadSignal("its data is not a JSON object")
    return Signal(signal, kind, data, channel)


def read_document(text: str | bytes, channel: str) -> Signal:
    """A signal as one JSON document, `{"id", "type", "data"}`. Raises BadSignal."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BadSignal(f"it is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadSignal('it is not a JSON object like {"id": …, "type": …, "data": {…}}')
    return read(str(document.get("id", "")), document.get("type"), document.get("data"), channel)


def action(signal: Signal) -> Action:
    """What a signal asks for. Raises BadSignal."""
    match signal.type:
        case "execute-snapshot":
            return _execute(signal.data)
        case "stop-snapshot":
            _kind(signal.data)
            named = _list(signal.data, "data-collections")
            return Stop(tuple(_pattern(text) for text in named))
        case "pause-snapshot":
            return Pause()
        case "resume-snapshot":
            return Resume()
        case "log":
            return Log(str(signal.data.get("message", "")))
        case "set-binlog-position":
            return _position(signal.data)
        case "schema-changes":
            return _schema_changes(signal.data)
        case "snapshot-window-open" | "snapshot-window-close":
            return Window()
    custom: Custom | None = plugged.find("tailrace.signals", signal.type, {})
    if custom is not None:
        return custom
    known = "execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot, log, schema-changes, set-binlog-position"
    raise BadSignal(f"there is no action {signal.type!r}; there are {known}, and those of installed packages")


def _execute(data: Mapping[str, Any]) -> Execute:
    named = _list(data, "data-collections")
    if not named:
        raise BadSignal("data-collections is missing: name tables, as regular expressions for the whole database.table")
    conditions = []
    for one in _list(data, "additional-conditions"):
        if not isinstance(one, dict) or not isinstance(one.get("filter"), str) or not one.get("data-collection"):
            raise BadSignal("each of additional-conditions needs data-collection and filter")
        conditions.append((_pattern(one["data-collection"]), one["filter"].strip()))
    surrogate = data.get("surrogate-key")
    if surrogate is not None and not isinstance(surrogate, str):
        raise BadSignal("surrogate-key is not the name of a column")
    return Execute(_kind(data), tuple(_pattern(text) for text in named), tuple(conditions), surrogate or None)


def _kind(data: Mapping[str, Any]) -> SnapshotKind:
    given = str(data.get("type") or SnapshotKind.INCREMENTAL)
    try:
        return SnapshotKind(given.upper())
    except ValueError:
        raise BadSignal(f"type is INCREMENTAL or BLOCKING, not {given}") from None


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    given = data.get(name)
    if given is None:
        return []
    if not isinstance(given, list):
        raise BadSignal(f"{name} is not a list")
    return given


def _pattern(text: object) -> re.Pattern[str]:
    if not isinstance(text, str) or not text:
        raise BadSignal(f"{text!r} is no name of a table")
    try:
        # Debezium's own way to quote a name that is no pattern.
        return re.compile(text.replace('"', "").replace("`", ""), re.IGNORECASE)
    except re.error as error:
        raise BadSignal(f"{text!r} is not a regular expression: {error}") from None


def _position(data: Mapping[str, Any]) -> SetPosition:
    file, position, gtids = data.get("binlog_filename"), data.get("binlog_position"), data.get("gtid_set")
    if gtids and not (file or position):
        if not isinstance(gtids, str):
            raise BadSignal("gtid_set is not text")
        return SetPosition(gtids="".join(gtids.split()))
    if file and position is not None and not gtids:
        if not isinstance(file, str) or not re.fullmatch(r"[\w.-]+\.\d{6,}", file):
            raise BadSignal(f"{file!r} is no binlog file")
        if not isinstance(position, int) or position < 0:
            raise BadSignal("binlog_position is not a number of bytes")
        return SetPosition(file, position)
    raise BadSignal("give gtid_set, or binlog_filename and binlog_position")


def _schema_changes(data: Mapping[str, Any]) -> SchemaChanges:
    changes = _list(data, "changes")
    database = data.get("database")
    if not changes or not isinstance(database, str) or not all(isinstance(one, dict) for one in changes):
        raise BadSignal("give database, and changes as Debezium's schema history has them")
    return SchemaChanges(database, tuple(changes))
