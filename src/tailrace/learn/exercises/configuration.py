"""Lesson 4: what a connector is told, what becomes of it in events, and what a change of it takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tailrace.lab.server import write_private
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, predicted
from tailrace.learn.incident import CAUSE, OBSERVED
from tailrace.learn.incident import SCRIPTS as INCIDENT_SCRIPTS
from tailrace.learn.stage import CONNECTOR, DATABASE

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("parcels", "refunds", "vouchers", "returns")
PASSWORD: Final = "database.password"  # noqa: S105 - the name of the property
SECONDS: Final = 20.0
NOTHING_SECONDS: Final = 3.0
"""How long an event is waited for that may not come."""


# -- what the modes write ----------------------------------------------------------------------------------------------

DECIMALS: Final = ("precise", "string", "double")
BIGINTS: Final = ("long", "precise")
TIMES: Final = ("adaptive_time_microseconds", "connect", "isostring")
BIGGEST: Final = 2**64 - 1
MICROSECONDS: Final = 10**15
"""A time of our days in µs is above it, in ms below."""


def _draw_modes(random: Random) -> dict[str, str]:
    return {
        "rows": str(random.randrange(3, 12)),
        "snapshot": random.choice(("initial", "no_data", "initial_only")),
        "decimal": random.choice(DECIMALS),
        "bigint": random.choice(BIGINTS),
        "time": random.choice(TIMES),
        "digits": random.choice(("3", "6")),
    }


def _prepare_modes(stage: Stage, values: dict[str, str]) -> None:
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    stage.primary.execute(
        f"CREATE TABLE {DATABASE}.tickets (id INT PRIMARY KEY AUTO_INCREMENT, price DECIMAL(8,2),"
        f" big BIGINT UNSIGNED, at DATETIME({values['digits']}))"
    )
    for _ in range(int(values["rows"])):
        _ticket(stage)


def _ticket(stage: Stage) -> None:
    stage.primary.execute(f"INSERT INTO {DATABASE}.tickets (price, big, at) VALUES (12.50, {BIGGEST}, NOW(6))")


def _write_modes(stage: Stage, values: Values) -> dict[str, str]:
    """A connector with these modes, a row more, and what came of both."""
    stage.make_connector(
        {
            "snapshot.mode": values["snapshot"],
            "decimal.handling.mode": values["decimal"],
            "bigint.unsigned.handling.mode": values["bigint"],
            "time.precision.mode": values["time"],
        }
    )
    stage.until(lambda: _snapshot_is_over(stage), SECONDS)
    _ticket(stage)
    # Where there is no stream there is nothing to come.
    seconds = NOTHING_SECONDS if values["snapshot"] == "initial_only" else SECONDS
    stage.until(lambda: _events(stage, "c") > 0, seconds)
    row: dict[str, object] = next((event["after"] for event in stage.written()), {})
    return {
        "measured.read": str(_events(stage, "r")),
        "measured.created": str(_events(stage, "c")),
        "measured.price": _form(row.get("price")),
        "measured.big": str(row.get("big")) if isinstance(row.get("big"), int) else "base64",
        "measured.at": _unit(row.get("at")),
    }


def _snapshot_is_over(stage: Stage) -> bool:
    """By the stored offset, which is there when all before it has been written."""
    offset = stage.offset()
    return bool(offset) and not offset.get("snapshot")


def _events(stage: Stage, op: str) -> int:
    return sum(event["op"] == op for event in stage.written())


def _form(price: object) -> str:
    if isinstance(price, float):
        return "number"
    return "digits" if price == "12.50" else "base64"


def _unit(at: object) -> str:
    if isinstance(at, int):
        return "microseconds" if at > MICROSECONDS else "milliseconds"
    return "text"


# -- a configuration to be mended --------------------------------------------------------------------------------------

DRAFT: Final = "draft.properties"
SECRETS: Final = "secrets.properties"


def _draw_draft(random: Random) -> dict[str, str]:
    table, other = random.sample(TABLES, 2)
    return {"table": table, "other": other, "rows": str(random.randrange(20, 60)), "id": str(random.randrange(55, 65))}


def _prepare_draft(stage: Stage, values: dict[str, str]) -> None:
    """Three tables with rows, a file with the password, and a configuration that somebody has copied together."""
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    for table in ("orders", values["table"], values["other"]):
        stage.primary.execute(f"CREATE TABLE {DATABASE}.{table} (id INT PRIMARY KEY, amount DECIMAL(10,2))")
        rows = ", ".join(f"({number}, {number}.50)" for number in range(int(values["rows"])))
        stage.primary.execute(f"INSERT INTO {DATABASE}.{table} VALUES {rows}")
    write_private(stage.worker.folder / SECRETS, f"shop.password={stage.primary.password}\n")
    config = stage.config
    del config["topic.prefix"], config["database.include.list"]
    config |= {
        "database.server.id": f"540{values['id']}",
        PASSWORD: "${file:/run/secrets/cdc.properties:shop.password}",
        "database.server.name": CONNECTOR,
        "database.history.kafka.topic": "history.shop",
        "table.include.list": f"orders,{values['table']}",
        "snapshot.mode": "never",
        "decimal.handling.mode": "strng",
        "heartbeat.interval.ms": "10s",
    }
    lines = "".join(f"{name}={value}\n" for name, value in config.items())
    write_private(stage.worker.folder / DRAFT, lines)


def _run(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    stage.until(stage.is_running, NOTHING_SECONDS)
    return Seen(stage.is_running(), stage.state())


def _captured(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """What comes of a row more in each table tells better than the list."""
    if not stage.is_running():
        return Seen(holds=False, evidence=stage.state())
    number = _next(stage)
    wanted = {"orders", values["table"]}
    for table in (*wanted, values["other"]):
        stage.primary.execute(f"INSERT INTO {DATABASE}.{table} VALUES ({number}, 1)")
    # An offset is stored when all before it has been written.
    stage.settle(SECONDS)
    came = {event["source"]["table"] for event in stage.written() if (event["after"] or {}).get("id") == number}
    return Seen(came == wanted, ", ".join(sorted(came)) or "—")


def _next(stage: Stage) -> int:
    ((last,),) = stage.primary.execute(f"SELECT MAX(id) FROM {DATABASE}.orders")
    return int(last) + 1


def _whole(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """Of both tables each row that was there before."""
    wanted = set(range(int(values["rows"])))

    def missing(table: str) -> int:
        there = {event["after"]["id"] for event in stage.written() if event["source"]["table"] == table}
        return len(wanted - there)

    left = {table: missing(table) for table in ("orders", values["table"])}
    return Seen(not any(left.values()), ", ".join(f"{table}: {count} missing" for table, count in left.items()))


def _decimals(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """Of the last event: what was written before a mode was changed stays as it was."""
    last = next(reversed(list(stage.written())), None)
    amount = last["after"]["amount"] if last else None
    return Seen(isinstance(amount, str) and "." in amount, json.dumps(amount))


def _prefix(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    given = stage.connect.config(CONNECTOR).get("topic.prefix", "—")
    return Seen(given == CONNECTOR, f"topic.prefix = {given}")


def _secret(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """A worker shows references, and stars for all else."""
    given = stage.connect.config(CONNECTOR).get(PASSWORD, "")
    return Seen(given.startswith("${"), f"{PASSWORD} = {given}")


# -- somebody has tidied up --------------------------------------------------------------------------------------------

CHANGES: Final = ("operations-skipped", "column-left-out", "table-left-out", "secret-moved")
OTHERS: Final = ("snapshot-mode-changed", "connector-paused")


def _draw_tidied(random: Random) -> dict[str, str]:
    drawn = random.choice(CHANGES)
    return {
        CAUSE: drawn,
        f"{HIDDEN}other": random.choice([name for name in CHANGES + OTHERS if name != drawn]),
        f"{HIDDEN}table": random.choice(TABLES),
    }


def _prepare_tidied(stage: Stage, values: dict[str, str]) -> None:
    """A connector that was well, one change to it, and what the shop wrote since."""
    table = f"{DATABASE}.{values[f'{HIDDEN}table']}"
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    for name in (f"{DATABASE}.orders", table):
        stage.primary.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, note VARCHAR(40), amount DECIMAL(10,2))")
        stage.primary.execute(f"INSERT INTO {name} VALUES (1, 'first', 1.50), (2, 'second', 2.50)")
    secrets = stage.worker.folder / SECRETS
    write_private(secrets, f"password={stage.primary.password}\n")
    stage.make_connector({PASSWORD: f"${{file:{secrets}:password}}"})
    stage.settle()
    change = {
        "operations-skipped": {"skipped.operations": "u,t"},
        "column-left-out": {"column.exclude.list": rf"{table.replace('.', '[.]')}[.]amount"},
        "table-left-out": {"table.exclude.list": table.replace(".", "[.]")},
        "secret-moved": {},
    }[values[CAUSE]]
    if change:
        stage.connect.patch(CONNECTOR, change)
        stage.connect.await_status(
            CONNECTOR, lambda status: status is not None and status.is_running, seconds=SECONDS, steady=1.0
        )
    else:
        write_private(secrets, f"shop.password={stage.primary.password}\n")
        stage.connect.restart(CONNECTOR, tasks=True, failed_only=False)
        stage.connect.await_status(CONNECTOR, lambda status: status is not None and status.is_failed, seconds=SECONDS)
    stage.primary.execute(f"INSERT INTO {table} VALUES (3, 'third', 3.50)")
    stage.primary.execute(f"UPDATE {table} SET amount = 20.50 WHERE id = 2")
    values[f"{HIDDEN}repair"] = _repair(values[CAUSE], table, change, f"${{file:{secrets}:shop.password}}")


def _repair(cause: str, table: str, change: dict[str, str], reference: str) -> str:
    """As a learner would type it."""
    if cause == "secret-moved":
        return f"tailrace connector config {CONNECTOR} --set '{PASSWORD}={reference}' --wait"
    unset = " ".join(f"--unset {name}" for name in change)
    return (
        f"tailrace connector config {CONNECTOR} {unset} --wait\n"
        f"tailrace snapshot start {CONNECTOR} --table {table} --wait"
    )


EXERCISES: Final = (
    Exercise(
        name="what-the-modes-write",
        lesson=4,
        kind=Kind.PREDICTION,
        abilities=(),
        draw=_draw_modes,
        prepare=_prepare_modes,
        questions=(
            Question("read"),
            Question("created"),
            Question("price", ("base64", "digits", "number")),
            Question("big", (str(BIGGEST), "-1", "base64")),
            Question("at", ("milliseconds", "microseconds", "text")),
        ),
        experiment=_write_modes,
        observations=tuple(predicted(name) for name in ("read", "created", "price", "big", "at")),
    ),
    Exercise(
        name="a-copied-configuration",
        lesson=4,
        kind=Kind.LAB,
        abilities=("R17",),
        draw=_draw_draft,
        prepare=_prepare_draft,
        observations=(
            Observation("running", _run),
            Observation("prefix", _prefix),
            Observation("captured", _captured),
            Observation("whole", _whole),
            Observation("decimals", _decimals),
            Observation("secret", _secret),
        ),
    ),
    Exercise(
        name="somebody-tidied-up",
        lesson=4,
        kind=Kind.INCIDENT,
        abilities=("R10",),
        draw=_draw_tidied,
        prepare=_prepare_tidied,
        questions=(Question("cause", CHANGES + OTHERS),),
        observations=OBSERVED,
        scripts=INCIDENT_SCRIPTS,
    ),
)
