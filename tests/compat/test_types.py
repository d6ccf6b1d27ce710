"""Every column type in every mode, in a snapshot and in the stream, values and schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compat.both import PREFIX, run
from compat.compare import differences
from compat.coverage import CELLS, counted, exercised
from compat.differences import unexplained
from compat.types import TYPES, create, insert

if TYPE_CHECKING:
    from pathlib import Path

    from compat.oracle import Oracle
    from tailrace import lab

MODES = (
    {},
    {
        "time.precision.mode": "connect",
        "decimal.handling.mode": "string",
        "bigint.unsigned.handling.mode": "precise",
        "binary.handling.mode": "base64",
    },
    {"time.precision.mode": "isostring", "decimal.handling.mode": "double", "binary.handling.mode": "hex"},
    {
        "time.precision.mode": "microseconds",
        "binary.handling.mode": "base64-url-safe",
        "column.propagate.source.type": ".*",
    },
    {
        "time.precision.mode": "nanoseconds",
        "value.converter.replace.null.with.default": "false",
        "key.converter.replace.null.with.default": "false",
    },
)
WAYS = 2
"""Snapshot and stream."""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("modes", MODES, ids=lambda modes: modes.get("time.precision.mode", "default"))
def test_every_type_is_written_as_debezium_writes_it(
    modes: dict[str, str], oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    properties = modes | {"include.schema.changes": "false"}
    exercised.update(properties)
    found = run(
        oracle, mysql, "matrix", tmp_path, before=[*create(), *insert(1)], after=insert(100), properties=properties
    )
    tables = {record.topic for record in found.theirs}
    assert len(tables) == len(TYPES), "a table gave nothing"
    assert all(topic.startswith(f"{PREFIX}.matrix.t") for topic in tables)
    rest = unexplained(differences(found.theirs, found.ours), set())
    assert not rest, "\n".join(map(str, rest[:20]))
    counted[CELLS] += len(TYPES) * WAYS


def test_the_matrix_has_400_cells() -> None:
    assert len(TYPES) * len(MODES) * WAYS >= 400
