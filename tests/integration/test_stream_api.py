"""`tailrace.stream` and the sinks, fed by a real server."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet

import tailrace
from support.connector import Connector
from tailrace.errors import AccessDenied, ConfigError
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace.lab import Server

ROWS = 40


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    mysql.execute("CREATE DATABASE reading")
    mysql.execute("CREATE TABLE reading.t (id INT PRIMARY KEY, price DECIMAL(8,2), note VARCHAR(20), at DATETIME(6))")
    mysql.execute("CREATE TABLE reading.marker (id INT PRIMARY KEY)")
    for n in range(ROWS):
        mysql.execute(f"INSERT INTO reading.t VALUES ({n}, {n}.25, 'note {n}', '2024-02-29 12:00:00.000001')")
    yield "reading"
    mysql.execute("DROP DATABASE reading")


@pytest.fixture
def properties(mysql: Server, database: str, tmp_path: Path) -> dict[str, object]:
    return {
        "name": "reading",
        "topic.prefix": "reading",
        "database.hostname": mysql.host,
        "database.port": mysql.port,
        "database.user": mysql.user,
        "database.password": mysql.password,
        "database.server.id": 7100,
        "table.include.list": f"{database}.t",
        "storage.path": str(tmp_path / "state.db"),
    }


def test_changes_come_as_dicts_snapshot_first(mysql: Server, properties: dict[str, object]) -> None:
    with tailrace.stream(properties) as stream:
        changes = iter(stream)
        found = [next(changes) for _ in range(ROWS)]
        assert [change["op"] for change in found] == ["r"] * ROWS
        assert found[3]["after"]["note"] == "note 3"
        mysql.execute("UPDATE reading.t SET note = 'changed' WHERE id = 3")
        change = next(changes)
        assert (change["op"], change["before"]["note"], change["after"]["note"]) == ("u", "note 3", "changed")
        assert change["source"]["gtid"]


def test_a_second_run_goes_on_behind_what_the_first_was_through_with(
    mysql: Server, properties: dict[str, object]
) -> None:
    delivered = 0
    with tailrace.stream(properties | {"offset.flush.interval.ms": 1}) as stream:
        changes = iter(stream)
        for _ in range(ROWS):
            next(changes)
        # An offset may wait for the batch in hand: each further step lets it go.
        while (stored := stream.progress.stored) is None or stored.snapshot:
            mysql.execute(f"DELETE FROM reading.t WHERE id = {delivered}")
            assert next(changes)["before"]["id"] == delivered
            delivered += 1
    mysql.execute(f"DELETE FROM reading.t WHERE id = {delivered}")
    with tailrace.stream(properties) as again:
        change = next(iter(again))
        assert change["op"] == "d"
        assert change["before"]["id"] <= delivered


def test_an_async_reader_leaves_the_loop_free(properties: dict[str, object]) -> None:
    async def read() -> tuple[int, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.create_task(tick())
        seen = 0
        stream = tailrace.stream(properties)
        async for change in stream:
            seen += change["op"] == "r"
            if seen == ROWS:
                break
        await asyncio.to_thread(stream.close)
        ticking.cancel()
        return seen, ticks

    seen, ticks = asyncio.run(read())
    assert seen == ROWS
    assert ticks > 0


def test_batches_are_json_lines(properties: dict[str, object]) -> None:
    with tailrace.stream(properties) as stream:
        lines: list[bytes] = []
        for batch in stream.batches():
            assert bytes(batch) == b"".join(line + b"\n" for line in batch.split())
            lines += batch.split()
            if len(lines) == ROWS:
                break
    assert sorted(json.loads(line)["after"]["id"] for line in lines) == list(range(ROWS))


def test_arrow_has_the_rows_in_columns(mysql: Server, properties: dict[str, object]) -> None:
    with tailrace.stream(properties) as stream:
        found: list[dict[str, Any]] = []
        for rows in stream.arrow():
            assert (rows.database, rows.table) == ("reading", "t")
            found += pa.record_batch(rows).to_pylist()
            if len(found) == ROWS:
                mysql.execute("UPDATE reading.t SET price = 7.5 WHERE id = 5")
            if len(found) > ROWS:
                break
    update = found[-1]
    assert update["op"] == "u"
    assert str(update["before"]["price"]) == "5.25"
    assert str(update["after"]["price"]) == "7.50"


def test_one_stream_is_read_once(properties: dict[str, object]) -> None:
    with tailrace.stream(properties) as stream:
        next(iter(stream))
        with pytest.raises(RuntimeError, match="once"):
            next(iter(stream))


def test_errors_come_out_of_the_iteration(properties: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        tailrace.stream(properties | {"snapshot.mode": "sometimes"})
    with pytest.raises(AccessDenied):
        next(iter(tailrace.stream(properties | {"database.password": "wrong"})))


def test_parquet_files_hold_each_row_once_through_a_kill(mysql: Server, database: str, tmp_path: Path) -> None:
    connector = Connector(tmp_path, mysql, database, sink__type="parquet", sink__rotate__ms=0)
    folder = tmp_path / "events" / database / "t"

    def rows() -> list[dict[str, Any]]:
        return [row for file in sorted(folder.glob("*.parquet")) for row in parquet.read_table(file).to_pylist()]

    connector.start()
    assert await_condition(lambda: folder.exists() and len(rows()) == ROWS, 60)
    mysql.execute("UPDATE reading.t SET note = 'once'")
    assert await_condition(lambda: len(rows()) == 2 * ROWS, 60)
    connector.await_streaming()
    connector.kill9()
    mysql.execute("DELETE FROM reading.t WHERE id < 10")
    connector.start()
    assert await_condition(lambda: len(rows()) >= 2 * ROWS + 10, 60)
    assert connector.stop() == 0
    found = rows()
    assert len(found) == 2 * ROWS + 10
    assert {row["op"] for row in found} == {"r", "u", "d"}


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_compressed_lines_are_whole_after_a_kill(codec: str, mysql: Server, database: str, tmp_path: Path) -> None:
    connector = Connector(tmp_path, mysql, database, sink__compression=codec, offset__flush__interval__ms=50)
    folder = tmp_path / "events"

    def lines() -> list[dict[str, Any]]:
        found = []
        for file in sorted(folder.glob("*.jsonl.*")):
            data = file.read_bytes()
            try:
                text = gzip.decompress(data) if codec == "gzip" else _unzstd(data)
            except (EOFError, zstandard.ZstdError):
                return []  # a frame is being written
            found += [json.loads(line) for line in text.splitlines()]
        return found

    connector.start()
    assert await_condition(lambda: len(lines()) == ROWS, 60)
    connector.await_streaming()
    connector.kill9()
    mysql.execute("UPDATE reading.t SET note = 'after the kill'")
    connector.start()
    assert await_condition(lambda: len(lines()) == 2 * ROWS, 60)
    assert connector.stop() == 0
    assert [event["op"] for event in lines()] == ["r"] * ROWS + ["u"] * ROWS


def _unzstd(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
