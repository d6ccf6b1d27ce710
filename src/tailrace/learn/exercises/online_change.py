"""Lesson 15: online schema change, and what connectors see of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tailrace.lab.worker import jsonl_config
from tailrace.learn.exercise import Exercise, Kind, Observation, Question, Seen, predicted
from tailrace.learn.incident import incident
from tailrace.learn.observe import awaited, rebuilt, running
from tailrace.learn.stage import CONNECTOR, DATABASE, SERVER_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("orders", "baskets", "tickets", "bookings")
EXACT: Final = "exact"
"""The connector that captures the one table, beside CONNECTOR, which captures the whole database."""
TOTAL: Final = "total"
"""The column that the change adds: computed and stored, so the server cannot add it in place."""
JOURNAL: Final = "journal"
EQUAL_SECONDS: Final = 15.0
"""Somebody writes each second: sink and table are equal between two writes."""


def _make_table(stage: Stage, table: str, rows: int) -> None:
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    stage.primary.execute(
        f"CREATE TABLE {DATABASE}.{table}"
        " (id INT PRIMARY KEY AUTO_INCREMENT, price INT NOT NULL, quantity INT NOT NULL)"
    )
    stage.insert(f"{DATABASE}.{table} (price, quantity)", rows, "i * 10, 1 + i % 5")


# -- one swap ----------------------------------------------------------------------------------------------------------

NOTHING: Final = "nothing"
SWAPS: Final = (NOTHING, "truncate", "delete and create")
NEW: Final = "new columns"
OLD: Final = "old columns"
SHADOW: Final = "shadow table"


def _draw_swap(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "rows": str(random.randrange(20, 60)),
        "changed": str(random.randrange(3, 9)),
        "born": str(random.randrange(2, 6)),
        "late": str(random.randrange(9, 15)),
    }


def _prepare_swap(stage: Stage, values: dict[str, str]) -> None:
    table = values["table"]
    _make_table(stage, table, int(values["rows"]))
    stage.make_connector()
    config = jsonl_config(stage.primary, EXACT, DATABASE, stage.worker.events / EXACT, server_id=SERVER_ID + 1)
    stage.connect.create(EXACT, config | {"table.include.list": rf"{DATABASE}\.{table}"})
    _settle(stage)


def _settle(stage: Stage) -> None:
    for name in (CONNECTOR, EXACT):
        stage.settle(connector=name)


def _written(stage: Stage, name: str) -> Iterator[dict[str, Any]]:
    """Row events of a connector, in their order, but for those of the snapshot."""
    folder = stage.worker.events / name if name == EXACT else stage.worker.events
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event.get("op") and event["op"] != "r":
                yield event


def _swap(stage: Stage, values: Values) -> dict[str, str]:
    table, execute = values["table"], stage.primary.execute
    here, shadow, old = (f"{DATABASE}.{name}" for name in (table, f"_{table}_new", f"_{table}_old"))
    execute(f"CREATE TABLE {shadow} LIKE {here}")
    execute(f"ALTER TABLE {shadow} ADD COLUMN {TOTAL} INT AS (price * quantity) STORED")
    for verb in ("INSERT", "UPDATE"):
        execute(
            f"CREATE TRIGGER {DATABASE}.keep_{verb.lower()} AFTER {verb} ON {here} FOR EACH ROW"
            f" REPLACE INTO {shadow} (id, price, quantity) VALUES (NEW.id, NEW.price, NEW.quantity)"
        )
    execute(f"INSERT IGNORE INTO {shadow} (id, price, quantity) SELECT id, price, quantity FROM {here}")
    for key in range(1, 1 + int(values["changed"])):
        execute(f"UPDATE {here} SET quantity = quantity + 1 WHERE id = {key}")
    for _ in range(int(values["born"])):
        execute(f"INSERT INTO {here} (price, quantity) VALUES (5, 1)")
    _settle(stage)
    before = {name: list(_written(stage, name)) for name in (CONNECTOR, EXACT)}
    execute(f"RENAME TABLE {here} TO {old}, {shadow} TO {here}")
    for verb in ("insert", "update"):
        execute(f"DROP TRIGGER {DATABASE}.keep_{verb}")
    _settle(stage)
    of_swap = [event for name in before for event in list(_written(stage, name))[len(before[name]) :]]
    for key in range(1, 1 + int(values["late"])):
        execute(f"UPDATE {here} SET quantity = quantity + 1 WHERE id = {key}")
    _settle(stage)
    exact = list(_written(stage, EXACT))
    last = exact[-1]
    return {
        "measured.shadow": str(sum(event["source"]["table"] != table for event in before[CONNECTOR])),
        "measured.exact": str(len(before[EXACT])),
        "measured.swap": NOTHING
        if not of_swap
        else SWAPS[1]
        if any(event["op"] == "t" for event in of_swap)
        else SWAPS[2],
        "measured.after": SHADOW if last["source"]["table"] != table else NEW if TOTAL in last["after"] else OLD,
        "measured.total": str(len({event["after"]["id"] for event in exact if TOTAL in (event["after"] or {})})),
    }


# -- a change under load -----------------------------------------------------------------------------------------------


def _draw_load(random: Random) -> dict[str, str]:
    return {"table": random.choice(TABLES), "rows": str(random.randrange(100, 300))}


def _prepare_load(stage: Stage, values: dict[str, str]) -> None:
    table = values["table"]
    _make_table(stage, table, int(values["rows"]))
    stage.primary.execute(f"CREATE TABLE {DATABASE}.{JOURNAL} (id INT PRIMARY KEY AUTO_INCREMENT, sale INT, price INT)")
    stage.make_connector()
    stage.settle()
    with stage.primary.connect() as session, session.cursor() as cursor:
        # A session of the server's own sells: it needs no process of the lab, and the replica has none of it.
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(
            f"CREATE EVENT {DATABASE}.sales ON SCHEDULE EVERY 1 SECOND DO BEGIN"
            f" SET @price = 100 + FLOOR(RAND() * 90000);"
            f" INSERT INTO {DATABASE}.{table} (price, quantity) VALUES (@price, 1); SET @sold = LAST_INSERT_ID();"
            f" INSERT INTO {DATABASE}.{JOURNAL} (sale, price) VALUES (@sold, @price);"
            f" UPDATE {DATABASE}.{table} SET quantity = quantity + 1 WHERE id = @sold - 5; END"
        )


def _swapped(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """The table has the column, and the one that was it stands beside it, without."""
    old = f"_{values['table']}_old"
    columns: dict[str, set[str]] = {values["table"]: set(), old: set()}
    for name, column in stage.primary.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s", (DATABASE,)
    ):
        columns.setdefault(name, set()).add(column)
    holds = TOTAL in columns[values["table"]] and bool(columns[old]) and TOTAL not in columns[old]
    said = (f"{name}: {', '.join(sorted(columns[name])) or '—'}" for name in (values["table"], old))
    return Seen(holds, "; ".join(said))


def _sales(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """It goes on selling, and each sale of its journal is in the table."""
    sells = stage.primary.execute(
        "SELECT 1 FROM information_schema.events WHERE event_schema = %s AND status = 'ENABLED'", (DATABASE,)
    )
    # A sale is in the table before it is in the journal. A key alone proves nothing: a later sale may have got it.
    ((sold, missing),) = stage.primary.execute(
        f"SELECT COUNT(*), COALESCE(SUM(t.id IS NULL), 0) FROM {DATABASE}.{JOURNAL} AS j"
        f" LEFT JOIN {DATABASE}.{values['table']} AS t ON t.id = j.sale AND t.price = j.price"
    )
    return Seen(bool(sells) and not missing, f"{sold - missing} / {sold}")


def _quiet(stage: Stage, values: Values, _answers: Answers) -> Seen:
    known = {values["table"], JOURNAL}
    others = sorted({event["source"]["table"] for event in stage.written()} - known)
    return Seen(not others, ", ".join(others) or "—")


def _equal(stage: Stage, values: Values, _answers: Answers) -> Seen:
    table = values["table"]
    return awaited(stage.until_still, lambda: rebuilt(stage.compare(table), table), EQUAL_SECONDS)


EXERCISES: Final = (
    Exercise(
        name="one-swap",
        lesson=15,
        kind=Kind.PREDICTION,
        abilities=("R8",),
        draw=_draw_swap,
        prepare=_prepare_swap,
        questions=(
            Question("shadow"),
            Question("exact"),
            Question("swap", SWAPS),
            Question("after", (NEW, OLD, SHADOW)),
            Question("total"),
        ),
        experiment=_swap,
        observations=tuple(predicted(name) for name in ("shadow", "exact", "swap", "after", "total")),
    ),
    Exercise(
        name="a-change-under-load",
        lesson=15,
        kind=Kind.LAB,
        abilities=("R8", "R10", "R17"),
        draw=_draw_load,
        prepare=_prepare_load,
        observations=(
            Observation("running", running),
            Observation("swapped", _swapped),
            Observation("sales", _sales),
            Observation("quiet", _quiet),
            Observation("equal", _equal),
        ),
    ),
    incident(
        "after-the-change-window",
        lesson=15,
        pool=("ghost-swap", "table-locked"),
        choices=("ghost-swap", "table-locked", "wrong-filter", "row-image-minimal", "connector-paused", "xa-prepared"),
        abilities=("R8", "R10"),
    ),
)
