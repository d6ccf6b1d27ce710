"""What is wrong with a connector's properties, found before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from tailrace.config import Config, parse
from tailrace.config.filters import unmatched
from tailrace.config.parse import find_problems
from tailrace.engine import Engine
from tailrace.errors import AccessDenied, ConfigError, SourceError, TailraceError
from tailrace.history.from_server import read_names
from tailrace.mysql.connection import connect
from tailrace.sinks import sink_fields
from tailrace.storage.open import stored_offset

Problem = tuple[str, str]
"""(name of the property, what is wrong with it)"""

_CONNECT_MS = 5_000
"""How long a server may let a validation wait."""


def problems(properties: Mapping[str, str]) -> tuple[Problem, ...]:
    """What no start can mend; the last look, as with Debezium, is at the server itself."""
    return _problems(properties, start=False)


def problems_of_start(properties: Mapping[str, str]) -> tuple[Problem, ...]:
    """The same, and what a start now would fail at, though a later one need not: tables that are yet to be made."""
    return _problems(properties, start=True)


def _problems(properties: Mapping[str, str], *, start: bool) -> tuple[Problem, ...]:
    found = tuple(map(_named, find_problems(properties, sink_fields)))
    return found or _of_whole(parse(properties, sink_fields), start=start)


def _of_whole(config: Config, *, start: bool) -> tuple[Problem, ...]:
    try:
        Engine(config)
        source = replace(config.source, connect_timeout_ms=min(_CONNECT_MS, config.source.connect_timeout_ms))
        with closing(connect(source)) as connection:
            # With an offset a start reads no definitions, and the stream waits for tables.
            if start and config.tables.tables.include and not _has_offset(config):
                why = unmatched(config.tables, read_names(connection.query))
                return (("table.include.list", "; ".join(why)),) if why else ()
            return ()
    except ConfigError as error:
        return (_named(" ".join(filter(None, (error.message, error.hint)))),)
    except AccessDenied as error:
        return (("database.user", f"Unable to connect: {error.message}"),)
    except SourceError as error:
        return (("database.hostname", f"Unable to connect: {error.message}"),)


def _has_offset(config: Config) -> bool:
    try:
        return stored_offset(config) is not None
    except TailraceError:
        # Not to be told here.
        return True


def _named(problem: str) -> Problem:
    """`name: why`; several names may share a reason, and the first has it."""
    names, _, why = problem.partition(": ")
    return (names.split(",")[0].strip(), why) if why else ("name", problem)
