"""Lesson 11: another source."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Seen
from tailrace.learn.incident import incident
from tailrace.learn.observe import rebuilt
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
    last = _write(stage.replica, values)

    def arrived() -> bool:
        return any((event["after"] or {}).get("id") == last for event in stage.written())

    return Seen(stage.until_still(arrived, ARRIVE_SECONDS if stage.is_running() else 0), f"id = {last}")


def _write(server: Server, values: Values) -> int:
    """The id of a row more."""
    table = f"{DATABASE}.{values['table']}"
    ((last,),) = server.execute(f"SELECT GREATEST(COALESCE(MAX(id), 0), {PROBE}) + 1 FROM {table}")
    server.execute(f"INSERT INTO {table} VALUES (%s, 'after')", (last,))
    return int(last)


def _complete(stage: Stage, values: Values, _answers: Answers) -> Seen:
    return rebuilt(stage.compare(values["table"], stage.replica), values["table"])


# -- another writer of an Aurora cluster -------------------------------------------------------------------------------

BEFORE: Final = "lab-1"
"""The writer at first."""
OUTAGE: Final = 1.0
BEGIN_SECONDS: Final = 2.0
"""Within which a failover that was asked for is seen."""
MOVE_SECONDS: Final = 15.0
"""That AWS is given to end what it has begun."""


def _draw_writer(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "rows": str(random.randrange(50, 200)),
        "stale": str(random.randrange(1, 4)),
        f"{HIDDEN}calls": random.choice(("instance", "readers")),
    }


def _prepare_writer(stage: Stage, values: dict[str, str]) -> None:
    """The emulated cluster, and a connector that calls one of its instances, or its readers."""
    aws, primary, table = stage.aws, stage.primary, f"{DATABASE}.{values['table']}"
    aws.set(outage=OUTAGE, stale=float(values["stale"]))
    primary.execute(f"CREATE DATABASE {DATABASE}")
    primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, note VARCHAR(40))")
    host, port = aws.reader if values[f"{HIDDEN}calls"] == "readers" else (primary.host, primary.port)
    stage.make_connector({"database.hostname": host, "database.port": str(port)})
    for number in range(int(values["rows"])):
        primary.execute(f"INSERT INTO {table} VALUES (%s, 'before')", (number,))
    stage.settle()


def _writer(stage: Stage) -> Server:
    """The instance that AWS says writes."""
    return stage.primary if stage.aws.writer == BEFORE else stage.replica


def _another(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """Waits for a failover that is under way."""

    def begun() -> bool:
        said = stage.aws.status()
        return bool(said["writer"] != BEFORE or said["endpoints"]["lab"]["cluster"]["leads_to"] is None)

    def leads() -> bool:
        said, writer = stage.aws.status(), _writer(stage)
        end = said["endpoints"]["lab"]["cluster"]["leads_to"]
        return bool(said["writer"] != BEFORE and end == f"{writer.host}:{writer.port}")

    moved = stage.until(begun, BEGIN_SECONDS) and stage.until(leads, MOVE_SECONDS)
    said = stage.aws.status()
    return Seen(moved, f"{said['writer']}, {said['endpoints']['lab']['cluster']['leads_to']}")


def _by_endpoint(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    return Seen(_calls_endpoint(stage) and stage.is_running(), f"{':'.join(_called(stage))}, {stage.state()}")


def _called(stage: Stage) -> tuple[str, str]:
    config = stage.connect.config(CONNECTOR)
    return config.get("database.hostname", ""), config.get("database.port", "")


def _calls_endpoint(stage: Stage) -> bool:
    host, port = stage.aws.endpoint
    return _called(stage) == (host, str(port))


def _reads_writer(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """A row more, at the writer: the stored place must be the end of the binlog of the writer, not of another."""
    writer = _writer(stage)
    _write(writer, values)
    file, position, *_ = writer.execute("SHOW BINARY LOG STATUS")[0]
    # Elsewhere there is nothing to wait for.
    seconds = ARRIVE_SECONDS if _calls_endpoint(stage) else 0
    stage.until(lambda: _place(stage) == f"{file}:{position}", seconds)
    return Seen(_place(stage) == f"{file}:{position}", f"{_place(stage)} / {file}:{position}")


def _place(stage: Stage) -> str:
    offset = stage.offset()
    return f"{offset.get('file')}:{offset.get('pos')}"


def _each_once(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """Also of what was captured before: a connector that began anew has read it again."""
    ((rows,),) = _writer(stage).execute(f"SELECT COUNT(*) FROM {DATABASE}.{values['table']}")
    times = Counter(event["after"]["id"] for event in stage.written() if event["op"] in {"c", "r"})
    doubled = sum(count > 1 for count in times.values())
    return Seen(len(times) == rows and not doubled, f"{len(times)} / {rows}, {doubled} x 2")


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
    Exercise(
        name="another-writer",
        lesson=11,
        kind=Kind.LAB,
        abilities=("R7", "R8"),
        draw=_draw_writer,
        prepare=_prepare_writer,
        parts=frozenset({"worker", "aws"}),
        observations=(
            Observation("another", _another),
            Observation("by-endpoint", _by_endpoint),
            Observation("reads-writer", _reads_writer),
            Observation("each-once", _each_once),
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
