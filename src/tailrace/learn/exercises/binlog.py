"""Lesson 1: what a statement leaves in the binlog, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailrace.learn.binlog import RowChange, row_changes
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, named, predicted
from tailrace.learn.incident import CAUSE
from tailrace.learn.observe import equal, running
from tailrace.learn.stage import CONNECTOR

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("parcels", "refunds", "vouchers", "returns")
COLUMNS: Final = 4
PRICED: Final = f"{HIDDEN}price"
OTHERS: Final = f"{HIDDEN}others"
PRICE: Final = 3
"""The number of that column in `_make_table`."""


def _make_table(stage: Stage, table: str, rows: int) -> None:
    """Rows 1 to `rows`, in one transaction."""
    stage.primary.execute("CREATE DATABASE IF NOT EXISTS shop")
    stage.primary.execute(
        f"CREATE TABLE shop.{table} (id INT PRIMARY KEY, status VARCHAR(10), price INT, note VARCHAR(40))"
    )
    listed = ", ".join(f"({number}, 'new', {100 + number}, 'row {number}')" for number in range(1, rows + 1))
    stage.primary.execute(f"INSERT INTO shop.{table} VALUES {listed}")


def _current_file(stage: Stage) -> str:
    return stage.primary.binlog_files()[-1].name


# -- what a statement writes -------------------------------------------------------------------------------------------


def _draw_statements(random: Random) -> dict[str, str]:
    last = random.randrange(20, 40)
    paid = random.randrange(4, 15)
    return {"table": random.choice(TABLES), "last": str(last), "paid": str(paid)}


def _prepare_statements(stage: Stage, values: dict[str, str]) -> None:
    table = values["table"]
    _make_table(stage, table, 50)
    stage.primary.execute(f"UPDATE shop.{table} SET status = 'paid' WHERE id <= {values['paid']}")


def _written_by(stage: Stage, *statements: str) -> tuple[RowChange, ...]:
    """What one session's statements have written."""
    stage.primary.execute("FLUSH BINARY LOGS")
    with stage.primary.connect(autocommit=True) as session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return row_changes(stage.primary, _current_file(stage))


def _kinds(changes: tuple[RowChange, ...]) -> str:
    match "".join(change.op for change in changes):
        case "":
            return "nothing"
        case "u":
            return "an update"
        case "dc":
            return "a delete and an insert"
        case _:
            return "an insert"


def _image(columns: dict[int, str]) -> str:
    if len(columns) == COLUMNS:
        return "all columns"
    return "the key alone" if set(columns) == {1} else "the key and what changed"


def _write_statements(stage: Stage, values: Values) -> dict[str, str]:
    table = f"shop.{values['table']}"
    update = _written_by(stage, f"UPDATE {table} SET status = 'paid' WHERE id <= {values['last']}")
    replace = _written_by(stage, f"REPLACE INTO {table} VALUES (50, 'new', 1, 'replaced')")
    undone = _written_by(stage, "BEGIN", f"DELETE FROM {table}", "ROLLBACK")
    short = _written_by(
        stage, "SET SESSION binlog_row_image = 'MINIMAL'", f"UPDATE {table} SET price = 7 WHERE id = 49"
    )
    return {
        "measured.changed": str(len(update)),
        "measured.replace": _kinds(replace),
        "measured.rollback": _kinds(undone),
        "measured.before": _image(short[0].before),
    }


KINDS: Final = ("nothing", "an insert", "an update", "a delete and an insert")
IMAGES: Final = ("all columns", "the key alone", "the key and what changed")


# -- who changed the price ---------------------------------------------------------------------------------------------


def _draw_change(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "row": str(random.randrange(5, 40)),
        OTHERS: str(random.randrange(3, 9)),
        PRICED: str(random.randrange(1000, 10_000)),
        "before": str(random.randrange(20, 40)),
        "after": str(random.randrange(20, 40)),
    }


def _prepare_change(stage: Stage, values: dict[str, str]) -> None:
    """Between many changes of other rows one transaction that sets the price to 0, with others; then the row goes."""
    table, row = values["table"], int(values["row"])
    _make_table(stage, table, 50)
    with stage.primary.connect(autocommit=True) as session, session.cursor() as cursor:

        def elsewhere(count: int) -> None:
            for number in range(count):
                cursor.execute(f"UPDATE shop.{table} SET price = price + 1 WHERE id = {41 + number % 10}")

        elsewhere(int(values["before"]))
        cursor.execute(f"UPDATE shop.{table} SET price = {values[PRICED]} WHERE id = {row}")
        elsewhere(5)
        cursor.execute("BEGIN")
        cursor.execute(f"UPDATE shop.{table} SET note = 'sale' WHERE id > 50 - {values[OTHERS]}")
        cursor.execute(f"UPDATE shop.{table} SET price = 0 WHERE id = {row}")
        cursor.execute("COMMIT")
        elsewhere(int(values["after"]))
        cursor.execute(f"DELETE FROM shop.{table} WHERE id = {row}")


def _to_zero(stage: Stage, values: Values) -> tuple[RowChange, tuple[RowChange, ...]] | None:
    """The change, and all of its transaction; None where the binlog has it no longer."""
    for file in stage.primary.binlog_files():
        changes = row_changes(stage.primary, file.name)
        for change in changes:
            if change.op == "u" and change.before[1] == values["row"] and change.after[PRICE] == "0":
                return change, tuple(other for other in changes if other.gtid == change.gtid)
    return None


def _answered(name: str) -> Observation:
    def look(stage: Stage, values: Values, answers: Answers) -> Seen:
        given, found = answers.get(name, ""), _to_zero(stage, values)
        if not found:
            return Seen(holds=False, evidence="the binlog is gone: tailrace learn reset")
        change, together = found
        truth = {"gtid": change.gtid, "price": change.before[PRICE], "rows": str(len(together))}[name]
        # What it is stays untold: the learner can still find it.
        return Seen(given == truth, given or "—")

    return Observation(name, look)


# -- rows that never came ----------------------------------------------------------------------------------------------

UNLOGGED: Final = "sql_log_bin"
IMAGE: Final = "binlog_row_image"
SKIPPED: Final = "skipped.operations"
CAUSES: Final = (UNLOGGED, IMAGE, SKIPPED, "binlog_format", "rolled back", "table.include.list")


def _draw_loss(random: Random) -> dict[str, str]:
    return {"table": random.choice(TABLES), CAUSE: random.choice((UNLOGGED, IMAGE, SKIPPED))}


def _prepare_loss(stage: Stage, values: dict[str, str]) -> None:
    """A connector that runs, has read everything, and whose events do not make the table."""
    primary, table, cause = stage.primary, values["table"], values[CAUSE]
    _make_table(stage, table, 30)
    stage.make_connector({"skipped.operations": "u,t"} if cause == SKIPPED else None)
    stage.settle()
    if cause == IMAGE:
        primary.execute("SET GLOBAL binlog_row_image = 'MINIMAL'")
    with primary.connect(autocommit=True) as session, session.cursor() as cursor:
        if cause == UNLOGGED:
            cursor.execute("SET SESSION sql_log_bin = OFF")
        cursor.execute(f"UPDATE shop.{table} SET status = 'paid' WHERE id % 3 = 0")
        cursor.execute("SET SESSION sql_log_bin = ON")
        cursor.execute(f"INSERT INTO shop.{table} VALUES (100, 'new', 1, 'afterwards')")
    stage.settle()


def _prevented(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    image = stage.primary.execute("SELECT @@GLOBAL.binlog_row_image")[0][0]
    skipped = stage.connect.config(CONNECTOR).get(SKIPPED, "t")
    updates_come = "u" not in skipped.split(",")
    holds = image == "FULL" and updates_come
    # Which of the two it was is for the learner to find.
    return Seen(holds, f"binlog_row_image = {image}, skipped.operations = {skipped}" if holds else "—")


EXERCISES: Final = (
    Exercise(
        name="what-a-statement-writes",
        lesson=1,
        kind=Kind.PREDICTION,
        abilities=("R6",),
        draw=_draw_statements,
        prepare=_prepare_statements,
        questions=(
            Question("changed"),
            Question("replace", KINDS),
            Question("rollback", KINDS),
            Question("before", IMAGES),
        ),
        experiment=_write_statements,
        observations=(predicted("changed"), predicted("replace"), predicted("rollback"), predicted("before")),
        parts=frozenset(),
    ),
    Exercise(
        name="who-changed-the-price",
        lesson=1,
        kind=Kind.LAB,
        abilities=("R13",),
        draw=_draw_change,
        prepare=_prepare_change,
        questions=(Question("gtid"), Question("price"), Question("rows")),
        observations=(_answered("gtid"), _answered("price"), _answered("rows")),
        parts=frozenset(),
    ),
    Exercise(
        name="rows-that-never-came",
        lesson=1,
        kind=Kind.INCIDENT,
        abilities=("R6", "R8", "R10"),
        draw=_draw_loss,
        prepare=_prepare_loss,
        questions=(Question("cause", CAUSES),),
        observations=(
            named("cause"),
            Observation("running", running),
            Observation("prevented", _prevented),
            Observation("equal", equal()),
        ),
    ),
)
