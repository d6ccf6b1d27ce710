"""Lesson 12: incremental snapshots."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Final

import pymysql

from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Seen
from tailrace.learn.observe import equal, running
from tailrace.learn.stage import CONNECTOR, SETTLE_SECONDS

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

TABLES: Final = ("parcels", "refunds", "vouchers", "returns")


# -- a table more ------------------------------------------------------------------------------------------------------


def _draw(random: Random) -> dict[str, str]:
    return {"table": random.choice(TABLES), "rows": str(random.randrange(3_000, 6_000))}


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    """A connector that captures one table; another one, with rows from before, which it does not."""
    _make_tables(stage, values)
    stage.make_connector({"table.include.list": r"shop\.orders"})
    stage.settle()


def _make_tables(stage: Stage, values: dict[str, str]) -> None:
    primary, table = stage.primary, f"shop.{values['table']}"
    primary.execute("CREATE DATABASE shop")
    primary.execute("CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40))")
    primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, note VARCHAR(40))")
    stage.insert(table, int(values["rows"]), "i, CONCAT('row ', i)")


def _captured(stage: Stage, values: Values, _answers: Answers) -> Seen:
    listed = stage.connect.config(CONNECTOR).get("table.include.list", "")
    both = "orders" in listed and values["table"] in listed
    return Seen(both, f"table.include.list = {listed}")


def _read_once(stage: Stage, values: Values, _answers: Answers) -> Seen:
    stage.until_still(stage.caught_up, SETTLE_SECONDS if stage.is_running() else 0)
    reads = Counter(_reads(stage, values["table"]))
    doubled = sum(count > 1 for count in reads.values())
    evidence = f"{len(reads)} / {values['rows']}, {doubled} x 2"
    return Seen(len(reads) == int(values["rows"]) and not doubled, evidence)


# -- a table for signals -----------------------------------------------------------------------------------------------

BASES: Final = ("ops", "cdc", "platform")
NAMES: Final = ("signals", "debezium_signal", "cdc_signal")
KINDS: Final = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
ID_LENGTH: Final = 42
"""Of a UUID and a word after it, as Debezium's own have it."""
TYPE_LENGTH: Final = 32
TOO_MUCH: Final = frozenset({"UPDATE", "ALTER", "DROP", "CREATE"})
"""What nobody needs who only inserts signals, and with one way of watermarking deletes them."""
SIGNAL_SECONDS: Final = 12.0


def _draw_signals(random: Random) -> dict[str, str]:
    return {
        "table": random.choice(TABLES),
        "rows": str(random.randrange(100, 400)),
        "base": random.choice(BASES),
        "signals": random.choice(NAMES),
        "longest": str(random.randrange(2_500, 6_000)),
    }


def _prepare_signals(stage: Stage, values: dict[str, str]) -> None:
    """A connector that captures all of the shop, and a database of others, which it does not."""
    _make_tables(stage, values)
    stage.primary.execute(f"CREATE DATABASE {values['base']}")
    stage.make_connector({"snapshot.mode": "no_data"})
    stage.settle()


def _columns(stage: Stage, values: Values, _answers: Answers) -> Seen:
    found = stage.primary.execute(
        "SELECT column_name, data_type, character_maximum_length FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
        (values["base"], values["signals"]),
    )
    wanted = ("id", ID_LENGTH), ("type", TYPE_LENGTH), ("data", int(values["longest"]))
    holds = len(found) == len(wanted) and all(
        name.lower() == want and kind in KINDS and length >= least
        for (name, kind, length), (want, least) in zip(found, wanted, strict=True)
    )
    return Seen(holds, ", ".join(f"{name} {kind}({length or '-'})" for name, kind, length in found) or "—")


def _granted(stage: Stage, values: Values, _answers: Answers) -> Seen:
    grantee = f"'{stage.primary.user}'@'%'"
    found = stage.primary.execute(
        "SELECT privilege_type FROM information_schema.table_privileges"
        " WHERE grantee = %s AND table_schema = %s AND table_name = %s"
        " UNION SELECT privilege_type FROM information_schema.schema_privileges"
        " WHERE grantee = %s AND table_schema = %s"
        " UNION SELECT privilege_type FROM information_schema.user_privileges WHERE grantee = %s",
        (grantee, values["base"], values["signals"], grantee, values["base"], grantee),
    )
    may = {str(row[0]) for row in found}
    told = sorted(may & (TOO_MUCH | {"INSERT", "DELETE"}))
    return Seen("INSERT" in may and not may & TOO_MUCH, ", ".join(told) or "—")


def _told(stage: Stage, values: Values, _answers: Answers) -> Seen:
    given = stage.connect.config(CONNECTOR).get("signal.data.collection", "")
    wanted = f"{values['base']}.{values['signals']}"
    return Seen(given == wanted and stage.is_running(), f"signal.data.collection = {given or '-'}, {stage.state()}")


def _heard(stage: Stage, values: Values, answers: Answers) -> Seen:
    """Sends the longest signal that there may be, with an id of the usual length, and looks for what it asks for."""
    table, rows, before = values["table"], int(values["rows"]), len(_reads(stage, values["table"]))
    said = json.dumps(
        {
            "data-collections": [rf"shop\.{table}"],
            "additional-conditions": [{"data-collection": rf"shop\.{table}", "filter": "id > 0 AND 'x' <> ''"}],
        }
    )
    said = said.replace("'x'", f"'{'x' * (int(values['longest']) - len(said) + 1)}'")
    name = str(uuid.uuid4()).ljust(ID_LENGTH, "-")
    try:
        stage.primary.execute(
            f"INSERT INTO {values['base']}.{values['signals']} VALUES (%s, 'execute-snapshot', %s)",
            (name, said),
        )
    except pymysql.Error as error:
        return Seen(holds=False, evidence=str(error.args[-1]))
    # Who was not told of the table does not hear.
    seconds = SIGNAL_SECONDS if _told(stage, values, answers).holds else 0
    stage.until_still(lambda: len(_reads(stage, table)) >= before + rows, seconds)
    came = len(_reads(stage, table)) - before
    return Seen(came == rows, f"{came} / {rows}")


def _reads(stage: Stage, table: str) -> list[int]:
    """Keys of the rows that snapshots have read, in their order."""
    return [
        event["after"]["id"] for event in stage.written() if event["op"] == "r" and event["source"]["table"] == table
    ]


# -- from a replica, without a write -----------------------------------------------------------------------------------


EXECUTED: Final = f"{HIDDEN}executed"


def _draw_without(random: Random) -> dict[str, str]:
    return {"table": random.choice(TABLES), "rows": str(random.randrange(1_500, 4_000))}


def _prepare_without(stage: Stage, values: dict[str, str]) -> None:
    """A connector that reads a replica, which applies in parallel and commits in an order of its own."""
    _make_tables(stage, values)
    replica = stage.replica
    for statement in (
        "STOP REPLICA SQL_THREAD",
        "SET GLOBAL replica_parallel_workers = 4",
        "SET GLOBAL replica_preserve_commit_order = OFF",
        "START REPLICA SQL_THREAD",
    ):
        replica.execute(statement)
    stage.make_connector({"database.port": str(replica.port), "table.include.list": r"shop\.orders"})
    stage.settle()
    values[EXECUTED] = stage.primary.executed()


def _read_only(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    config = stage.connect.config(CONNECTOR)
    given, port = config.get("read.only", "false"), config.get("database.port", "")
    evidence = f"read.only = {given}, database.port = {port}"
    return Seen(given.lower() == "true" and port == str(stage.replica.port) and stage.is_running(), evidence)


def _in_order(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    ((order, workers),) = stage.replica.execute(
        "SELECT @@GLOBAL.replica_preserve_commit_order, @@GLOBAL.replica_parallel_workers"
    )
    ((running,),) = stage.replica.execute(
        "SELECT COUNT(*) FROM performance_schema.replication_applier_status WHERE service_state = 'ON'"
    )
    evidence = f"replica_preserve_commit_order = {order}, replica_parallel_workers = {workers}, SQL_THREAD = {running}"
    return Seen(bool(order or workers <= 1) and bool(running), evidence)


def _nothing_there(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """That the replica has no transaction of its own, by anybody."""
    ((uuid_of,),) = stage.replica.execute("SELECT @@server_uuid")
    own = [part for part in stage.replica.executed().split(",") if part.startswith(str(uuid_of))]
    return Seen(not own, ", ".join(own) or "—")


def _nothing_here(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """That the source has executed nothing since the exercise began."""
    ((more,),) = stage.primary.execute("SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, %s)", (values[EXECUTED],))
    return Seen(not more, str(more) or "—")


EXERCISES: Final = (
    Exercise(
        name="a-table-more",
        lesson=12,
        kind=Kind.LAB,
        abilities=("R10", "R12", "R17"),
        draw=_draw,
        prepare=_prepare,
        observations=(
            Observation("running", running),
            Observation("captured", _captured),
            Observation("read-once", _read_once),
            Observation("equal", equal()),
        ),
    ),
    Exercise(
        name="a-table-for-signals",
        lesson=12,
        kind=Kind.LAB,
        abilities=("R9", "R10"),
        draw=_draw_signals,
        prepare=_prepare_signals,
        observations=(
            Observation("columns", _columns),
            Observation("granted", _granted),
            Observation("told", _told),
            Observation("heard", _heard),
        ),
    ),
    Exercise(
        name="without-a-write",
        lesson=12,
        kind=Kind.LAB,
        abilities=("R10", "R11"),
        draw=_draw_without,
        prepare=_prepare_without,
        observations=(
            Observation("read-only", _read_only),
            Observation("in-order", _in_order),
            Observation("nothing-there", _nothing_there),
            Observation("nothing-here", _nothing_here),
            Observation("read-once", _read_once),
            Observation("equal", equal()),
        ),
    ),
)
