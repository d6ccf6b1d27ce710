"""Lesson 3: what the binlog is kept for, and what keeps an offset from ageing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tailrace.lab import faults
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, named, predicted
from tailrace.learn.observe import equal, running
from tailrace.learn.stage import CONNECTOR

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tailrace.lab.server import Server
    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

HOUR: Final = 3600
QUIET_SECONDS: Final = 3
BEAT_SECONDS: Final = 20
MOVES: Final = ("moves", "stands still")
YES: Final = ("yes", "no")


def _await_running(stage: Stage) -> None:
    stage.connect.await_status(CONNECTOR, lambda status: status is not None and status.is_running, seconds=30)


# -- the offset of a quiet table ---------------------------------------------------------------------------------------


def _draw_quiet(random: Random) -> dict[str, str]:
    return {"writes": str(random.randrange(20, 60)), "beats": random.choice(("shop.heartbeat", "ops.heartbeat"))}


def _prepare_quiet(stage: Stage, values: dict[str, str]) -> None:
    """A connector that captures the database shop, without heartbeats, and has read all."""
    primary, beats = stage.primary, values["beats"]
    for database in ("shop", "audit", "ops"):
        primary.execute(f"CREATE DATABASE {database}")
    primary.execute("CREATE TABLE shop.quiet (id INT PRIMARY KEY, v INT)")
    primary.execute("INSERT INTO shop.quiet VALUES (1, 1)")
    primary.execute("CREATE TABLE audit.log (id INT PRIMARY KEY AUTO_INCREMENT, v INT)")
    primary.execute(f"CREATE TABLE {beats} (id INT PRIMARY KEY, at TIMESTAMP(3))")
    primary.execute(f"GRANT INSERT, UPDATE ON {beats} TO '{primary.user}'@'%'")
    stage.make_connector({"heartbeat.interval.ms": "0"})
    stage.settle()


def _moves(stage: Stage, place: Callable[[], str], before: str, seconds: float) -> str:
    return MOVES[0] if stage.until(lambda: place() != before, seconds) else MOVES[1]


def _watch_quiet(stage: Stage, values: Values) -> dict[str, str]:
    before = str(stage.offset().get("gtids"))
    with stage.primary.connect(autocommit=True) as session, session.cursor() as cursor:
        for number in range(int(values["writes"])):
            cursor.execute("INSERT INTO audit.log (v) VALUES (%s)", (number,))
    offset = _moves(stage, lambda: str(stage.offset().get("gtids")), before, 10)
    stage.connect.patch(CONNECTOR, {"heartbeat.interval.ms": "500"})
    _await_running(stage)
    alone = _moves(stage, stage.primary.executed, stage.primary.executed(), QUIET_SECONDS)
    query = f"INSERT INTO {values['beats']} VALUES (1, NOW(3)) ON DUPLICATE KEY UPDATE at = NOW(3)"
    now = stage.primary.executed()
    stage.connect.patch(CONNECTOR, {"heartbeat.action.query": query})
    _await_running(stage)
    action = _moves(stage, stage.primary.executed, now, BEAT_SECONDS)
    # Of a database that is not captured nothing can come.
    seconds = BEAT_SECONDS if values["beats"].startswith("shop.") else QUIET_SECONDS
    came = stage.until(lambda: any(event["source"]["table"] == "heartbeat" for event in stage.written()), seconds)
    return {
        "measured.offset": offset,
        "measured.alone": alone,
        "measured.action": action,
        "measured.events": "yes" if came else "no",
    }


# -- how long to keep --------------------------------------------------------------------------------------------------

STUCK: Final = f"{HIDDEN}stuck"
EXPIRE: Final = "binlog_expire_logs_seconds"
PURGES: Final = "binlog_expire_logs_auto_purge"


def _draw_size(random: Random) -> dict[str, str]:
    outage, snapshot = random.randrange(30, 70), random.randrange(2, 10)
    rate = random.randrange(2, 30) / 10
    need = 2 * (outage + snapshot) * HOUR
    return {
        "outage": str(outage),
        "snapshot": str(snapshot),
        "rate": str(rate),
        "disk": str(math.ceil(need * rate / 1000 * random.uniform(1.15, 1.6))),
        STUCK: random.choice(("primary", "replica")),
    }


def _prepare_size(stage: Stage, values: dict[str, str]) -> None:
    stage.primary.execute(f"SET GLOBAL {EXPIRE} = 86400")
    server = stage.primary if values[STUCK] == "primary" else stage.replica
    server.execute(f"SET GLOBAL {PURGES} = OFF")


def _both(stage: Stage) -> tuple[Server, Server]:
    return stage.primary, stage.replica


def _kept(stage: Stage) -> list[int]:
    """Seconds, by server."""
    return [int(server.execute(f"SELECT @@GLOBAL.{EXPIRE}")[0][0]) for server in _both(stage)]


def _enough(stage: Stage, values: Values, _answers: Answers) -> Seen:
    need = 2 * (int(values["outage"]) + int(values["snapshot"])) * HOUR
    kept = _kept(stage)
    return Seen(min(kept) >= need, ", ".join(f"{seconds} s" for seconds in kept))


def _fits(stage: Stage, values: Values, _answers: Answers) -> Seen:
    kept = _kept(stage)
    gigabytes = [seconds * float(values["rate"]) / 1000 for seconds in kept]
    # What is never purged takes all there is.
    return Seen(max(gigabytes) <= float(values["disk"]), ", ".join(f"{size:.0f} GB" for size in gigabytes))


def _purges(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    on = [bool(server.execute(f"SELECT @@GLOBAL.{PURGES}")[0][0]) for server in _both(stage)]
    return Seen(all(on), ", ".join("ON" if each else "OFF" for each in on))


def _persisted(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    found = [
        server.execute(
            "SELECT variable_value FROM performance_schema.persisted_variables WHERE variable_name = %s", (EXPIRE,)
        )
        for server in _both(stage)
    ]
    holds = [rows and int(rows[0][0]) == now for rows, now in zip(found, _kept(stage), strict=True)]
    return Seen(all(holds), ", ".join(str(rows[0][0]) if rows else "—" for rows in found))


# -- gone on Monday ----------------------------------------------------------------------------------------------------

CAUSE: Final = f"{HIDDEN}cause"
SEED: Final = f"{HIDDEN}seed"
MINUTES: Final = f"{HIDDEN}minutes"
TABLE: Final = f"{HIDDEN}table"
BREAKS: Final = ("binlog-purged", "account-locked")
CAUSES: Final = (*BREAKS, "grant-revoked", "server-id-clash", "statement-format", "dead-path")
LEAST: Final = 72 * HOUR


def _draw_monday(random: Random) -> dict[str, str]:
    return {
        CAUSE: random.choice(BREAKS),
        SEED: str(random.randrange(1 << 30)),
        MINUTES: str(random.randrange(20, 120)),
        TABLE: random.choice(("parcels", "refunds", "vouchers", "returns")),
    }


def _prepare_monday(stage: Stage, values: dict[str, str]) -> None:
    """The binlog is kept for minutes; what broke the connector may be that, or not."""
    primary, table = stage.primary, values[TABLE]
    primary.execute("CREATE DATABASE shop")
    primary.execute(f"CREATE TABLE shop.{table} (id INT PRIMARY KEY, note VARCHAR(40))")
    primary.execute(f"INSERT INTO shop.{table} VALUES (1, 'on Friday')")
    stage.make_connector()
    stage.settle()
    primary.execute(f"SET GLOBAL {EXPIRE} = {int(values[MINUTES]) * 60}")
    broken = faults.inject(
        values[CAUSE],
        stage.lab,
        connector=CONNECTOR,
        worker=stage.connect,
        seed=int(values[SEED]),
        blind=True,
    )
    primary.execute(f"INSERT INTO shop.{table} VALUES (2, 'on Sunday')")
    values[TABLE] = broken.values.get("TABLE", table).removeprefix("shop.")
    stage.until(lambda: not stage.is_running(), 20)


def _weekend(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    (kept,) = stage.primary.execute(f"SELECT @@GLOBAL.{EXPIRE}")[0]
    return Seen(int(kept) >= LEAST, f"{int(kept) / HOUR:.1f} h")


EXERCISES: Final = (
    Exercise(
        name="offset-of-a-quiet-table",
        lesson=3,
        kind=Kind.PREDICTION,
        abilities=("R13",),
        draw=_draw_quiet,
        prepare=_prepare_quiet,
        questions=(
            Question("offset", MOVES),
            Question("alone", MOVES),
            Question("action", MOVES),
            Question("events", YES),
        ),
        experiment=_watch_quiet,
        observations=(predicted("offset"), predicted("alone"), predicted("action"), predicted("events")),
    ),
    Exercise(
        name="how-long-to-keep",
        lesson=3,
        kind=Kind.LAB,
        abilities=("R6",),
        draw=_draw_size,
        prepare=_prepare_size,
        observations=(
            Observation("enough", _enough),
            Observation("fits", _fits),
            Observation("purges", _purges),
            Observation("persisted", _persisted),
        ),
        parts=frozenset(),
    ),
    Exercise(
        name="gone-on-monday",
        lesson=3,
        kind=Kind.INCIDENT,
        abilities=("R6", "R8", "R13"),
        draw=_draw_monday,
        prepare=_prepare_monday,
        questions=(Question("cause", CAUSES),),
        observations=(
            named("cause"),
            Observation("running", running),
            Observation("weekend", _weekend),
            Observation("equal", equal(TABLE)),
        ),
    ),
)
