"""Lesson 12: a snapshot that was asked for, and never came."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, named
from tailrace.learn.incident import CAUSE, OTHER, SCRIPTS
from tailrace.learn.observe import equal, running
from tailrace.learn.stage import CONNECTOR

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("parcels", "refunds", "vouchers", "returns")
SIGNALS: Final = "shop.signals"
CAUSES: Final = ("paused", "wrong-name", "no-signal-table", "channel-off", "no-key", "not-captured")
READ: Final = "tailrace snapshot start shop --table shop.{table} --wait"
REPAIRS: Final = {
    "paused": "tailrace snapshot resume shop\n"
    "until tailrace snapshot status shop | grep -q completed; do sleep 0.2; done",
    "wrong-name": READ,
    "no-signal-table": f"tailrace connector config shop --set signal.data.collection={SIGNALS} --wait\n{READ}",
    "channel-off": f"tailrace connector config shop --set signal.enabled.channels=source --wait\n{READ}",
    "no-key": "tailrace snapshot start shop --table shop.{table} --type blocking --wait",
    "not-captured": r"tailrace connector config shop --set 'table.include.list=shop\..*' --wait" + f"\n{READ}",
}
"""What a learner would type, by cause."""


def _draw(random: Random) -> dict[str, str]:
    cause, other = random.sample(CAUSES, 2)
    return {
        "table": random.choice(TABLES),
        "rows": str(random.randrange(2_500, 4_000)),
        CAUSE: cause,
        OTHER: other,
    }


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    """The rows are from before the connector, and the signal is written."""
    primary, table, cause = stage.primary, values["table"], values[CAUSE]
    key = "" if cause == "no-key" else " PRIMARY KEY"
    primary.execute("CREATE DATABASE shop")
    primary.execute("CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40))")
    primary.execute(f"CREATE TABLE {SIGNALS} (id VARCHAR(42) PRIMARY KEY, type VARCHAR(32), data VARCHAR(2048))")
    primary.execute(f"CREATE TABLE shop.{table} (id INT NOT NULL{key}, note VARCHAR(40))")
    stage.insert(f"shop.{table}", int(values["rows"]), "i, CONCAT('row ', i)")
    stage.make_connector({"snapshot.mode": "no_data", **_config(cause)})
    stage.settle()
    _ask(stage, table, cause)
    stage.settle()
    values[f"{HIDDEN}repair"] = REPAIRS[cause].format(table=table)


def _config(cause: str) -> dict[str, str]:
    config = {"incremental.snapshot.chunk.size": "256", "signal.data.collection": SIGNALS}
    match cause:
        case "no-signal-table":
            del config["signal.data.collection"]
        case "channel-off":
            config |= {"signal.enabled.channels": "file"}
        case "not-captured":
            config |= {"table.include.list": r"shop\.orders"}
    return config


def _ask(stage: Stage, table: str, cause: str) -> None:
    name = table if cause == "wrong-name" else rf"shop\.{table}"
    with stage.primary.connect() as connection, connection.cursor() as cursor:
        connection.begin()
        cursor.execute(
            f"INSERT INTO {SIGNALS} VALUES ('night', 'execute-snapshot', %s)",
            (json.dumps({"data-collections": [name], "type": "incremental"}),),
        )
        if cause == "paused":
            cursor.execute(f"INSERT INTO {SIGNALS} VALUES ('busy', 'pause-snapshot', '{{\"type\": \"incremental\"}}')")
        connection.commit()


def _hears(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """That who asks by a row of the table is heard. The evidence names what was looked at, not what is wrong."""
    config = stage.connect.config(CONNECTOR)
    by_row = "source" in config.get("signal.enabled.channels", "source").split(",")
    names = "signal.data.collection, signal.enabled.channels"
    return Seen(by_row and config.get("signal.data.collection") == SIGNALS, names)


EXERCISES: Final = (
    Exercise(
        name="asked-in-vain",
        lesson=12,
        kind=Kind.INCIDENT,
        abilities=("R9", "R10", "R12"),
        draw=_draw,
        prepare=_prepare,
        questions=(Question("cause", CAUSES),),
        observations=(
            named("cause"),
            Observation("running", running),
            Observation("hears", _hears),
            Observation("equal", equal()),
        ),
        scripts=SCRIPTS,
    ),
)
