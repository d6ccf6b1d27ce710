"""Lesson 14: many connectors, and the ids by which a source tells them apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tailrace.errors import TailraceError
from tailrace.lab.worker import jsonl_config
from tailrace.learn.exercise import Exercise, Kind, Observation, Question, Seen, predicted
from tailrace.learn.incident import incident
from tailrace.learn.stage import CONNECTOR, DATABASE, SERVER_ID

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("parcels", "refunds", "vouchers", "returns")
NAMES: Final = ("stock", "billing", "audit", "search")
SECONDS: Final = 20.0
TURNS: Final = 2
"""Times that each of two is ended before it counts as in turns."""
ALL_READERS: Final = 3
"""The replica and two connectors."""
HALF: Final = 0.3
WHOLE: Final = 0.9
"""Of the bytes that the one with most got: a share from which on it is that much."""
READERS: Final = "FROM performance_schema.threads WHERE processlist_command LIKE 'Binlog Dump%%'"
SENT: Final = (
    "SELECT CAST(status.variable_value AS UNSIGNED) FROM performance_schema.status_by_thread AS status"
    " JOIN performance_schema.threads AS thread USING (thread_id) WHERE status.variable_name = 'Bytes_sent'"
    " AND thread.processlist_command LIKE 'Binlog Dump%%' AND thread.processlist_id = %s"
)


def _draw(random: Random) -> dict[str, str]:
    return {"table": random.choice(TABLES), "second": random.choice(NAMES)}


def _tables(stage: Stage, values: Values) -> None:
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    for table in ("orders", values["table"]):
        stage.primary.execute(f"CREATE TABLE {DATABASE}.{table} (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40))")
        _insert(stage, table)


def _insert(stage: Stage, table: str) -> None:
    stage.primary.execute(f"INSERT INTO {DATABASE}.{table} (note) VALUES ('one more')")


def _readers(stage: Stage) -> set[int]:
    """Connection ids of those who read the source's binlog, the replica among them."""
    return {int(row[0]) for row in stage.primary.execute(f"SELECT processlist_id {READERS}")}


def _equals(stage: Stage, table: str, folder: Path) -> bool:
    """Whether what lies in the folder makes the table."""
    return any(verdict.table == table and verdict.equal for verdict in stage.verdicts(folder=folder))


# -- one id for two ----------------------------------------------------------------------------------------------------


def _draw_two(random: Random) -> dict[str, str]:
    return _draw(random) | {
        "rows": str(random.randrange(800, 2_000)),
        "end": random.choice(("pause", "stop", "restart")),
    }


def _prepare_two(stage: Stage, values: dict[str, str]) -> None:
    _tables(stage, values)
    stage.make_connector({"table.include.list": r"shop\.orders"})
    stage.settle()


def _clash(stage: Stage, values: Values) -> dict[str, str]:
    second, table = values["second"], values["table"]
    apart = stage.worker.events / second
    config = jsonl_config(stage.primary, second, DATABASE, apart, server_id=SERVER_ID)
    stage.connect.create(second, config | {"table.include.list": rf"shop\.{table}"})
    states: set[str] = set()

    def in_turns() -> bool:
        states.update(stage.connect.status(name).summary for name in (CONNECTOR, second))
        return all(_ended(stage, name) >= TURNS for name in (CONNECTOR, second))

    both = stage.until(in_turns, SECONDS)
    ended = {name for name in (CONNECTOR, second) if _ended(stage, name)}
    failed = any("FAILED" in state for state in states)
    _insert(stage, "orders")
    _insert(stage, table)
    folders = {"orders": stage.worker.events, table: apart}
    stage.until(lambda: all(_equals(stage, name, folder) for name, folder in folders.items()), SECONDS)
    came = [name for name, folder in folders.items() if _equals(stage, name, folder)]
    # Each of them has an id of its own from here on.
    stage.connect.patch(second, {"database.server.id": str(SERVER_ID + 1), "database.password": stage.primary.password})
    return {
        "measured.ended": "each in turn"
        if both
        else "nobody"
        if not ended
        else "shop"
        if CONNECTOR in ended
        else "new",
        "measured.state": "a task FAILED" if failed else "both RUNNING",
        "measured.rows": {0: "of neither", 1: "of one", 2: "of both"}[len(came)],
        **_cost(stage, values),
    }


def _ended(stage: Stage, name: str) -> float:
    figure = stage.metrics().value("debezium_metrics_NumberOfDisconnects", context="streaming", name=name)
    return figure or 0.0


def _cost(stage: Stage, values: Values) -> dict[str, str]:
    """What the source sends to a reader of another table, and how many readers it has in the end."""
    second = values["second"]
    stage.until(lambda: len(_readers(stage)) == ALL_READERS and _both_connected(stage, second), SECONDS)
    readers = _readers(stage)
    first = {reader: _sent(stage, reader) for reader in readers}
    rows = int(values["rows"])
    stage.insert(f"{DATABASE}.orders (note)", rows, "REPEAT('x', 40)")

    def least() -> int:
        return min(_sent(stage, reader) - first[reader] for reader in readers)

    stage.until(lambda: least() > rows * 40, SECONDS)
    most = max(_sent(stage, reader) - first[reader] for reader in readers)
    share = least() / most
    left = {"pause": 2, "stop": 2, "restart": 3}[values["end"]]
    match values["end"]:
        case "pause":
            stage.connect.pause(second)
        case "stop":
            stage.connect.stop(second)
        case _:
            stage.connect.restart(second, tasks=True, failed_only=False)
            stage.until(lambda: _readers(stage) != readers, SECONDS)
    stage.until(lambda: len(_readers(stage)) == left, SECONDS)
    return {
        "measured.sent": "as much" if share > WHOLE else "half" if share > HALF else "next to nothing",
        "measured.readers": str(len(_readers(stage))),
    }


def _both_connected(stage: Stage, second: str) -> bool:
    metrics = stage.metrics()
    names = (CONNECTOR, second)
    return all(metrics.value("debezium_metrics_Connected", context="streaming", name=name) == 1 for name in names)


def _sent(stage: Stage, reader: int) -> int:
    """Bytes that the source has sent to it."""
    found = stage.primary.execute(SENT, (reader,))
    return int(found[0][0]) if found else 0


# -- an id of its own --------------------------------------------------------------------------------------------------


def _draw_own(random: Random) -> dict[str, str]:
    return _draw(random) | {"id": str(random.randrange(60_000, 70_000))}


def _prepare_own(stage: Stage, values: dict[str, str]) -> None:
    _tables(stage, values)
    stage.make_connector({"table.include.list": r"shop\.orders", "database.server.id": values["id"]})
    stage.leave_config()
    stage.settle()


def _configs(stage: Stage, values: Values) -> list[dict[str, str]]:
    """Of both; fewer where one is missing."""
    return [dict(stage.connect.config(name)) for name in (CONNECTOR, values["second"]) if name in stage.connect.names()]


def _run(stage: Stage, values: Values, _answers: Answers) -> Seen:
    states = []
    for name in (CONNECTOR, values["second"]):
        try:
            states.append(stage.connect.status(name).summary)
        except TailraceError as error:
            states.append(error.message)
    return Seen(states == ["RUNNING, task 0 RUNNING"] * 2, "; ".join(states))


def _own_ids(stage: Stage, values: Values, _answers: Answers) -> Seen:
    ids = [str(server.execute("SELECT @@GLOBAL.server_id")[0][0]) for server in (stage.primary, stage.replica)]
    ids += [config.get("database.server.id", "—") for config in _configs(stage, values)]
    both = {CONNECTOR, values["second"]} <= set(stage.connect.names())
    return Seen(both and len(ids) == len(set(ids)), ", ".join(ids))


def _apart(stage: Stage, values: Values, _answers: Answers) -> Seen:
    configs = _configs(stage, values)
    shared = [name for name in ("topic.prefix", "sink.path") if len({config.get(name) for config in configs}) == 1]
    return Seen(not shared, ", ".join(shared) or "topic.prefix, sink.path")


def _read_at_once(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    stage.until(lambda: len(_readers(stage)) == ALL_READERS, 5)
    return Seen(len(_readers(stage)) == ALL_READERS, str(len(_readers(stage))))


def _equal(stage: Stage, values: Values, _answers: Answers) -> Seen:
    folders = {"orders": stage.worker.events}
    for config in _configs(stage, values)[1:]:
        folders[values["table"]] = Path(config.get("sink.path", ""))
    stage.until(lambda: all(_equals(stage, table, folder) for table, folder in folders.items()), 10)
    right = [table for table, folder in folders.items() if _equals(stage, table, folder)]
    return Seen(set(right) == {"orders", values["table"]}, ", ".join(right) or "—")


EXERCISES: Final = (
    Exercise(
        name="one-id-for-two",
        lesson=14,
        kind=Kind.PREDICTION,
        abilities=("R8",),
        draw=_draw_two,
        prepare=_prepare_two,
        questions=(
            Question("ended", ("nobody", "shop", "new", "each in turn")),
            Question("state", ("both RUNNING", "a task FAILED")),
            Question("rows", ("of both", "of one", "of neither")),
            Question("sent", ("next to nothing", "half", "as much")),
            Question("readers"),
        ),
        experiment=_clash,
        observations=tuple(predicted(name) for name in ("ended", "state", "rows", "sent", "readers")),
    ),
    Exercise(
        name="an-id-of-its-own",
        lesson=14,
        kind=Kind.LAB,
        abilities=("R8",),
        draw=_draw_own,
        prepare=_prepare_own,
        observations=(
            Observation("running", _run),
            Observation("ids", _own_ids),
            Observation("apart", _apart),
            Observation("readers", _read_at_once),
            Observation("equal", _equal),
        ),
    ),
    incident(
        "since-somebody-helped",
        lesson=14,
        pool=("server-id-clash", "wrong-filter", "connector-paused", "grant-revoked", "password-changed"),
        choices=(
            "server-id-clash",
            "wrong-filter",
            "connector-paused",
            "grant-revoked",
            "password-changed",
            "account-locked",
            "binlog-purged",
        ),
        abilities=("R8",),
    ),
)
