"""Lesson 2: what a GTID names, on two servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import Exercise, Kind, Observation, Question, Seen

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
    (executed,) = primary.execute("SELECT @@GLOBAL.gtid_executed")[0]
    uuid, _, last = executed.replace("\n", "").rpartition(":")
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
)
