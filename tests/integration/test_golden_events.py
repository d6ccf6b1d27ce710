"""Tailrace's events held against those of the released Debezium 3.6.1, field by field.

Left aside: `source.version`, and the clock of the process (`ts_ms`, `ts_us`, `ts_ns` beside `op`), which must be the
time that was given. JSON documents are compared parsed: Debezium writes a double in full plain decimals
(`0.000000149999…`), we the shortest that reads back the same. Any other difference is one entry of a table here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import tailrace
from support.kernel import NOW_US, batches, lines
from tailrace._kernel import Envelope
from tailrace.history.from_row_metadata import build_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tailrace import lab
    from tailrace._kernel import NeedTable
    from tailrace.model.table import Table

GOLDEN = Path(__file__).parents[1] / "oracles" / "debezium"


class Difference(NamedTuple):
    path: str
    """`table.column`, and on inside a JSON document; `source.field` outside of rows."""
    theirs: Any
    ours: Any


STREAM: Mapping[Difference, str] = {
    Difference("temporals.y", 1900, 0): "year 0 is 1900 in Debezium's stream, 2000 in its snapshot, 0 in the server",
    Difference("temporals_not_null.y", 1900, 0): "as temporals.y",
    Difference("texts.e", "b\\,c", "b,c"): "Debezium escapes a comma in an enum label in the stream alone",
    Difference("documents.j.bin", "AP8=", "base64:type15:AP8="): "ours is what SELECT prints, type included",
    Difference("documents.j.bit", "BQ==", "base64:type15:BQ=="): "as documents.j.bin",
    Difference("documents.j.dt0", "2024-02-29 12:34:56", "2024-02-29 12:34:56.000000"): "ours is what SELECT prints",
    Difference("documents.j.time", "13:0-35:0-57.00000-789", "-12:34:56.789000"): "Debezium breaks negative times",
}
SNAPSHOT: Mapping[Difference, str] = {
    Difference("temporals.y", 2000, 0): "see STREAM",
    Difference("temporals_not_null.y", 2000, 0): "see STREAM",
    Difference("numbers.f", 123457.0, 123456.79): "Debezium has the server's six digits, we the float of the stream",
    Difference("numbers.f24", 16777200.0, 16777216.0): "as numbers.f",
    Difference("temporals.ts1", "1970-01-01T00:00:01Z", "1970-01-01T00:00:01.0Z"): "ours is written as in the stream",
    Difference("temporals.ts1", "2001-09-09T01:46:40Z", "2001-09-09T01:46:40.0Z"): "as above",
    Difference("temporals.ts3", "2024-02-29T12:34:56.78Z", "2024-02-29T12:34:56.780Z"): "as above",
    Difference("temporals.ts3", "1970-01-01T00:00:01.5Z", "1970-01-01T00:00:01.500Z"): "as above",
    Difference("temporals.ts3", "2001-09-09T01:46:40.1Z", "2001-09-09T01:46:40.100Z"): "as above",
    Difference("temporals_not_null.ts6", "2024-01-01T00:00:00.12Z", "2024-01-01T00:00:00.120000Z"): "as above",
}
PLACE = {f"source.{field}" for field in ("ts_ms", "ts_us", "ts_ns", "file", "pos")}
"""Of a snapshot: that of the server it was taken from."""


def parsed(text: str | bytes) -> Any:
    """A JSON text in which a repeated name is an error; objects keep the order of their fields."""

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), f"a name is repeated: {pairs}"
        return dict(pairs)

    return json.loads(text, object_pairs_hook=build)


def golden(name: str) -> list[Any]:
    # No splitlines: U+2028 stands in the values.
    return [parsed(line) for line in (GOLDEN / name).read_text(encoding="utf-8").split("\n") if line]


def document_differences(path: str, theirs: Any, ours: Any) -> Iterator[Difference]:
    if isinstance(theirs, dict) and isinstance(ours, dict) and list(theirs) == list(ours):
        for name, value in theirs.items():
            yield from document_differences(f"{path}.{name}", value, ours[name])
    elif theirs != ours:
        yield Difference(path, theirs, ours)


def field_differences(path: str, theirs: Any, ours: Any) -> Iterator[Difference]:
    if isinstance(theirs, dict) and isinstance(ours, dict) and list(theirs) == list(ours):
        for name, value in theirs.items():
            yield from field_differences(f"{path}.{name}", value, ours[name])
    elif path.endswith(".j") and isinstance(theirs, str) and isinstance(ours, str):
        yield from document_differences(path, parsed(theirs), parsed(ours))
    elif (type(theirs), theirs) != (type(ours), ours):
        yield Difference(path, theirs, ours)


def event_differences(theirs: Any, ours: Any) -> Iterator[Difference]:
    """Between two envelopes, `source.version` and the clock aside."""
    assert list(ours) == list(theirs), "other fields, or in another order"
    table = theirs["source"]["table"]
    for image in ("before", "after"):
        yield from field_differences(table, theirs[image], ours[image])
    for field in ("source", "transaction", "op"):
        for difference in field_differences(field, theirs[field], ours[field]):
            if difference.path != "source.version":
                yield difference
    assert (ours["ts_ms"], ours["ts_ns"]) == (ours["ts_us"] // 1000, ours["ts_us"] * 1000)


@pytest.mark.parametrize("chunk", [1 << 20, 97, 1])
def test_stream_differs_from_debezium_only_where_it_is_meant_to(chunk: int) -> None:
    def definition(need: NeedTable) -> Table | None:
        return build_table(need) if need.database == "golden" else None

    theirs = golden("stream.jsonl")
    begin = theirs[0]["value"]["source"]["pos"]
    envelope = Envelope(name="golden", version="test", output="records")
    # The snapshot's rows come first in the file.
    ours = [
        (parsed(key) if key is not None else None, parsed(value) if value is not None else None)
        for batch in batches((GOLDEN / "stream.binlog").read_bytes(), definition, envelope=envelope, chunk=chunk)
        for key, value in lines(batch)
    ]
    first = next(index for index, (_, event) in enumerate(ours) if event and event["source"]["pos"] >= begin)
    ours = ours[first:]
    assert {event["ts_us"] for _, event in ours if event} == {NOW_US}
    differences = set()
    for their, (key, event) in zip(theirs, ours, strict=True):
        differences.update(field_differences("key", their["key"], key))
        if their["value"] is None or event is None:
            assert their["value"] is event, "a tombstone follows each delete, and nothing else does"
        else:
            differences.update(event_differences(their["value"], event))
    assert differences == set(STREAM)


@pytest.fixture
def golden_server(mysql: lab.Server) -> Iterator[lab.Server]:
    with mysql.connect() as connection, connection.cursor() as cursor:
        for name in ("types.sql", "rows.sql"):
            for statement in (GOLDEN / name).read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    cursor.execute(statement)
        connection.commit()
    yield mysql
    mysql.execute("DROP DATABASE golden")


def test_snapshot_differs_from_debezium_only_where_it_is_meant_to(golden_server: lab.Server, tmp_path: Path) -> None:
    config = {
        "topic.prefix": "golden",
        "database.hostname": golden_server.host,
        "database.port": golden_server.port,
        "database.user": golden_server.capture.user,
        "database.password": golden_server.capture.password,
        "database.include.list": "golden",
        "snapshot.mode": "initial_only",
        "storage.path": tmp_path / "tailrace.db",
    }
    with tailrace.stream(config) as changes:
        ours = list(changes)
    differences = {
        difference
        for their, our in zip(golden("snapshot.jsonl"), ours, strict=True)
        for difference in event_differences(their["value"], our)
        if difference.path not in PLACE
    }
    assert differences == set(SNAPSHOT)
