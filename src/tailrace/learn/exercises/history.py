"""Lesson 6: by which definition a row is read, and what is left where the definitions are gone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from tailrace.errors import LabError
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, named, predicted
from tailrace.learn.incident import incident
from tailrace.learn.observe import equal, running
from tailrace.learn.stage import CONNECTOR

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("stock", "parcels", "seats", "vouchers")
YES: Final = ("yes", "no")


def _events(stage: Stage, table: str) -> list[dict[str, Any]]:
    return [event for event in stage.written() if event["source"]["table"] == table]


# -- columns of then ---------------------------------------------------------------------------------------------------

COLUMNS: Final = ("id, qty, note", "id, amount, note and the new one", "no event")
BEFORE: Final = ("the default", "null", "no such column")
STARTS: Final = ("runs", "fails")
NAMES: Final = ("note", "remark", "it fails")


def _draw_columns(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "column": random.choice(("price", "weight", "channel")),
        "default": str(random.randrange(10, 100)),
        "rows": str(random.randrange(20, 60)),
        "born": str(random.randrange(2, 7)),
        "metadata": random.choice(("MINIMAL", "FULL")),
    }


def _prepare_columns(stage: Stage, values: dict[str, str]) -> None:
    primary, table = stage.primary, f"shop.{values['table']}"
    primary.execute(f"SET GLOBAL binlog_row_metadata = '{values['metadata']}'")
    primary.execute("CREATE DATABASE shop")
    primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, qty INT NOT NULL, note VARCHAR(20))")
    stage.insert(table, int(values["rows"]), "i, 10 * i, 'before'")
    stage.make_connector()
    stage.settle()


def _watch_columns(stage: Stage, values: Values) -> dict[str, str]:
    table, rows, born = f"shop.{values['table']}", int(values["rows"]), int(values["born"])
    primary = stage.primary
    stage.stop_connector()
    known = len(_events(stage, values["table"]))
    for number in range(rows + 1, rows + born + 1):
        primary.execute(f"INSERT INTO {table} (id, qty, note) VALUES ({number}, 5, 'new')")
    primary.execute(f"ALTER TABLE {table} ADD COLUMN {values['column']} INT NOT NULL DEFAULT {values['default']}")
    primary.execute(f"ALTER TABLE {table} RENAME COLUMN qty TO amount")
    primary.execute(f"UPDATE {table} SET amount = 7 WHERE id = 1")
    runs = stage.resume_connector()
    stage.settle()
    came = _events(stage, values["table"])[known:]
    inserted: dict[str, Any] = next((event["after"] for event in came if event["op"] == "c"), {})
    before: dict[str, Any] = next((event["before"] for event in came if event["op"] == "u"), {})
    _alter_unseen(stage, f"ALTER TABLE {table} RENAME COLUMN note TO remark")
    primary.execute(f"INSERT INTO {table} (id, amount, remark) VALUES (0, 1, 'hidden')")
    stage.settle()
    last = _events(stage, values["table"])[-1]["after"] or {}
    return {
        "measured.start": STARTS[0] if runs else STARTS[1],
        "measured.insert": _shape(inserted),
        "measured.before": _told(before, values),
        "measured.events": str(len(came)),
        "measured.name": next((name for name in NAMES if last.get(name) == "hidden"), NAMES[2]),
    }


def _alter_unseen(stage: Stage, statement: str) -> None:
    with stage.primary.connect(autocommit=True) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = OFF")
        cursor.execute(statement)


def _shape(row: dict[str, Any]) -> str:
    if not row:
        return COLUMNS[2]
    return COLUMNS[0] if ", ".join(row) == COLUMNS[0] else COLUMNS[1]


def _told(before: dict[str, Any], values: Values) -> str:
    column = values["column"]
    if column not in before:
        return BEFORE[2]
    return BEFORE[0] if before[column] == int(values["default"]) else BEFORE[1]


# -- definitions are gone ----------------------------------------------------------------------------------------------

ALTERED: Final = f"{HIDDEN}altered"
SMALL: Final = 1000
"""Widths are below it and heights are not, so a value in the other's column is seen."""


def _draw_gone(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "row": str(random.randrange(2, 20)),
        ALTERED: random.choice(YES),
        f"{HIDDEN}rows": str(random.randrange(20, 40)),
    }


def _prepare_gone(stage: Stage, values: dict[str, str]) -> None:
    """Stopped; meanwhile rows, an ALTER of this table or of one that is not captured, rows; and no history."""
    primary, table = stage.primary, f"shop.{values['table']}"
    rows, row = int(values[f"{HIDDEN}rows"]), values["row"]
    primary.execute("CREATE DATABASE shop")
    primary.execute("CREATE DATABASE audit")
    primary.execute("CREATE TABLE audit.visits (id INT PRIMARY KEY, width INT NOT NULL, height INT NOT NULL)")
    primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, width INT NOT NULL, height INT NOT NULL)")
    stage.insert(table, rows, f"i, i, {SMALL} + i")
    stage.make_connector()
    stage.settle()
    stage.stop_connector()
    altered = table if values[ALTERED] == "yes" else "audit.visits"
    for statement in (
        f"UPDATE {table} SET width = 101 WHERE id = {row}",
        f"INSERT INTO {table} (id, width, height) VALUES ({rows + 1}, 1, {SMALL})",
        "INSERT INTO audit.visits (id, width, height) VALUES (1, 1, 1)",
        f"ALTER TABLE {altered} MODIFY COLUMN width INT NOT NULL AFTER height",
        f"UPDATE {table} SET width = 102 WHERE id = {row}",
        f"INSERT INTO {table} (id, width, height) VALUES ({rows + 2}, 2, {SMALL})",
    ):
        primary.execute(statement)
    _forget(stage)
    # As found: somebody had forbidden snapshots, so what is missing is said.
    stage.connect.patch(CONNECTOR, {"snapshot.mode": "no_data"})
    if stage.resume_connector():
        raise LabError("the connector runs without its schema history", hint="tailrace connector status shop")


def _forget(stage: Stage) -> None:
    """The schema history alone; the offset stays."""
    with closing(sqlite3.connect(stage.worker.state / f"{CONNECTOR}.tailrace.db")) as storage, storage:
        storage.execute("DELETE FROM schema_history")


def _mode(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    mode = stage.connect.config(CONNECTOR).get("snapshot.mode", "initial")
    return Seen(mode in {"initial", "no_data", "when_needed"}, f"snapshot.mode = {mode}")


def _reads(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """A snapshot where it is needed, and none where all can be read as it happened."""
    if stage.is_running():
        stage.settle()
    row = int(values["row"])
    came = [event for event in _events(stage, values["table"]) if event["after"] and event["after"]["id"] == row]
    reads = sum(event["op"] == "r" for event in came)
    widths = [event["after"]["width"] for event in came if event["op"] == "u"]
    kept = widths == [101, 102]
    holds = reads > 1 if values[ALTERED] == "yes" else reads == 1 and kept
    return Seen(holds, f"id={row}: r={reads}, u={len(widths)}")


def _true(stage: Stage, values: Values, _answers: Answers) -> Seen:
    rows = [row for event in _events(stage, values["table"]) for row in (event["before"], event["after"]) if row]
    wrong = [row for row in rows if not row["width"] < SMALL <= row["height"]]
    return Seen(not wrong, str(wrong[0]) if wrong else f"{len(rows)}")


EXERCISES: Final = (
    Exercise(
        name="columns-of-then",
        lesson=6,
        kind=Kind.PREDICTION,
        abilities=("R6",),
        draw=_draw_columns,
        prepare=_prepare_columns,
        questions=(
            Question("start", STARTS),
            Question("insert", COLUMNS),
            Question("before", BEFORE),
            Question("events"),
            Question("name", NAMES),
        ),
        experiment=_watch_columns,
        observations=tuple(map(predicted, ("start", "insert", "before", "events", "name"))),
    ),
    Exercise(
        name="definitions-gone",
        lesson=6,
        kind=Kind.LAB,
        abilities=("R8", "R13"),
        draw=_draw_gone,
        prepare=_prepare_gone,
        questions=(Question("altered", YES),),
        observations=(
            named("altered"),
            Observation("running", running),
            Observation("mode", _mode),
            Observation("reads", _reads),
            Observation("true", _true),
            Observation("equal", equal()),
        ),
    ),
    incident(
        "since-the-migration",
        lesson=6,
        pool=("ghost-swap", "row-image-minimal", "statement-format"),
        choices=("ghost-swap", "row-image-minimal", "statement-format", "hidden-ddl", "wrong-filter", "table-locked"),
        abilities=("R6", "R8", "R10"),
    ),
)
