"""By which channel a connector can be signalled, as its configuration says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tailrace.config.filters import TableFilter
from tailrace.errors import ConfigError
from tailrace.model.table import TableId

_LITERAL = re.compile(r"[\w$-]+\.[\w$-]+")
WITHOUT = (
    "signal.enabled.channels and signal.data.collection (a table that is captured), "
    "or signal.kafka.topic with signal.kafka.bootstrap.servers"
)


class Kind(StrEnum):
    """The channels that a command can use."""

    REST = "rest"
    SOURCE = "source"
    KAFKA = "kafka"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Channel:
    """One of them, and where it is."""

    kind: Kind
    place: str = ""
    """Of source the table, of kafka the topic, of file the path."""
    servers: str = ""
    """Of kafka, the brokers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A channel, or why there is none."""

    channel: Channel | None
    problem: str = ""


def choose(config: Mapping[str, str], prefix: str, wanted: Kind | None, *, rest: bool) -> Channel:
    """The one to use: `wanted`, or REST where the worker has it (`rest`), or the first that is whole. Raises
    ConfigError with what is missing.
    """
    enabled = tuple(part.strip() for part in config.get("signal.enabled.channels", "source").split(",") if part.strip())
    if wanted is None and rest:
        return Channel(Kind.REST)
    kinds = [wanted] if wanted is not None else [kind for kind in Kind if kind in enabled]
    problems = []
    for kind in kinds:
        found = _one(kind, config, prefix, rest=rest)
        if wanted is not None and kind is not Kind.REST and kind not in enabled:
            found = Found(None, f"signal.enabled.channels has {', '.join(enabled) or 'none'}, not {kind.value}")
        if found.channel is not None:
            return found.channel
        problems.append(f"{kind.value}: {found.problem}")
    named = f"signal.enabled.channels={','.join(enabled)}"
    what = "; ".join(problems) or f"{named} has none that a command can use"
    raise ConfigError(f"there is no channel to signal by: {what}", hint=f"give the connector {WITHOUT}")


def _one(kind: Kind, config: Mapping[str, str], prefix: str, *, rest: bool) -> Found:
    match kind:
        case Kind.REST:
            return Found(Channel(kind)) if rest else Found(None, "only a worker of Tailrace takes signals by REST")
        case Kind.SOURCE:
            table = signalling_table(config)
            return Found(Channel(kind, table)) if table else Found(None, "signal.data.collection is not set")
        case Kind.KAFKA:
            servers = config.get("signal.kafka.bootstrap.servers", "")
            topic = config.get("signal.kafka.topic") or f"{prefix}-signal"
            missing = "signal.kafka.bootstrap.servers is not set"
            return Found(Channel(kind, topic, servers)) if servers else Found(None, missing)
        case Kind.FILE:
            file = config.get("signal.file", "file-signals.txt")
            missing = f"signal.file={file} is a path of the worker's own folder: make it absolute"
            return Found(Channel(kind, file)) if Path(file).is_absolute() else Found(None, missing)


def pattern(table: str) -> str:
    """As a signal names it: the text of a name, or a regular expression as it is."""
    return table.replace(".", "\\.").replace("$", "\\$") if is_name(table) else table


def is_name(table: str) -> bool:
    """Whether it is the name of one table, and no pattern."""
    return _LITERAL.fullmatch(table) is not None


def check_captured(tables: Sequence[str], captured: TableFilter | None) -> None:
    """Raises ConfigError where a table is named that the connector does not capture."""
    for table in tables:
        if is_name(table) and captured is not None and not captured.captured(TableId(*table.split("."))):
            raise ConfigError(
                f"{table} is not captured by this connector",
                hint="add it to table.include.list: tailrace connector config NAME --set table.include.list=…",
            )


def incremental_without_watermarks(config: Mapping[str, str]) -> bool:
    """Whether a Debezium could not read incrementally: it writes watermarks into the signalling table, unless it is
    told to go by GTIDs.
    """
    return not config.get("signal.data.collection") and not is_read_only(config)


def signalling_table(config: Mapping[str, str]) -> str:
    """The first that is named, `database.table`; empty: none is."""
    return config.get("signal.data.collection", "").split(",")[0].strip()


def is_read_only(config: Mapping[str, str]) -> bool:
    """Whether a Debezium goes by GTIDs, and writes no watermarks."""
    return config.get("read.only", "false").lower() == "true"
