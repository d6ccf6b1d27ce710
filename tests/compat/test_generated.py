"""Random tables and random changes through both."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from compat import coverage
from compat.both import run
from compat.compare import differences
from compat.coverage import counted, exercised
from compat.differences import unexplained
from compat.types import TYPES

if TYPE_CHECKING:
    from pathlib import Path

    from compat.oracle import Oracle
    from compat.types import Type
    from tailrace import lab

TABLES = 8
CHANGES = 60
"""Statements; each changes several rows."""
ROWS = 2_000
MODES = (
    {},
    {"time.precision.mode": "isostring", "decimal.handling.mode": "string", "binary.handling.mode": "hex"},
)


class Table:
    """A table drawn at random, and statements that change it."""

    def __init__(self, draw: random.Random, number: int) -> None:
        self._draw = draw
        self.name = f"g{number}"
        self.kinds = draw.sample(TYPES, draw.randint(3, 12))
        self.columns = [f"c{index}" for index in range(len(self.kinds))]
        self._nullable = [draw.random() < 0.6 for _ in self.kinds]
        self._next = 1

    def create(self) -> str:
        columns = [
            f"{name} {kind.sql} {'NULL' if nullable else 'NOT NULL'}"
            for name, kind, nullable in zip(self.columns, self.kinds, self._nullable, strict=True)
        ]
        key = self._draw.choice(["PRIMARY KEY (id)", "PRIMARY KEY (part, id)", "KEY (id)"])
        return f"CREATE TABLE {self.name} (id INT NOT NULL, part CHAR(3) NOT NULL, {', '.join(columns)}, {key})"

    def insert(self, rows: int) -> str:
        values = [self._row() for _ in range(rows)]
        return f"INSERT INTO {self.name} VALUES {', '.join(values)}"

    def change(self) -> str:
        draw, some = self._draw, f"id % {self._draw.randint(2, 4)} = {self._draw.randint(0, 1)}"
        match draw.randint(0, 9):
            case 0:
                return f"DELETE FROM {self.name} WHERE {some} LIMIT 5"
            case 1:
                return f"UPDATE {self.name} SET id = id + 100000 WHERE {some} AND id < 100000 LIMIT 4"
            case 2 | 3 | 4:
                return self.insert(draw.randint(1, 8))
            case _:
                at = draw.randrange(len(self.kinds))
                return f"UPDATE {self.name} SET {self.columns[at]} = {self._value(at)} WHERE {some} LIMIT 25"

    def _row(self) -> str:
        number, self._next = self._next, self._next + 1
        values = [self._value(at) for at in range(len(self.kinds))]
        return f"({number}, '{self._draw.choice('abc')}', {', '.join(values)})"

    def _value(self, at: int) -> str:
        kind: Type = self.kinds[at]
        if self._nullable[at] and self._draw.random() < 0.2:
            return "NULL"
        return self._draw.choice(kind.values)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("modes", MODES, ids=["default", "text"])
def test_random_changes_give_the_events_of_debezium(
    modes: dict[str, str], oracle: Oracle, mysql: lab.Server, tmp_path: Path, seed: int
) -> None:
    draw = random.Random(f"{seed} {sorted(modes)}")
    tables = [Table(draw, number) for number in range(TABLES)]
    before = [table.create() for table in tables] + [table.insert(30) for table in tables]
    after = [draw.choice(tables).change() for _ in range(CHANGES)] + [table.insert(90) for table in tables]
    exercised.update(modes, ("include.schema.changes", "provide.transaction.metadata"))
    found = run(
        oracle,
        mysql,
        "generated",
        tmp_path,
        before=before,
        after=after,
        properties=modes | {"include.schema.changes": "false", "provide.transaction.metadata": "true"},
    )
    rest = unexplained(differences(found.theirs, found.ours), set())
    assert not rest, "\n".join(map(str, rest[:20]))
    rows = sum(record.value is not None for record in found.theirs if ".g" in record.topic)
    assert rows * len(MODES) >= ROWS, f"{rows} rows are too few"
    counted[coverage.ROWS] += rows
