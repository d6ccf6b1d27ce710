"""Lesson 8: Aurora's binlog and its replicas; which figure is of which hop."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tailrace.errors import LabError
from tailrace.lab.aws.evaluate import COMPARISONS
from tailrace.learn.cloudwatch import BINLOG_REPLICA, GLOBAL, OWN, READER, alarms, dimensions, recent
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, discreet, named, predicted
from tailrace.learn.incident import CAUSE, OTHER
from tailrace.learn.observe import answer, awaited, rebuilt, running
from tailrace.learn.stage import CONNECTOR, DATABASE

if TYPE_CHECKING:
    from random import Random

    from tailrace.lab.server import Server
    from tailrace.learn.cloudwatch import Figure
    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

PARTS: Final = frozenset({"worker", "aws"})
TABLES: Final = ("parcels", "refunds", "vouchers", "returns")
SPEED: Final = 60.0
"""AWS's figures come each second."""
FOLLOW_SECONDS: Final = 30.0
CATCH_SECONDS: Final = 15.0
LATEST_SECONDS: Final = 6.0
"""A figure is the latest one that came so long ago at most."""
NEAR: Final = 4.0
"""Seconds of lag that are none, on a machine that is busy."""


def _stand(stage: Stage, table: str, speed: float = SPEED) -> None:
    """A row that is written each second, by the source itself, and is everywhere."""
    stage.aws.set(speed=speed)
    primary = stage.primary
    primary.execute(f"CREATE DATABASE {DATABASE}")
    primary.execute(f"CREATE TABLE {DATABASE}.{table} (id INT PRIMARY KEY, note VARCHAR(40))")
    primary.execute(f"INSERT INTO {DATABASE}.{table} VALUES (1, 'first'), (2, 'second')")
    executed = primary.executed()
    for server in (stage.replica, _distant(stage), _follower(stage)):
        server.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (executed, FOLLOW_SECONDS))


def _beat(stage: Stage, table: str) -> None:
    change = f"UPDATE {DATABASE}.{table} SET note = NOW() WHERE id = 1"
    stage.primary.execute(f"CREATE EVENT {DATABASE}.beat ON SCHEDULE EVERY 1 SECOND DO {change}")


def _capture(stage: Stage, server: tuple[str, int]) -> None:
    host, port = server
    stage.make_connector({"database.hostname": host, "database.port": str(port)})
    stage.settle()


def _distant(stage: Stage) -> Server:
    return _have(stage.lab.distant)


def _follower(stage: Stage) -> Server:
    return _have(stage.lab.follower)


def _have(server: Server | None) -> Server:
    if server is None:
        raise LabError("this exercise needs the lab's AWS", hint="tailrace lab up --with worker,aws")
    return server


def _delay(server: Server, seconds: int) -> None:
    server.execute("STOP REPLICA SQL_THREAD")
    server.execute("CHANGE REPLICATION SOURCE TO SOURCE_DELAY = %s", (seconds,))
    server.execute("START REPLICA SQL_THREAD")


def _standing(server: Server) -> tuple[bool, str]:
    """Whether it follows, without a delay, and in which words."""
    rows = server.execute(
        "SELECT s.service_state, a.service_state, d.desired_delay"
        " FROM performance_schema.replication_connection_status s"
        " JOIN performance_schema.replication_applier_status a USING (channel_name)"
        " JOIN performance_schema.replication_applier_configuration d USING (channel_name)"
    )
    receiver, applier, delay = rows[0] if rows else ("OFF", "OFF", 0)
    said = f"{receiver}/{applier}" + (f", SOURCE_DELAY = {delay}" if delay else "")
    return receiver == "ON" and applier == "ON" and not delay, said


def _replicas(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """All of them follow, without a delay."""
    found = {
        name: _standing(server)
        for name, server in (
            ("lab-2", stage.replica),
            ("lab-eu", _distant(stage)),
            ("lab-replica", _follower(stage)),
        )
    }
    return Seen(
        all(follows for follows, _ in found.values()), "; ".join(f"{name}: {said}" for name, (_, said) in found.items())
    )


def _complete(stage: Stage, values: Values, answers: Answers) -> Seen:
    """What was written makes the table, which changes all the time."""
    if not stage.is_running() or not _replicas(stage, values, answers).holds:
        return Seen(holds=False, evidence=stage.state())
    table = values["table"]
    return awaited(stage.until, lambda: rebuilt(stage.compare(table), table), CATCH_SECONDS)


# -- which figure moves ------------------------------------------------------------------------------------------------

COURSES: Final = ("near zero", "grows", "minus one", "no data")
LATE: Final = 3600
ACTIONS: Final = {
    "pause": "tailrace connector pause shop",
    "stop": "tailrace lab mysql --follower -e 'STOP REPLICA SQL_THREAD'",
    "delay": f"tailrace lab mysql --follower -e '… SOURCE_DELAY = {LATE} …'",
    "reader": f"tailrace lab mysql --replica -e '… SOURCE_DELAY = {LATE} …'",
}
FROM_CLUSTER, FROM_REPLICA = "lab", "lab-replica"
DSN_OF: Final = {FROM_CLUSTER: "TAILRACE_AURORA_ADMIN_DSN", FROM_REPLICA: "TAILRACE_AURORA_REPLICA_ADMIN_DSN"}


def _draw_figures(random: Random) -> dict[str, str]:
    action = random.choice(list(ACTIONS))
    return {
        "table": random.choice(TABLES),
        "source": random.choice((FROM_CLUSTER, FROM_REPLICA)),
        "command": ACTIONS[action],
        "seconds": str(random.randrange(7, 10)),
        f"{HIDDEN}action": action,
    }


def _prepare_figures(stage: Stage, values: dict[str, str]) -> None:
    _stand(stage, values["table"])
    follower = _follower(stage)
    _capture(
        stage,
        stage.aws.endpoint if values["source"] == FROM_CLUSTER else (follower.host, follower.port),
    )


def _watch_figures(stage: Stage, values: Values) -> dict[str, str]:
    _beat(stage, values["table"])
    match values[f"{HIDDEN}action"]:
        case "pause":
            stage.connect.pause(CONNECTOR)
        case "stop":
            _follower(stage).execute("STOP REPLICA SQL_THREAD")
        case "delay":
            _delay(_follower(stage), LATE)
        case _:
            _delay(stage.replica, LATE)
    time.sleep(int(values["seconds"]))
    command = f"tailrace lag publish {CONNECTOR} --once --source '${{env:{DSN_OF[values['source']]}}}'"
    answer(stage, command, {})
    figures = {"binlog": BINLOG_REPLICA, "reader": READER, "global": GLOBAL, "connector": OWN}
    return {f"measured.{name}": _course(recent(stage, figure, LATEST_SECONDS)) for name, figure in figures.items()}


def _course(figures: list[float]) -> str:
    """In a word."""
    if not figures:
        return "no data"
    if figures[-1] < 0:
        return "minus one"
    return "near zero" if figures[-1] < NEAR else "grows"


# -- one hop of four ---------------------------------------------------------------------------------------------------

HOPS: Final = {"reader": READER, "global": GLOBAL, "binlog-replica": BINLOG_REPLICA, "connector": OWN}
SINCE: Final = f"{HIDDEN}since"
OFF_BY: Final = 3.0
"""Seconds that an answer may be off: a figure goes up and down by one."""
STOPPED: Final = "-1"


def _draw_hop(random: Random) -> dict[str, str]:
    hop = random.choice((*HOPS, "binlog-replica"))
    stopped = hop == "binlog-replica" and random.random() < 0.5  # noqa: PLR2004 - as often as not
    return {
        "table": random.choice(TABLES),
        f"{HIDDEN}hop": hop,
        f"{HIDDEN}figure": HOPS[hop].metric,
        f"{HIDDEN}seconds": STOPPED if stopped else "grows" if hop == "connector" else str(random.randrange(8, 15)),
    }


def _prepare_hop(stage: Stage, values: dict[str, str]) -> None:
    _stand(stage, values["table"])
    follower = _follower(stage)
    _capture(stage, (follower.host, follower.port))
    _beat(stage, values["table"])
    hop, seconds = values[f"{HIDDEN}hop"], values[f"{HIDDEN}seconds"]
    if hop == "connector":
        stage.connect.pause(CONNECTOR)
    elif seconds == STOPPED:
        follower.execute("STOP REPLICA")
    else:
        _delay({"reader": stage.replica, "global": _distant(stage)}.get(hop, follower), int(seconds))
    values[SINCE] = str(time.time())


def _seconds(_stage: Stage, values: Values, answers: Answers) -> Seen:
    """As the figure was when it was read; of a connector that was paused it grew until now."""
    given, wanted = answers.get("seconds", ""), values[f"{HIDDEN}seconds"]
    try:
        told = float(given.strip().removesuffix("s"))
    except ValueError:
        return Seen(holds=False, evidence=given or "—")
    if wanted == "grows":
        return Seen(OFF_BY <= told <= time.time() - float(values[SINCE]) + OFF_BY, given)
    return Seen(told == -1 if wanted == STOPPED else abs(told - float(wanted)) <= OFF_BY, given)


def _calm(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """Every figure of AWS's is near zero."""
    said: dict[str, str] = {}

    def calm() -> bool:
        for figure in (READER, GLOBAL, BINLOG_REPLICA):
            found = recent(stage, figure, LATEST_SECONDS)
            said[figure.metric] = f"{found[-1]:g} s" if found and found[-1] >= 0 else STOPPED if found else "?"
            if not found or not 0 <= found[-1] < NEAR:
                return False
        return True

    holds = stage.until(calm, CATCH_SECONDS)
    return Seen(holds, ", ".join(f"{name}: {value}" for name, value in said.items()))


def _published(stage: Stage, values: Values, _answers: Answers) -> Seen:
    found = recent(stage, OWN, time.time() - float(values[SINCE]))
    return Seen(bool(found) and found[-1] < NEAR, f"{OWN.metric}: {found[-1]:.1f} s" if found else f"{OWN.metric}: —")


# -- an alarm that is content ------------------------------------------------------------------------------------------

ALARM: Final = "binlog-lag"
ALARM_SPEED: Final = 30.0
CAUSES: Final = ("minus-one", "unit", "dimensions", "metric", "connector")
BAD: Final = 30.0
"""Seconds of lag that an alarm must see."""


@dataclass(frozen=True)
class Wrong:
    """How the alarm was put, and what it does not see."""

    figure: Figure
    times: float = 1.0
    """The threshold by this."""


_OF_SOURCE: Final = replace(BINLOG_REPLICA, dimensions={"DBClusterIdentifier": "lab", "Role": "WRITER"})
_WRONG: Final = {
    "minus-one": Wrong(BINLOG_REPLICA),
    "unit": Wrong(BINLOG_REPLICA, 1000),
    "dimensions": Wrong(_OF_SOURCE),
    "metric": Wrong(READER, 1000),
    "connector": Wrong(BINLOG_REPLICA),
}


def _draw_alarm(random: Random) -> dict[str, str]:
    cause = random.choice(CAUSES)
    return {
        "table": random.choice(TABLES),
        "limit": str(random.randrange(5, 10)),
        CAUSE: cause,
        OTHER: random.choice([each for each in CAUSES if each != cause]),
    }


def _prepare_alarm(stage: Stage, values: dict[str, str]) -> None:
    _stand(stage, values["table"], ALARM_SPEED)
    follower, cause = _follower(stage), values[CAUSE]
    _capture(stage, (follower.host, follower.port))
    _beat(stage, values["table"])
    wrong = _WRONG[cause]
    cloudwatch = partial(stage.aws.call, "cloudwatch", region=wrong.figure.region)
    cloudwatch(
        "put_metric_alarm",
        AlarmName=ALARM,
        Namespace=wrong.figure.namespace,
        MetricName=wrong.figure.metric,
        Dimensions=dimensions(wrong.figure),
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=float(values["limit"]) * wrong.times,
        TreatMissingData="notBreaching",
    )

    def content() -> bool:
        return bool(cloudwatch("describe_alarms", AlarmNames=[ALARM])["MetricAlarms"][0]["StateValue"] == "OK")

    stage.until(content, FOLLOW_SECONDS)
    if cause == "connector":
        stage.connect.pause(CONNECTOR)
    elif cause == "minus-one":
        follower.execute("STOP REPLICA")
    else:
        _delay(follower, LATE)
    stage.primary.execute(f"DELETE FROM {DATABASE}.{values['table']} WHERE id = 2")
    values[SINCE] = str(time.time())


def _awake(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """An alarm of the right figure, whose series has data, sees what has happened, and no lag of nothing."""
    cause = values[CAUSE]
    bad = -1.0 if cause == "minus-one" else BAD
    holds, said = False, []
    for series, alarm in alarms(stage, OWN if cause == "connector" else BINLOG_REPLICA):
        breaches, threshold = COMPARISONS[alarm["ComparisonOperator"]], alarm["Threshold"]
        seen = recent(stage, series, time.time() - float(values[SINCE]))
        holds = holds or (bool(seen) and breaches(bad, threshold) and not breaches(0.0, threshold))
        said.append(f"{alarm['AlarmName']}: {alarm['ComparisonOperator']} {threshold:g}, n = {len(seen)}")
    return Seen(holds, "; ".join(said) or "—")


EXERCISES: Final = (
    Exercise(
        name="which-figure-moves",
        lesson=8,
        kind=Kind.PREDICTION,
        abilities=("R1", "R2"),
        draw=_draw_figures,
        prepare=_prepare_figures,
        questions=tuple(Question(name, COURSES) for name in ("binlog", "reader", "global", "connector")),
        experiment=_watch_figures,
        observations=(predicted("binlog"), predicted("reader"), predicted("global"), predicted("connector")),
        parts=PARTS,
    ),
    Exercise(
        name="one-hop-of-four",
        lesson=8,
        kind=Kind.LAB,
        abilities=("R2",),
        draw=_draw_hop,
        prepare=_prepare_hop,
        questions=(
            Question("hop", tuple(HOPS)),
            Question("figure", tuple(figure.metric for figure in HOPS.values())),
            Question("seconds"),
        ),
        observations=(
            named("hop"),
            named("figure"),
            Observation("seconds", _seconds),
            discreet("hop", Observation("replicas", _replicas)),
            Observation("running", running),
            Observation("complete", _complete),
            discreet("hop", Observation("calm", _calm)),
            Observation("published", _published),
        ),
        parts=PARTS,
    ),
    Exercise(
        name="nobody-was-woken",
        lesson=8,
        kind=Kind.INCIDENT,
        abilities=("R2", "R15"),
        draw=_draw_alarm,
        prepare=_prepare_alarm,
        questions=(Question("cause", CAUSES),),
        observations=(
            named("cause"),
            discreet("cause", Observation("replicas", _replicas)),
            Observation("running", running),
            Observation("complete", _complete),
            discreet("cause", Observation("awake", _awake)),
        ),
        parts=PARTS,
    ),
)
