"""Lesson 13: what a purge takes, and how to go on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from tailrace.errors import LabError
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, predicted
from tailrace.learn.incident import incident
from tailrace.learn.observe import running
from tailrace.learn.stage import CONNECTOR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("stock", "prices", "vouchers", "seats")
QUIET: Final = ("places", "currencies", "carriers")
YES: Final = ("yes", "no")
STARTS: Final = ("runs", "fails")


def _make_table(stage: Stage, table: str, rows: int) -> None:
    stage.primary.execute(f"CREATE TABLE shop.{table} (id INT PRIMARY KEY, note VARCHAR(40))")
    stage.insert(f"shop.{table}", rows, "i, 'before'")


def _purge(stage: Stage) -> None:
    if not stage.purge():
        raise LabError("the binlog cannot be purged: somebody still reads old files", hint="tailrace lab status")


def _events(stage: Stage, table: str) -> Iterator[tuple[str, int, dict[str, Any] | None]]:
    """(operation, key, the row after it) of each event of a table."""
    for event in stage.written():
        if event["source"]["table"] == table:
            yield event["op"], int((event["after"] or event["before"])["id"]), event["after"]


# -- what comes back ---------------------------------------------------------------------------------------------------


def _draw_back(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "rows": str(random.randrange(20, 60)),
        "updates": str(random.randrange(2, 6)),
        "gone": str(random.randrange(2, 7)),
        "born": str(random.randrange(7, 12)),
        "mode": random.choice(("initial", "when_needed")),
    }


def _prepare_back(stage: Stage, values: dict[str, str]) -> None:
    stage.primary.execute("CREATE DATABASE shop")
    _make_table(stage, values["table"], int(values["rows"]))
    stage.make_connector({"snapshot.mode": values["mode"]})
    stage.settle()


def _watch_back(stage: Stage, values: Values) -> dict[str, str]:
    table, rows = values["table"], int(values["rows"])
    primary = stage.primary
    stage.stop_connector()
    before = len(list(_events(stage, table)))
    for number in range(int(values["updates"])):
        primary.execute(f"UPDATE shop.{table} SET note = 'change {number}' WHERE id = 1")
    primary.execute(f"DELETE FROM shop.{table} WHERE id BETWEEN 2 AND 1 + {values['gone']}")
    for number in range(int(values["born"])):
        primary.execute(f"INSERT INTO shop.{table} VALUES ({rows + 1 + number}, 'new')")
    primary.execute("FLUSH BINARY LOGS")
    _purge(stage)
    runs = stage.resume_connector()
    if not runs:
        stage.stop_connector()
        stage.connect.reset_offsets(CONNECTOR)
        stage.resume_connector()
    stage.settle()
    came = list(_events(stage, table))[before:]
    return {
        "measured.start": STARTS[0] if runs else STARTS[1],
        "measured.reads": str(sum(op == "r" for op, _, _ in came)),
        "measured.versions": str(sum(key == 1 for _, key, _ in came)),
        "measured.deletes": "yes" if any(op == "d" for op, _, _ in came) else "no",
    }


# -- a known gap -------------------------------------------------------------------------------------------------------

GAP: Final = f"{HIDDEN}gap"
LATE: Final = f"{HIDDEN}late"


def _draw_gap(random: Random) -> dict[str, str]:
    rows = random.randrange(30, 80)
    changed, late, deleted, *gone = random.sample(range(1, rows + 1), 3 + random.randrange(2, 4))
    return {
        "table": random.choice(TABLES),
        "quiet": random.choice(QUIET),
        f"{HIDDEN}rows": str(rows),
        f"{HIDDEN}changed": str(changed),
        f"{HIDDEN}gone": ", ".join(str(key) for key in gone),
        f"{HIDDEN}deleted": str(deleted),
        LATE: str(late),
    }


def _prepare_gap(stage: Stage, values: dict[str, str]) -> None:
    """A part of what it missed is purged, a part is not."""
    primary, table, rows = stage.primary, f"shop.{values['table']}", int(values[f"{HIDDEN}rows"])
    primary.execute("CREATE DATABASE shop")
    _make_table(stage, values["table"], rows)
    _make_table(stage, values["quiet"], rows)
    stage.make_connector()
    stage.settle()
    stage.stop_connector()
    offset = str(stage.offset()["gtids"])
    primary.execute(f"UPDATE {table} SET note = 'purged' WHERE id = {values[f'{HIDDEN}changed']}")
    primary.execute(f"DELETE FROM {table} WHERE id IN ({values[f'{HIDDEN}gone']})")
    primary.execute(f"INSERT INTO {table} VALUES ({rows + 1}, 'purged')")
    values[GAP] = str(primary.execute("SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, %s)", (offset,))[0][0])
    primary.execute("FLUSH BINARY LOGS")
    for note in ("kept 1", "kept 2"):
        primary.execute(f"UPDATE {table} SET note = '{note}' WHERE id = {values[LATE]}")
    primary.execute(f"DELETE FROM {table} WHERE id = {values[f'{HIDDEN}deleted']}")
    _purge(stage)
    stage.resume_connector()


def _gap(_stage: Stage, values: Values, answers: Answers) -> Seen:
    given = answers.get("gap", "").replace(" ", "").lower()
    return Seen(given == values[GAP].replace("\n", "").lower(), given or "—")


def _rest(stage: Stage, values: Values, _answers: Answers) -> Seen:
    if stage.is_running():
        stage.settle()
    late = int(values[LATE])
    came = [
        str((row or {}).get("note")) for op, key, row in _events(stage, values["table"]) if op == "u" and key == late
    ]
    return Seen(came == ["kept 1", "kept 2"], f"id={late}: " + (", ".join(came) or "—"))


def _once(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """How often each row was read: of the quiet table once, of the other one once more."""
    most = {}
    for table in (values["quiet"], values["table"]):
        reads = Counter(key for op, key, _ in _events(stage, table) if op == "r")
        most[table] = max(reads.values(), default=0)
    return Seen(
        most[values["quiet"]] == 1 and most[values["table"]] == 2,  # noqa: PLR2004 - the first snapshot, and one more
        ", ".join(f"shop.{table}: {count}" for table, count in most.items()),
    )


def _equal(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """As a sink has it that writes each row by its key, whatever the operation."""
    if stage.is_running():
        stage.settle()
    said, holds = [], True
    for table in (values["table"], values["quiet"]):
        last = {key: row for _, key, row in _events(stage, table)}
        sink = {(key, row["note"]) for key, row in last.items() if row is not None}
        there = {(int(key), note) for key, note in stage.primary.execute(f"SELECT id, note FROM shop.{table}")}
        holds = holds and sink == there
        said.append(f"shop.{table}: {len(sink)} {'=' if sink == there else '≠'} {len(there)}")
    return Seen(holds, ", ".join(said))


EXERCISES: Final = (
    Exercise(
        name="what-comes-back",
        lesson=13,
        kind=Kind.PREDICTION,
        abilities=("R8",),
        draw=_draw_back,
        prepare=_prepare_back,
        questions=(
            Question("start", STARTS),
            Question("reads"),
            Question("versions"),
            Question("deletes", YES),
        ),
        experiment=_watch_back,
        observations=(predicted("start"), predicted("reads"), predicted("versions"), predicted("deletes")),
    ),
    Exercise(
        name="a-known-gap",
        lesson=13,
        kind=Kind.LAB,
        abilities=("R8", "R10", "R13"),
        draw=_draw_gap,
        prepare=_prepare_gap,
        questions=(Question("gap"),),
        observations=(
            Observation("running", running),
            Observation("gap", _gap),
            Observation("rest", _rest),
            Observation("once", _once),
            Observation("equal", _equal),
        ),
    ),
    incident(
        "after-the-clean-up",
        lesson=13,
        pool=("binlog-purged", "short-retention"),
        choices=("binlog-purged", "short-retention", "account-locked", "connector-paused", "server-id-clash"),
        abilities=("R6", "R8", "R13"),
    ),
)
