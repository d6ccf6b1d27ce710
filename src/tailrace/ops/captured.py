"""Whether a configuration captures anything, before a connector is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from tailrace.config.filters import unmatched
from tailrace.errors import TailraceError
from tailrace.history.from_server import read_names
from tailrace.mysql.connection import connect
from tailrace.ops.target import Target, source, tables


def warnings(config: Mapping[str, str]) -> dict[str, list[str]]:
    """Property → what is strange about it and yet no error; none where the server cannot be asked from here."""
    target = Target(config["name"], config, None, tailrace=False)
    filters = tables(target)
    if filters is None or not filters.tables.include:
        return {}
    try:
        with closing(connect(source(target, None))) as connection:
            why = unmatched(filters, read_names(connection.query))
    except (TailraceError, ValueError):
        return {}
    return {"table.include.list": ["; ".join(why)]} if why else {}
