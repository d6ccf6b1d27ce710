"""Transforms that see each record, with their options: a set of each beside each other, over the same statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compat.both import JSON_PLAIN, run_all
from compat.compare import differences
from compat.coverage import exercised
from compat.differences import shown_by, unexplained

if TYPE_CHECKING:
    from pathlib import Path

    from compat.oracle import Oracle
    from tailrace import lab

DATABASE = "transformed"
TOPIC = f"compat.{DATABASE}"
COLUMNS = """d DATE, t TIME(3), d0 DATETIME, d3 DATETIME(3) NOT NULL DEFAULT '2020-02-02 02:02:02', d6 DATETIME(6),
  s0 TIMESTAMP NULL, s6 TIMESTAMP(6) NULL"""
NOON = (
    "'2024-01-15', '12:00:00', '2024-01-15 12:00:00', '2024-01-15 12:00:00.5', '2024-01-15 12:00:00.000001', "
    "'2024-01-15 12:00:00', '2024-01-15 12:00:00.78'"
)
CLOCKS_CHANGE = (
    "NULL, NULL, '2024-03-10 02:30:00', '2024-03-31 02:30:00', '2024-11-03 01:30:00', '2024-03-10 07:30:00', "
    "'2024-11-03 05:30:00.123456'"
)
"""Put forward, and back, in New York and in Berlin."""
EXTREMES = (
    "'1000-01-01', '-01:00:00', '1883-11-18 12:03:57', '1000-01-01', '9999-12-31 23:59:59.999999', "
    "'1970-01-01 00:00:01', NULL"
)
MOMENTS = (NOON, CLOCKS_CHANGE, EXTREMES)
VALUES = (
    "1, 'APAC', 'short', 12.50, 1.5, 2.25, 1, x'00ff', 'a', 18446744073709551615, '2020-01-01 10:00:00'",
    "-7, 'жёлтый', 'longer than sixteen bytes', -0.01, -0.5, -0.25, 0, x'', 'b', 9, NULL",
    "2147483647, '', NULL, 99999999.99, 0, 1e100, NULL, NULL, NULL, NULL, NULL",
)
BEFORE = (
    f"CREATE TABLE moments (id INT PRIMARY KEY, {COLUMNS})",
    f"CREATE TABLE others (id INT PRIMARY KEY, {COLUMNS})",
    """CREATE TABLE routed (id INT PRIMARY KEY, name VARCHAR(50), note TEXT, pay DECIMAL(10,2), f FLOAT, d DOUBLE,
      yes BIT(1), raw VARBINARY(10), kind ENUM('a','b'), big BIGINT UNSIGNED, at TIMESTAMP NULL)""",
    "CREATE TABLE plain (x BIGINT, y CHAR(3))",
    *(f"INSERT INTO moments VALUES ({number}, {row})" for number, row in enumerate(MOMENTS)),
    f"INSERT INTO others VALUES (0, {MOMENTS[0]})",
    *(f"INSERT INTO routed VALUES ({row})" for row in VALUES),
    "INSERT INTO plain VALUES (-5, 'one'), (NULL, NULL)",
)
AFTER = (
    *(f"INSERT INTO moments VALUES (1{number}, {row})" for number, row in enumerate(MOMENTS)),
    f"INSERT INTO others VALUES (10, {MOMENTS[1]})",
    "UPDATE moments SET d6 = d6 + INTERVAL 1 DAY WHERE id = 10",
    "UPDATE moments SET id = 100 WHERE id = 0",
    "DELETE FROM others",
    "UPDATE routed SET name = 'EMEA', big = 10 WHERE id = 1",
    "UPDATE routed SET id = 3 WHERE id = 1",
    "DELETE FROM routed WHERE id = 3",
    "INSERT INTO routed (id, name) VALUES (8, 'emoji 😀 here!')",
    "UPDATE plain SET x = 9223372036854775807",
    "DELETE FROM plain",
)
ZONES = "io.debezium.transforms.TimezoneConverter"
PARTITIONS = "io.debezium.transforms.partitions.PartitionRouting"
HEADERS = "io.debezium.transforms.HeaderToValue"


def _transform(kind: str, **options: str) -> dict[str, str]:
    named = {f"transforms.t.{name.replace('_', '.')}": value for name, value in options.items()}
    return {"transforms": "t", "transforms.t.type": kind} | named


ZONED: tuple[dict[str, str], ...] = (
    _transform(ZONES, converted_timezone="America/New_York"),
    _transform(ZONES, converted_timezone="+05:30", include_list="source:moments:d3,others:s6,others:after.d0"),
    {
        **_transform(
            ZONES,
            converted_timezone="Europe/Berlin",
            exclude_list=f"topic:{TOPIC}.moments:d0,{TOPIC}.others",
        ),
        "time.precision.mode": "connect",
        "column.exclude.list": rf"{DATABASE}\..*\.t",
    },
    {
        **_transform(ZONES, converted_timezone="Europe/Berlin", include_list="source:moments:source.ts_ms"),
        "time.precision.mode": "microseconds",
    },
    {
        **_transform(ZONES, converted_timezone="Asia/Kathmandu"),
        **JSON_PLAIN,
        "time.precision.mode": "isostring",
        "column.exclude.list": rf"{DATABASE}\..*\.t",
    },
)
ROUTED: tuple[dict[str, str], ...] = (
    _transform(PARTITIONS, partition_payload_fields="change.id, change.name,change.x,op", partition_topic_num="7"),
    {
        **_transform(
            PARTITIONS,
            partition_payload_fields="change.name,change.note,change.kind,change.y,source.table",
            partition_topic_num="11",
            partition_hash_function="MURMUR",
        ),
        **JSON_PLAIN,
    },
    {
        **_transform(
            PARTITIONS,
            partition_payload_fields="change.pay,change.f,change.d,change.yes,change.big,change.d0,change.x",
            partition_topic_num="13",
        ),
        **JSON_PLAIN,
    },
    {
        **_transform(
            PARTITIONS,
            partition_payload_fields="change.pay,change.raw,change.yes,change.big,change.at,nowhere,change.nothing",
            partition_topic_num="1000",
            partition_hash_function="murmur",
        ),
        "bigint.unsigned.handling.mode": "precise",
    },
)
HEADED: tuple[dict[str, str], ...] = (
    _transform(
        HEADERS,
        # Not a header that only some have, nor a field of `after`: Debezium keeps the schema of the first record, and
        # forgets that an image may be null, so that it fails.
        headers="__debezium.context.connectorLogicalName,__debezium.context.taskId",
        fields="connector,task",
        operation="move",
    ),
    {
        **_transform(
            HEADERS,
            headers="__debezium.context.taskId,__debezium.context.connectorLogicalName",
            fields="meta.task,meta.connector",
            operation="copy",
        ),
    },
    {
        **_transform(HEADERS, headers="__debezium.context.taskId", fields="source.task", operation="copy"),
        **JSON_PLAIN,
    },
)
SETS = {"time zones": ZONED, "partitions": ROUTED, "headers": HEADED}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SETS)
def test_transforms_make_of_each_record_what_those_of_debezium_make(
    name: str, oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    variants = SETS[name]
    given = [{"include.schema.changes": "false"} | variant for variant in variants]
    found = run_all(oracle, mysql, DATABASE, tmp_path, before=BEFORE, after=AFTER, variants=given)
    rest: list[str] = []
    met: set[str] = set()
    for number, (variant, outcome) in enumerate(zip(variants, found, strict=True)):
        exercised.update(variant)
        assert len(outcome.theirs) > 5
        left = unexplained(differences(outcome.theirs, outcome.ours), met)
        rest += [f"variant {number}: {difference}" for difference in left]
    assert not rest, "\n".join(rest[:40])
    assert met >= shown_by(name), "a difference has gone: it goes from differences.py too"
    if variants is ROUTED:
        partitions = [{record.partition for record in outcome.theirs} for outcome in found]
        assert all(len(chosen) > 3 for chosen in partitions), "nothing was routed"
