"""Lesson 11: another source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import Exercise, Kind, Observation, Seen
from tailrace.learn.incident import incident
from tailrace.learn.stage import CONNECTOR, DATABASE

if TYPE_CHECKING:
    from random import Random

    from tailrace.lab.server import Server
    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("parcels", "refunds", "vouchers", "returns")
PROBE: Final = 1_000_000
"""Ids from here on are the check's."""
ARRIVE_SECONDS: Final = 15.0


def _draw(random: Random) -> dict[str, str]:
    table, rows = random.choice(TABLES), random.randrange(50, 400)
    return {"table": table, "rows": str(rows), "journal": f"failover-{random.randrange(1 << 31)}"}


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    primary, table = stage.primary, f"{DATABASE}.{values['table']}"
    primary.execute(f"CREATE DATABASE {DATABASE}")
    primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, note VARCHAR(40))")
    stage.make_connector()
    for number in range(int(values["rows"])):
        primary.execute(f"INSERT INTO {table} VALUES (%s, 'before')", (number,))
    stage.settle()


def _follows(server: Server) -> str:
    """Port of whom it follows, both threads running; empty: nobody."""
    rows = server.execute(
        "SELECT c.port FROM performance_schema.replication_connection_configuration c"
        " JOIN performance_schema.replication_connection_status s USING (channel_name)"
        " JOIN performance_schema.replication_applier_status a USING (channel_name)"
        " WHERE s.service_state <> 'OFF' AND a.service_state = 'ON'"
    )
    return str(rows[0][0]) if rows else ""


def _promoted(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    (read_only,) = stage.replica.execute("SELECT @@GLOBAL.read_only")[0]
    follows = _follows(stage.replica)
    return Seen(not read_only and not follows, f"read_only = {read_only}, SOURCE_PORT = {follows or '-'}")


def _fenced(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    (fence,) = stage.primary.execute("SELECT @@GLOBAL.super_read_only")[0]
    follows = _follows(stage.primary)
    holds = bool(fence) and follows == str(stage.replica.port)
    return Seen(holds, f"super_read_only = {fence}, SOURCE_PORT = {follows or '-'}")


def _moved(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    port = stage.connect.config(CONNECTOR).get("database.port", "")
    return Seen(stage.is_running() and port == str(stage.replica.port), f"database.port = {port}, {stage.state()}")


def _flowing(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """Writes a row where the learner says that the source is now: nothing is proved by what was there before."""
    (read_only,) = stage.replica.execute("SELECT @@GLOBAL.read_only")[0]
    if read_only:
        return Seen(holds=False, evidence=f"read_only = {read_only}")
    table = f"{DATABASE}.{values['table']}"
    (last,) = stage.replica.execute(f"SELECT GREATEST(COALESCE(MAX(id), 0), {PROBE}) + 1 FROM {table}")[0]
    stage.replica.execute(f"INSERT INTO {table} VALUES (%s, 'after')", (last,))

    def arrived() -> bool:
        return any((event["after"] or {}).get("id") == last for event in stage.written())

    return Seen(stage.until(arrived, ARRIVE_SECONDS), f"id = {last}")


def _complete(stage: Stage, values: Values, _answers: Answers) -> Seen:
    verdict = next(each for each in stage.verdicts(stage.replica) if each.table == values["table"])
    mark = "=" if verdict.equal else "≠"
    return Seen(verdict.equal, f"{verdict.rebuilt_rows} {mark} {verdict.server_rows}")


EXERCISES: Final = (
    Exercise(
        name="planned-switchover",
        lesson=11,
        kind=Kind.LAB,
        abilities=("R5", "R8", "R16"),
        draw=_draw,
        prepare=_prepare,
        observations=(
            Observation("promoted", _promoted),
            Observation("fenced", _fenced),
            Observation("moved", _moved),
            Observation("flowing", _flowing),
            Observation("complete", _complete),
        ),
    ),
    incident(
        "not-that-one",
        lesson=11,
        pool=("errant-transaction", "replication-broken", "replica-delayed"),
        choices=(
            "errant-transaction",
            "replication-broken",
            "replica-delayed",
            "replica-without-updates",
            "gtid-permissive",
            "short-retention",
        ),
        abilities=("R6", "R16"),
    ),
)
