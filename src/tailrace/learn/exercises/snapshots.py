"""Lesson 12: incremental snapshots."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import Exercise, Kind, Observation, Seen
from tailrace.learn.observe import equal, running
from tailrace.learn.stage import CONNECTOR

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("parcels", "refunds", "vouchers", "returns")


def _draw(random: Random) -> dict[str, str]:
    return {"table": random.choice(TABLES), "rows": str(random.randrange(3_000, 6_000))}


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    """A connector that captures one table; another one, with rows from before, which it does not."""
    primary, table, rows = stage.primary, f"shop.{values['table']}", int(values["rows"])
    primary.execute("CREATE DATABASE shop")
    primary.execute("CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40))")
    primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, note VARCHAR(40))")
    with primary.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SET SESSION cte_max_recursion_depth = {rows + 1}")
        cursor.execute(
            f"INSERT INTO {table} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
            " SELECT i, CONCAT('row ', i) FROM n"
        )
    stage.make_connector({"table.include.list": r"shop\.orders"})
    stage.settle()


def _captured(stage: Stage, values: Values, _answers: Answers) -> Seen:
    listed = stage.connect.config(CONNECTOR).get("table.include.list", "")
    both = "orders" in listed and values["table"] in listed
    return Seen(both, f"table.include.list = {listed}")


def _read_once(stage: Stage, values: Values, _answers: Answers) -> Seen:
    stage.settle()
    reads = Counter(
        event["after"]["id"]
        for event in stage.written()
        if event["op"] == "r" and event["source"]["table"] == values["table"]
    )
    doubled = sum(count > 1 for count in reads.values())
    evidence = f"{len(reads)} / {values['rows']}, {doubled} x 2"
    return Seen(len(reads) == int(values["rows"]) and not doubled, evidence)


EXERCISES: Final = (
    Exercise(
        name="a-table-more",
        lesson=12,
        kind=Kind.LAB,
        abilities=("R10", "R12", "R17"),
        draw=_draw,
        prepare=_prepare,
        observations=(
            Observation("running", running),
            Observation("captured", _captured),
            Observation("read-once", _read_once),
            Observation("equal", equal()),
        ),
    ),
)
