"""The schema history survives a restart at any offset."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tailrace.errors import SchemaError, StorageError
from tailrace.history.ddl.effect import Context
from tailrace.history.history import Record, SchemaHistory
from tailrace.model.table import TableId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tailrace.history.tables import Tables

CONTEXT = Context("d")
STEPS = (
    "CREATE DATABASE d CHARSET latin1",
    "CREATE TABLE t (a enum('x','y') default 'x', b dec, c char(3), primary key (b), unique (a), key (c)) comment 'é'",
    "CREATE TABLE u LIKE t",
    "ALTER TABLE t ADD d point srid 4326, RENAME TO v",
    "DROP TABLE u",
    "CREATE DATABASE e",
    "DROP DATABASE e",
)


class Memory:
    """Records in a list."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def append(self, record: Record) -> None:
        self.records.append(record)

    def load(self) -> Iterator[Record]:
        return iter(self.records)

    def compact(self, records: Iterable[Record]) -> None:
        self.records = list(records)


def followed(storage: Memory) -> list[Tables]:
    history = SchemaHistory(storage)
    states = [history.tables]
    for number, statement in enumerate(STEPS):
        history.follow(str(number), CONTEXT, statement)
        states.append(history.tables)
    return states


def test_recovery_gives_the_tables_as_they_were_at_the_offset() -> None:
    storage = Memory()
    states = followed(storage)
    for until, expected in enumerate(states):
        history = SchemaHistory(storage)
        history.recover(lambda offset, until=until: int(offset) < until)
        assert history.tables == expected


def test_a_statement_followed_again_after_a_restart_changes_nothing() -> None:
    storage = Memory()
    states = followed(storage)
    history = SchemaHistory(storage)
    history.recover(lambda offset: int(offset) < 3)
    for number in range(3, len(STEPS)):
        history.follow(str(number), CONTEXT, STEPS[number])
    again = SchemaHistory(storage)
    again.recover(lambda _: True)
    assert again.tables == history.tables == states[-1]


def test_compacting_keeps_the_tables() -> None:
    storage = Memory()
    states = followed(storage)
    history = SchemaHistory(storage)
    history.recover(lambda _: True)
    history.compact("9")
    assert len(storage.records) == 1
    history.recover(lambda _: True)
    assert history.tables == states[-1]


def test_a_statement_that_cannot_be_followed_leaves_no_trace() -> None:
    storage = Memory()
    followed(storage)
    history = SchemaHistory(storage)
    history.recover(lambda _: True)
    before = (history.tables, list(storage.records))
    with pytest.raises(SchemaError):
        history.follow("9", CONTEXT, "ALTER TABLE v ADD x nonsense")
    assert (history.tables, storage.records) == before


def test_a_damaged_record_is_named() -> None:
    storage = Memory()
    followed(storage)
    storage.records[1] = replace(storage.records[1], delta='{"tables":[{"id":["d","t"],"columns":[{}]}]}')
    history = SchemaHistory(storage)
    history.recover(lambda offset: int(offset) < 2)
    with pytest.raises(StorageError, match="offset 1"):
        history.tables.get(TableId("d", "t"))
    storage.records[1] = replace(storage.records[1], delta='{"tables":[{}]}')
    with pytest.raises(StorageError, match="offset 1"):
        SchemaHistory(storage).recover(lambda _: True)
