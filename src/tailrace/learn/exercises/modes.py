"""Lesson 9: what a start reads, what a snapshot locks, and what keeps it from beginning."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pymysql

from tailrace.errors import TailraceError
from tailrace.learn.exercise import Exercise, Kind, Observation, Question, Seen, predicted
from tailrace.learn.incident import incident
from tailrace.learn.stage import CONNECTOR, SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("invoices", "parcels", "tickets", "payments")
SMALL: Final = ("couriers", "currencies", "branches")
WAITS: Final = ("waits", "passes")
READ_SECONDS: Final = 4
"""What the slow snapshot sleeps in all: long enough for a write to run into it."""
LOCK_WAIT_SECONDS: Final = 1
LOCK_WAIT_TIMEOUT: Final = 1205
READING: Final = "SELECT 1 FROM performance_schema.processlist WHERE user = %s AND info LIKE '%%SLEEP%%'"


def _make_table(stage: Stage, table: str, rows: int) -> None:
    stage.primary.execute(f"CREATE TABLE shop.{table} (id INT PRIMARY KEY, note VARCHAR(40))")
    stage.insert(f"shop.{table}", rows, "i, 'old'")


def _events(stage: Stage, table: str) -> Iterator[dict[str, Any]]:
    return (event for event in stage.written() if event["source"]["table"] == table)


# -- what a start reads ------------------------------------------------------------------------------------------------


def _draw_start(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "rows": str(random.randrange(40, 80)),
        "added": str(random.randrange(3, 9)),
        "mode": random.choice(("always", "initial", "when_needed", "recovery", "no_data")),
        "fresh_mode": random.choice(("initial", "initial", "no_data")),
        "locking": random.choice(("minimal", "extended", "none")),
    }


def _prepare_start(stage: Stage, values: dict[str, str]) -> None:
    stage.primary.execute("CREATE DATABASE shop")
    _make_table(stage, values["table"], int(values["rows"]))
    stage.make_connector()
    stage.settle()


def _watch_start(stage: Stage, values: Values) -> dict[str, str]:
    table, rows, added = values["table"], int(values["rows"]), int(values["added"])
    stage.stop_connector()
    before = len(list(_events(stage, table)))
    for number in range(added):
        stage.primary.execute(f"INSERT INTO shop.{table} VALUES ({rows + 1 + number}, 'while it was stopped')")
    stage.connect.patch(CONNECTOR, {"snapshot.mode": values["mode"]})
    _resume(stage)
    first = Counter(event["op"] for event in list(_events(stage, table))[before:])

    stage.stop_connector()
    before = len(list(_events(stage, table)))
    stage.connect.reset_offsets(CONNECTOR)
    asleep = READ_SECONDS / (rows + added)
    stage.connect.patch(
        CONNECTOR,
        {
            "snapshot.mode": values["fresh_mode"],
            "snapshot.locking.mode": values["locking"],
            "snapshot.select.statement.overrides": f"shop.{table}",
            f"snapshot.select.statement.overrides.shop.{table}": (
                f"SELECT * FROM shop.{table} WHERE SLEEP({asleep:.3f}) = 0"
            ),
        },
    )
    stage.connect.resume(CONNECTOR)
    if values["fresh_mode"] == "initial":
        stage.until(lambda: bool(stage.primary.execute(READING, (stage.primary.user,))), SETTLE_SECONDS)
    write = _write(stage, f"UPDATE shop.{table} SET note = 'while it is read' WHERE id = 1")
    stage.until(lambda: stage.is_running() and stage.caught_up(), SETTLE_SECONDS)
    fresh = Counter(event["op"] for event in list(_events(stage, table))[before:])
    return {
        "measured.reads": str(first["r"]),
        "measured.creates": str(first["c"]),
        "measured.fresh": str(fresh["r"]),
        "measured.write": write,
    }


def _resume(stage: Stage) -> None:
    stage.connect.resume(CONNECTOR)
    stage.until(lambda: stage.is_running() and stage.caught_up(), SETTLE_SECONDS)


def _write(stage: Stage, statement: str) -> str:
    """Whether it goes through, or would have waited for longer than a second."""
    with stage.primary.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")
        try:
            cursor.execute(statement)
        except pymysql.err.OperationalError as error:
            if error.args[0] != LOCK_WAIT_TIMEOUT:
                raise
            return WAITS[0]
    return WAITS[1]


# -- only what is new --------------------------------------------------------------------------------------------------


def _draw_part(random: Random) -> dict[str, str]:
    rows = random.randrange(20_000, 40_000)
    return {
        "table": random.choice(TABLES),
        "small": random.choice(SMALL),
        "rows": str(rows),
        "small_rows": str(random.randrange(100, 300)),
        "cut": str(rows - random.randrange(500, 1_500)),
    }


def _prepare_part(stage: Stage, values: dict[str, str]) -> None:
    """Two tables, and no connector but its file."""
    stage.leave_config()
    stage.primary.execute("CREATE DATABASE shop")
    _make_table(stage, values["table"], int(values["rows"]))
    _make_table(stage, values["small"], int(values["small_rows"]))


def _running(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    if stage.is_running():
        stage.settle()
    return Seen(stage.is_running(), stage.state())


def _captured(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """Both tables are in its filter: the rest of the task is about what is read, not about what is captured."""
    try:
        config = stage.connect.config(CONNECTOR)
    except TailraceError as error:
        return Seen(holds=False, evidence=error.message)
    listed, left = config.get("table.include.list", ""), config.get("table.exclude.list", "")
    holds = all(not listed or values[name] in listed for name in ("table", "small")) and not left
    return Seen(holds, f"table.include.list = {listed or '—'}, table.exclude.list = {left or '—'}")


def _reads(stage: Stage, table: str) -> Counter[int]:
    return Counter(event["after"]["id"] for event in _events(stage, table) if event["op"] == "r")


def _small(stage: Stage, values: Values, _answers: Answers) -> Seen:
    reads = _reads(stage, values["small"])
    once = sum(count == 1 for count in reads.values())
    return Seen(
        once == len(reads) == int(values["small_rows"]), f"shop.{values['small']}: {once} / {values['small_rows']}"
    )


def _old(stage: Stage, values: Values, _answers: Answers) -> Seen:
    old = sum(key <= int(values["cut"]) for key in _reads(stage, values["table"]))
    return Seen(not old, f"id ≤ {values['cut']}: {old}")


def _new(stage: Stage, values: Values, _answers: Answers) -> Seen:
    cut, rows = int(values["cut"]), int(values["rows"])
    reads = _reads(stage, values["table"])
    once = sum(reads[key] == 1 for key in range(cut + 1, rows + 1))
    return Seen(once == rows - cut, f"id > {cut}: {once} / {rows - cut}")


def _beside(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """The rows of the large table came beside the stream."""
    marks = Counter(str(event["source"]["snapshot"]) for event in _events(stage, values["table"]) if event["op"] == "r")
    return Seen(set(marks) == {"incremental"}, ", ".join(f"{mark}: {count}" for mark, count in marks.items()) or "—")


EXERCISES: Final = (
    Exercise(
        name="what-a-start-reads",
        lesson=9,
        kind=Kind.PREDICTION,
        abilities=("R8", "R17"),
        draw=_draw_start,
        prepare=_prepare_start,
        questions=(Question("reads"), Question("creates"), Question("fresh"), Question("write", WAITS)),
        experiment=_watch_start,
        observations=(predicted("reads"), predicted("creates"), predicted("fresh"), predicted("write")),
    ),
    Exercise(
        name="not-the-archive",
        lesson=9,
        kind=Kind.LAB,
        abilities=("R10", "R12", "R17"),
        draw=_draw_part,
        prepare=_prepare_part,
        observations=(
            Observation("running", _running),
            Observation("captured", _captured),
            Observation("small", _small),
            Observation("old", _old),
            Observation("new", _new),
            Observation("beside", _beside),
        ),
    ),
    incident(
        "snapshot-at-night",
        lesson=9,
        pool=("xa-prepared", "table-locked", "grant-revoked"),
        choices=("xa-prepared", "table-locked", "grant-revoked", "account-locked", "short-retention"),
        abilities=("R6", "R8"),
    ),
)
