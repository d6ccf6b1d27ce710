"""Values and defaults at the edges of every type: six sets of modes beside each other, over the same statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compat import coverage
from compat.both import run_all
from compat.compare import differences
from compat.coverage import counted, exercised
from compat.differences import shown_by, unexplained
from compat.edges import GROUPS, KEYS, create, insert

if TYPE_CHECKING:
    from pathlib import Path

    from compat.oracle import Oracle
    from tailrace import lab

NAMES = ("time.precision.mode", "decimal.handling.mode", "bigint.unsigned.handling.mode", "binary.handling.mode")
MODES = (
    ("adaptive_time_microseconds", "precise", "long", "bytes"),
    ("connect", "string", "precise", "base64"),
    ("isostring", "double", "long", "hex"),
    ("microseconds", "precise", "precise", "base64-url-safe"),
    ("nanoseconds", "string", "long", "bytes"),
)
TYPES_OF_SOURCE = {
    "column.propagate.source.type": ".*",
    "decimal.handling.mode": "double",
    "value.converter.replace.null.with.default": "false",
}
VARIANTS: tuple[dict[str, str], ...] = (*(dict(zip(NAMES, modes, strict=True)) for modes in MODES), TYPES_OF_SOURCE)
CELLS = sum(len(cases) for cases in GROUPS.values()) * len(VARIANTS)
"""(Type, set of modes); each in a snapshot and in the stream, nullable or not, with a default or without."""
KEY_NAMES = [f"k{number}" for number in range(len(KEYS))]


def key_row(at: int) -> str:
    return f"INSERT INTO key_types VALUES ({', '.join(case.values[at] for case in KEYS)}, 1)"


def statements() -> tuple[list[str], list[str]]:
    """Before the connectors start, and while they stream."""
    session = "SET sql_mode = '', time_zone = '+00:00', timestamp = 1700000000.123456"
    columns = ", ".join(f"{name} {case.sql} NOT NULL" for name, case in zip(KEY_NAMES, KEYS, strict=True))
    keys = f"CREATE TABLE key_types ({columns}, v INT, PRIMARY KEY ({', '.join(KEY_NAMES)}))"
    before, after = [session, keys, key_row(0)], [session, key_row(1)]
    after += ["UPDATE key_types SET v = 2", "UPDATE key_types SET k6 = 2000 WHERE k6 = 2024", "DELETE FROM key_types"]
    for name, cases in GROUPS.items():
        before += [create(name, cases), insert(name, cases, 1)]
        after += [
            insert(name, cases, 101),
            f"UPDATE {name} SET id = id + 1000 WHERE id < 3",
            f"UPDATE {name} SET c0 = n0, c1 = NULL WHERE id = 103",
            f"DELETE FROM {name} WHERE id > 100",
        ]
    return before, after


@pytest.mark.timeout(240)
def test_edges_of_every_type_are_written_as_debezium_writes_them(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    assert CELLS >= 400
    before, after = statements()
    found = run_all(oracle, mysql, "edges", tmp_path, before=before, after=after, variants=VARIANTS)
    met: set[str] = set()
    rest: list[str] = []
    for variant, outcome in zip(VARIANTS, found, strict=True):
        exercised.update(variant)
        assert len(outcome.theirs) > 250
        left = unexplained(differences(outcome.theirs, outcome.ours), met)
        rest += [f"{next(iter(variant.values()))}: {difference}" for difference in left]
    assert not rest, "\n".join(rest[:40])
    # In a snapshot, and in the stream.
    counted[coverage.CELLS] += CELLS * 2
    assert met >= shown_by("edges"), "a difference has gone: it goes from differences.py too"
