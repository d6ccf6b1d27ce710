"""The proof must accept what real Debezium captured, and refuse the same with an event lost, doubled or changed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tailrace.lab.server import server
from tailrace.lab.verify import Verdict, verify

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


def test_a_doubled_row_of_a_snapshot_is_refused(golden: Server, tmp_path: Path) -> None:
    events = [e for e in envelopes("snapshot.jsonl") if e["source"]["table"] == "composite"]  # type: ignore[index]
    assert "composite" in unequal(golden, written(tmp_path / "twice.jsonl", [*events, events[0]]))


def change(op: str, position: int, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, object]:
    source = {"db": "fit", "table": "t", "file": "binlog.000001", "pos": position, "row": 0, "gtid": None}
    return {"op": op, "before": before, "after": after, "source": source}


ONE, TWO, THREE = ({"id": 1, "n": n} for n in (1, 2, 3))
CREATE, UPDATE, AGAIN = change("c", 100, None, ONE), change("u", 200, ONE, TWO), change("u", 300, TWO, THREE)


@pytest.fixture(scope="module")
def fit(golden: Server) -> Server:
    golden.execute("CREATE DATABASE fit")
    golden.execute("CREATE TABLE fit.t (id INT PRIMARY KEY, n INT) SELECT 1 AS id, 3 AS n")
    return golden


def judged(mysql: Server, files: list[Path]) -> Verdict:
    with mysql.connect() as connection:
        (verdict,) = verify(connection, "fit", files)
    return verdict


def test_every_event_once_and_in_order_is_accepted(fit: Server, tmp_path: Path) -> None:
    moved = [change("d", 400, THREE, None), change("c", 400, None, {"id": 2, "n": 3})]
    back = [change("d", 500, {"id": 2, "n": 3}, None), change("c", 500, None, THREE)]
    verdict = judged(fit, written(tmp_path / "e.jsonl", [CREATE, UPDATE, AGAIN, *moved, *back]))
    assert (verdict.equal, verdict.doubled, verdict.misfits, verdict.fault) == (True, 0, 0, "")


def test_a_doubled_event_that_changes_nothing_in_the_end_is_refused(fit: Server, tmp_path: Path) -> None:
    verdict = judged(fit, written(tmp_path / "e.jsonl", [CREATE, UPDATE, UPDATE, AGAIN]))
    assert (verdict.rebuilt_hash, verdict.doubled, verdict.equal) == (verdict.server_hash, 1, False)
    assert "binlog.000001:200" in verdict.fault


@pytest.mark.parametrize(
    "events",
    [
        [CREATE, UPDATE, change("c", 250, None, THREE)],
        [UPDATE, AGAIN],
        [change("d", 50, ONE, None), CREATE, UPDATE, AGAIN],
    ],
    ids=["create of a row that is there", "update of a row that is not", "delete of a row that is not"],
)
def test_an_event_that_does_not_fit_is_refused_though_the_rows_are_equal(
    events: list[dict[str, object]], fit: Server, tmp_path: Path
) -> None:
    verdict = judged(fit, written(tmp_path / "e.jsonl", events))
    assert (verdict.rebuilt_hash, verdict.misfits, verdict.equal) == (verdict.server_hash, 1, False)
    assert "does not fit" in verdict.fault
