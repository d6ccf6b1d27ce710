"""Lesson 2: what a GTID names, on two servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pymysql.cursors

from tailrace.lab import faults
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, named, predicted
from tailrace.learn.incident import CAUSE, SEED

if TYPE_CHECKING:
    from random import Random

    from tailrace.lab.server import Server
    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("parcels", "refunds", "vouchers", "returns")


def _draw(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "before": str(random.randrange(3, 12)),
        "restarts": str(random.randrange(1, 4)),
    }


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    """A transaction of which both servers have the GTID, at places that have nothing in common."""
    primary, replica, table = stage.primary, stage.replica, f"shop.{values['table']}"
    primary.execute("CREATE DATABASE shop")
    primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, note VARCHAR(40))")
    for _ in range(int(values["restarts"])):
        replica.execute("FLUSH BINARY LOGS")
    for number in range(int(values["before"])):
        primary.execute(f"INSERT INTO {table} VALUES (%s, 'before')", (number,))
    primary.execute(f"INSERT INTO {table} VALUES (1000, 'this one')")
    uuid, _, last = primary.executed().rpartition(":")
    values["gtid"] = f"{uuid.split(',')[-1].split(':')[0]}:{last.rpartition('-')[2]}"
    primary.execute(f"INSERT INTO {table} VALUES (1001, 'after')")
    stage.until(lambda: not _missing(stage), 20)


def _missing(stage: Stage) -> bool:
    follow = stage.lab.follow()
    return follow is None or bool(follow.missing)


def _place(server: Server, gtid: str) -> str:
    """`file:position` of the event that names the transaction."""
    for name, *_ in server.execute("SHOW BINARY LOGS"):
        for file, position, kind, _server, _end, info in server.execute(f"SHOW BINLOG EVENTS IN '{name}'"):
            if kind == "Gtid" and gtid in info:
                return f"{file}:{position}"
    return ""


def _normal(place: str) -> str:
    return re.sub(r"\s+", "", place)


def _look(role: str) -> Observation:
    def look(stage: Stage, values: Values, answers: Answers) -> Seen:
        server = stage.primary if role == "primary" else stage.replica
        given, found = _normal(answers.get(role, "")), _place(server, values["gtid"])
        # Where it is stays untold: the learner can still find it.
        return Seen(given == found, given or "—")

    return Observation(f"place-{role}", look)


# -- what takes a GTID -------------------------------------------------------------------------------------------------


def _draw_taking(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "inserts": str(random.randrange(2, 6)),
        "together": str(random.randrange(3, 8)),
        "unlogged": str(random.randrange(2, 5)),
        "jump": str(random.randrange(40, 90)),
    }


def _prepare_taking(stage: Stage, values: dict[str, str]) -> None:
    stage.primary.execute("CREATE DATABASE shop")
    stage.primary.execute(f"CREATE TABLE shop.{values['table']} (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40))")
    stage.primary.execute(f"INSERT INTO shop.{values['table']} (note) VALUES ('the first')")
    stage.until(lambda: not _missing(stage), 20)


def _less(server: Server, one: str, other: str) -> str:
    """What of one set is not in the other."""
    (found,) = server.execute("SELECT GTID_SUBTRACT(%s, %s)", (one, other))[0]
    return str(found).replace("\n", "")


def _numbers(gtids: str) -> list[int]:
    """All of a set of one UUID."""
    parts = [part.split("-") for part in gtids.split(":")[1:]]
    return [number for part in parts for number in range(int(part[0]), int(part[-1]) + 1)]


def _take(stage: Stage, values: Values) -> dict[str, str]:
    primary, replica, table = stage.primary, stage.replica, f"shop.{values['table']}"
    insert = f"INSERT INTO {table} (note) VALUES ('one more')"
    before = primary.executed()
    with primary.connect(autocommit=True) as session, session.cursor() as cursor:
        for statement in (
            *[insert] * int(values["inserts"]),
            *("BEGIN", *[insert] * int(values["together"]), "COMMIT"),
            *("BEGIN", insert, "ROLLBACK"),
            f"UPDATE {table} SET note = note",
            *("SET SESSION sql_log_bin = OFF", *[insert] * int(values["unlogged"]), "SET SESSION sql_log_bin = ON"),
        ):
            cursor.execute(statement)
        after = primary.executed()
        taken = _numbers(_less(primary, after, before))
        uuid, last = after.split(":")[0], _numbers(after)[-1]
        for statement in (
            f"SET GTID_NEXT = '{uuid}:{last + int(values['jump'])}'",
            *("BEGIN", "COMMIT", "SET GTID_NEXT = 'AUTOMATIC'"),
            insert,
        ):
            cursor.execute(statement)
    follows = _numbers(primary.executed())[-1] > last + int(values["jump"])
    with replica.connect(autocommit=True) as session, session.cursor() as cursor:
        cursor.execute("SET GLOBAL super_read_only = OFF")
        cursor.execute(f"INSERT INTO {table} (id, note) VALUES (100000, 'by hand')")
        cursor.execute("SET GLOBAL super_read_only = ON")
    errant = _less(primary, replica.executed(), primary.executed())
    executed = primary.executed()
    primary.execute("FLUSH BINARY LOGS")
    primary.execute("PURGE BINARY LOGS TO %s", (primary.binlog_files()[-1].name,))
    return {
        "measured.count": str(len(taken)),
        "measured.next": "after the largest" if follows else "in the gap",
        "measured.errant": "nothing" if not errant else "of the source" if uuid in errant else "of the replica",
        "measured.purged": "stays" if primary.executed() == executed else "shrinks",
    }


# -- no candidate ------------------------------------------------------------------------------------------------------

TABLE: Final = f"{HIDDEN}table"
BREAKS: Final = ("errant-transaction", "replication-broken", "replica-delayed")
CAUSES: Final = (*BREAKS, "replica-without-updates", "binlog-purged", "gtid-permissive")


def _draw_break(random: Random) -> dict[str, str]:
    return {CAUSE: random.choice(BREAKS), SEED: str(random.randrange(1 << 30))}


def _prepare_break(stage: Stage, values: dict[str, str]) -> None:
    broken = faults.inject(values[CAUSE], stage.lab, seed=int(values[SEED]), blind=True)
    values[TABLE] = broken.values["TABLE"]


def _follows(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    with stage.replica.connect(cursorclass=pymysql.cursors.DictCursor) as session, session.cursor() as cursor:
        cursor.execute("SHOW REPLICA STATUS")
        delay = cursor.fetchone()["SQL_Delay"]
    follow = stage.lab.follow()
    if follow is None or not follow.healthy or delay:
        threads = "?" if follow is None else f"IO {follow.receiving}, SQL {follow.applying}"
        return Seen(holds=False, evidence=threads)
    return Seen(stage.until(lambda: not _missing(stage), 20), "IO True, SQL True")


def _no_errant(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    errant = _less(stage.primary, stage.replica.executed(), stage.primary.executed())
    return Seen(not errant, errant or "∅")


def _closed(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    (on,) = stage.replica.execute("SELECT @@GLOBAL.super_read_only")[0]
    return Seen(bool(on), f"super_read_only = {'ON' if on else 'OFF'}")


def _same_rows(stage: Stage, values: Values, _answers: Answers) -> Seen:
    sums = [server.execute(f"CHECKSUM TABLE {values[TABLE]}")[0][1] for server in (stage.primary, stage.replica)]
    return Seen(sums[0] is not None and sums[0] == sums[1], f"CHECKSUM TABLE: {sums[0]}, {sums[1]}")


EXERCISES: Final = (
    Exercise(
        name="one-gtid-two-places",
        lesson=2,
        kind=Kind.LAB,
        abilities=("R5", "R13"),
        draw=_draw,
        prepare=_prepare,
        questions=(Question("primary"), Question("replica")),
        observations=(_look("primary"), _look("replica")),
        parts=frozenset(),
    ),
    Exercise(
        name="what-takes-a-gtid",
        lesson=2,
        kind=Kind.PREDICTION,
        abilities=("R5", "R13"),
        draw=_draw_taking,
        prepare=_prepare_taking,
        questions=(
            Question("count"),
            Question("next", ("in the gap", "after the largest")),
            Question("errant", ("nothing", "of the source", "of the replica")),
            Question("purged", ("shrinks", "stays")),
        ),
        experiment=_take,
        observations=(predicted("count"), predicted("next"), predicted("errant"), predicted("purged")),
        parts=frozenset(),
    ),
    Exercise(
        name="no-candidate",
        lesson=2,
        kind=Kind.INCIDENT,
        abilities=("R5", "R6", "R8"),
        draw=_draw_break,
        prepare=_prepare_break,
        questions=(Question("cause", CAUSES),),
        observations=(
            named("cause"),
            Observation("follows", _follows),
            Observation("no-errant", _no_errant),
            Observation("same-rows", _same_rows),
            Observation("closed", _closed),
        ),
        parts=frozenset(),
    ),
)
