"""Lesson 5: what is otherwise than in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tailrace.learn.exercise import Exercise, Kind, Question, predicted
from tailrace.learn.incident import incident
from tailrace.learn.stage import SETTLE_SECONDS

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("articles", "letters", "chapters", "recipes")
ROLLED_BACK: Final = 999_999
"""Key of the row that never was."""
YES: Final = ("yes", "no")


def _draw(random: Random) -> dict[str, str]:
    lengths = {"length": str(random.randrange(3_000, 9_000)), "changes": str(random.randrange(3, 30))}
    return {"table": random.choice(TABLES), **lengths}


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    primary, table = stage.primary, f"shop.{values['table']}"
    primary.execute("CREATE DATABASE shop")
    primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, body TEXT, views INT NOT NULL DEFAULT 0)")
    primary.execute(f"INSERT INTO {table} (id, body) VALUES (1, REPEAT('x', %s))", (int(values["length"]),))
    stage.make_connector()
    stage.settle()


def _live_without_a_slot(stage: Stage, values: Values) -> dict[str, str]:
    """All that the task tells of, in its order."""
    primary, table = stage.primary, f"shop.{values['table']}"
    primary.execute(f"UPDATE {table} SET views = views + 1 WHERE id = 1")
    with primary.connect(autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, body) VALUES ({ROLLED_BACK}, 'never')")
        connection.rollback()
    stage.until(lambda: any(event["op"] == "u" for event in stage.written()), SETTLE_SECONDS)
    stage.stop_connector()
    for number in range(int(values["changes"])):
        primary.execute(f"UPDATE {table} SET views = %s WHERE id = 1", (100 + number,))
    primary.execute("FLUSH BINARY LOGS")
    gone = stage.purge()
    runs = stage.resume_connector()
    update = next(event for event in stage.written() if event["op"] == "u")
    return {
        "measured.purged": "yes" if gone else "no",
        "measured.rolled_back": "yes" if any(_is_never(event) for event in stage.written()) else "no",
        "measured.text": "whole" if len(update["after"].get("body") or "") == int(values["length"]) else "missing",
        "measured.connector": "runs" if runs else "fails",
    }


def _is_never(event: dict[str, Any]) -> bool:
    return bool((event["after"] or {}).get("id") == ROLLED_BACK)


EXERCISES: Final = (
    Exercise(
        name="what-a-slot-would-do",
        lesson=5,
        kind=Kind.PREDICTION,
        abilities=("R13",),
        draw=_draw,
        prepare=_prepare,
        questions=(
            Question("purged", YES),
            Question("rolled_back", YES),
            Question("text", ("whole", "missing")),
            Question("connector", ("runs", "fails")),
        ),
        experiment=_live_without_a_slot,
        observations=tuple(predicted(name) for name in ("purged", "rolled_back", "text", "connector")),
    ),
    incident(
        "habits-from-elsewhere",
        lesson=5,
        pool=("row-image-minimal", "statement-format"),
        choices=(
            "row-image-minimal",
            "statement-format",
            "gtid-permissive",
            "time-zone",
            "short-retention",
            "hidden-ddl",
        ),
        abilities=("R6", "R10"),
    ),
)
