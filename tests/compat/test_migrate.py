"""A connector changes hands while writes go on: Debezium, Tailrace, Debezium; each change comes once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compat.handover import Writer, assert_once, changes, migrate
from support.connector import Connector
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from pathlib import Path

    from compat.oracle import Oracle
    from tailrace import lab

DATABASE = "handover"
PREFIX = "hand"
NAME = "handed"


@pytest.mark.timeout(180)
def test_a_connector_changes_hands_twice_and_each_change_comes_once(
    oracle: Oracle, mysql: lab.Server, tmp_path: Path
) -> None:
    for statement in (
        f"DROP DATABASE IF EXISTS {DATABASE}",
        f"CREATE DATABASE {DATABASE}",
        f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY, v INT, e ENUM('a','b') DEFAULT 'b')",
    ):
        mysql.execute(statement)
    common = {
        "topic.prefix": PREFIX,
        "database.hostname": mysql.host,
        "database.port": mysql.port,
        "database.user": mysql.user,
        "database.password": mysql.password,
        "database.include.list": DATABASE,
        "snapshot.mode": "no_data",
    }
    plain = common | {"converter.schemas.enable": "false", "database.server.id": 4711}
    debezium = tmp_path / "debezium"
    files = ("--offsets", debezium / "offsets", "--history", debezium / "history", "--force")
    writer = Writer(mysql, f"{DATABASE}.t")
    first = oracle.start(NAME, plain, debezium)
    # What was written before the first connector reads is none of its business.
    assert await_condition((debezium / "history").exists, 60)
    first.until(lambda records: any(record.topic == PREFIX for record in records))
    writer.start()
    try:
        first.until(lambda records: len(records) > 300)
        theirs = first.stop()
        properties = {name.replace(".", "__"): value for name, value in common.items()}
        ours = Connector(tmp_path / "tailrace", mysql, DATABASE, **properties | {"name": NAME})
        ours.write_config()
        moved = migrate("from-debezium", ours.config, *files)
        assert moved["tables"] >= 1
        ours.start()
        writer.await_more(60)
        assert await_condition(lambda: len(ours.events()) > 300, 60)
        assert ours.stop() == 0
        migrate("to-debezium", ours.config, *files)
        second = oracle.start(NAME, plain, debezium)
        writer.await_more(30)
    finally:
        writer.stop()
    last = mysql.execute(f"SELECT max(id) FROM {DATABASE}.t")[0][0]
    second.until(lambda records: any((record.value or {}).get("after", {}).get("id") == last for record in records))
    mysql.execute(f"INSERT INTO {DATABASE}.t (id, v) VALUES (-1, -1)")
    second.until(lambda records: any(((record.value or {}).get("after") or {}).get("id") == -1 for record in records))
    rest = second.stop()
    parts = [
        changes(record.value for record in theirs),
        changes(ours.events()),
        changes(record.value for record in rest),
    ]
    assert all(parts), "one of the three saw nothing"
    assert_once(parts, mysql, f"{DATABASE}.t", updates=writer.transactions * 5)
