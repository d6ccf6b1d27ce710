"""What is wrong with a connector's properties, found before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from tailrace.config import Config, parse
from tailrace.config.parse import find_problems
from tailrace.engine import Engine
from tailrace.errors import AccessDenied, ConfigError, SourceError
from tailrace.mysql.connection import connect
from tailrace.sinks import sink_fields

Problem = tuple[str, str]
"""(name of the property, what is wrong with it)"""

_CONNECT_MS = 5_000
"""How long a server may let a validation wait."""


def problems(properties: Mapping[str, str]) -> tuple[Problem, ...]:
    """All that can be known without running it; the last look, as with Debezium, is at the server itself."""
    found = tuple(map(_named, find_problems(properties, sink_fields)))
    return found or _of_whole(parse(properties, sink_fields))


def _of_whole(config: Config) -> tuple[Problem, ...]:
    try:
        Engine(config)
        source = replace(config.source, connect_timeout_ms=min(_CONNECT_MS, config.source.connect_timeout_ms))
        with closing(connect(source)):
            return ()
    except ConfigError as error:
        return (_named(" ".join(filter(None, (error.message, error.hint)))),)
    except AccessDenied as error:
        return (("database.user", f"Unable to connect: {error.message}"),)
    except SourceError as error:
        return (("database.hostname", f"Unable to connect: {error.message}"),)


def _named(problem: str) -> Problem:
    """`name: why`; several names may share a reason, and the first has it."""
    names, _, why = problem.partition(": ")
    return (names.split(",")[0].strip(), why) if why else ("name", problem)
