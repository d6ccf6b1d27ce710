"""The proof must accept what real Debezium captured, and refuse the same with an event lost, doubled or changed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailrace.lab.server import server
from tailrace.lab.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.lab.server import Server

GOLDEN = Path(__file__).parent.parent / "oracles" / "debezium"


def envelopes(name: str) -> list[dict[str, object]]:
    lines = (GOLDEN / name).read_text(encoding="utf-8").split("\n")
    return [value for line in lines if line and (value := json.loads(line)["value"]) is not None]


def written(path: Path, events: list[dict[str, object]]) -> list[Path]:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return [path]


def run(mysql: Server, name: str) -> None:
    with mysql.connect(mysql.admin) as connection, connection.cursor() as cursor:
        for statement in (GOLDEN / name).read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        connection.commit()


@pytest.fixture(scope="module")
def golden() -> Iterator[Server]:
    with server() as mysql:
        run(mysql, "types.sql")
        run(mysql, "rows.sql")
        yield mysql


def unequal(mysql: Server, files: list[Path]) -> list[str]:
    with mysql.connect(mysql.admin) as connection:
        return [verdict.table for verdict in verify(connection, "golden", files) if not verdict.equal]


# What Debezium's snapshot gives otherwise than the server has it: six digits of a FLOAT, and year 0 as 2000.
DEBEZIUM_DIFFERS = ["numbers", "temporals", "temporals_not_null"]


def test_a_complete_capture_of_every_type_is_accepted(golden: Server, tmp_path: Path) -> None:
    files = written(tmp_path / "all.jsonl", envelopes("snapshot.jsonl"))
    assert unequal(golden, files) == DEBEZIUM_DIFFERS


def test_a_compressed_capture_is_read(golden: Server, tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(event) + "\n" for event in envelopes("snapshot.jsonl"))
    assert unequal(golden, [path]) == DEBEZIUM_DIFFERS


def test_a_lost_event_is_refused(golden: Server, tmp_path: Path) -> None:
    events = [e for e in envelopes("snapshot.jsonl") if e["source"]["table"] == "composite"]  # type: ignore[index]
    assert "composite" in unequal(golden, written(tmp_path / "lost.jsonl", events[:1]))
    assert "composite" not in unequal(golden, written(tmp_path / "whole.jsonl", events))


def test_a_doubled_row_of_a_table_without_key_is_refused(golden: Server, tmp_path: Path) -> None:
    events = [e for e in envelopes("snapshot.jsonl") if e["source"]["table"] == "keyless"]  # type: ignore[index]
    assert "keyless" not in unequal(golden, written(tmp_path / "once.jsonl", events))
    assert "keyless" in unequal(golden, written(tmp_path / "twice.jsonl", [*events, events[0]]))
