"""Signals by every channel, and what becomes of those that cannot be carried out."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from support.running import MARKER, SIGNALS, Running
from tailrace.lab.server import await_condition
from tailrace.signals.file import FileChannel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace.lab import Server
    from tailrace.lab.kafka import Broker


@pytest.fixture
def database(mysql: Server) -> Iterator[str]:
    mysql.execute("CREATE DATABASE asking")
    mysql.execute(MARKER.format("asking"))
    mysql.execute(SIGNALS.format("asking.asked"))
    mysql.execute("CREATE TABLE asking.t (id INT PRIMARY KEY, v INT)")
    mysql.execute("INSERT INTO asking.t VALUES (1, 10), (2, 20), (3, 30)")
    yield "asking"
    mysql.execute("DROP DATABASE asking")


def ask(name: str, *tables: str) -> str:
    data = {"data-collections": list(tables), "type": "INCREMENTAL"}
    return json.dumps({"id": name, "type": "execute-snapshot", "data": data})


def test_lines_of_a_file_are_signals_and_are_taken_out_of_it(mysql: Server, database: str, tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    options = {"signal__enabled__channels": "file", "signal__file": asked, "signal__poll__interval__ms": 50}
    with Running(tmp_path / "run", mysql, database, **options) as running:
        asked.write_text(ask("one", f"{database}.t") + "\nno json\n")
        running.notified("COMPLETED", "one")
        assert "no json" in running.notified("REFUSED").additional_data["reason"]
        assert await_condition(lambda: asked.read_text() == "" and len(list(tmp_path.glob("asked*"))) == 1, 20)
        assert len(running.reads("t")) == 3


def test_a_line_of_somebody_who_had_the_file_open_is_not_lost(tmp_path: Path) -> None:
    asked, given = tmp_path / "asked.txt", []
    channel = FileChannel(asked, 1)
    with asked.open("a") as slow:
        slow.write(ask("one", "a.t") + "\n")
        slow.flush()
        channel._look(given.append)
        slow.write(ask("two", "a.t") + "\n")
    asked.write_text(ask("three", "a.t") + "\n")
    for left in ({"asked.txt", "asked.txt.taken"}, {"asked.txt", "asked.txt.taken"}, {"asked.txt"}):
        channel._look(given.append)
        assert {file.name for file in tmp_path.iterdir()} == left
    assert [signal.id for signal in given] == ["one", "two", "three"]


def test_lines_that_a_killed_run_had_taken_come_again(mysql: Server, database: str, tmp_path: Path) -> None:
    (tmp_path / "asked.txt.taken").write_text(ask("one", f"{database}.t"))
    with Running(
        tmp_path / "run", mysql, database, signal__enabled__channels="file", signal__file=tmp_path / "asked.txt"
    ) as running:
        running.notified("COMPLETED", "one")


def test_records_of_a_topic_with_our_key_are_signals(
    mysql: Server, database: str, kafka: Broker, tmp_path: Path
) -> None:
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.create_topics([NewTopic("asked", 1, 1)])["asked"].result(20)
    options = {
        "signal__enabled__channels": "source,kafka",
        "signal__kafka__topic": "asked",
        "signal__kafka__bootstrap__servers": kafka.bootstrap,
        "signal__consumer__client__id": "asking",
    }
    with Running(tmp_path, mysql, database, **options) as running:
        producer = Producer({"bootstrap.servers": kafka.bootstrap})
        producer.produce("asked", ask("other", f"{database}.t"), "another connector's")
        producer.produce("asked", b"\xff", "test")
        producer.produce("asked", ask("one", f"{database}.t"), "test")
        assert producer.flush(20) == 0
        running.notified("COMPLETED", "one")
        assert "record 1" in running.notified("REFUSED").additional_data["reason"]
        assert len(running.reads("t")) == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("a", "execute-snapshot", "{"), "not JSON"),
        (("b", "execute-snapshot", '{"data-collections": []}'), "data-collections is missing"),
        (("c", "execute-snapshot", '{"data-collections": ["("]}'), "not a regular expression"),
        (("d", "execute-snapshot", '{"data-collections": ["asking.nothing"]}'), "no captured table matches"),
        (("e", "execute-snapshot", '{"data-collections": ["asking.t"], "type": "FAST"}'), "INCREMENTAL or BLOCKING"),
        (("f", "make-coffee", "{}"), "there is no action 'make-coffee'"),
        (("g", "set-binlog-position", '{"binlog_filename": "x"}'), "give gtid_set, or"),
        (("h", "schema-changes", '{"database": "asking", "changes": [{}]}'), "as Debezium's schema history"),
    ],
)
def test_a_bad_signal_is_told_of_and_the_connector_goes_on(
    mysql: Server, database: str, tmp_path: Path, row: tuple[str, str, str], reason: str
) -> None:
    with Running(tmp_path, mysql, database, signal__data__collection=f"{database}.asked") as running:
        mysql.execute(f"INSERT INTO {database}.asked VALUES (%s, %s, %s)", row)
        assert reason in running.notified("REFUSED", row[0]).additional_data["reason"]
        running.catch_up()


def test_a_message_is_logged_with_the_offset(
    mysql: Server, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), Running(tmp_path, mysql, database) as running:
        running.signal("log", {"message": "here: {}"})
        running.until(lambda: 'here: {"file": "' in caplog.text, "no such line")


def test_an_action_of_an_installed_package_is_called(
    mysql: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    (package / "greeting-1.dist-info").mkdir(parents=True)
    (package / "greeting-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: greeting\nVersion: 1\n")
    points = "[tailrace.signals]\ngreet = greeting:greet\nfail = greeting:fail\n"
    (package / "greeting-1.dist-info" / "entry_points.txt").write_text(points)
    (package / "greeting.py").write_text(
        "def greet(signal, context):\n"
        "    context.notify('GREETED', {'who': signal.data['who'], 'at': context.offset.file})\n"
        "def fail(signal, context):\n"
        "    raise RuntimeError('no one is here')\n"
    )
    monkeypatch.syspath_prepend(str(package))
    with Running(tmp_path / "run", mysql, database) as running:
        running.signal("greet", {"who": "you"})
        assert running.notified("GREETED").additional_data["who"] == "you"
        failed = running.notified("REFUSED", running.signal("fail"))
        assert "RuntimeError: no one is here" in failed.additional_data["reason"]
        running.catch_up()


def test_the_position_can_be_set_back_and_what_follows_comes_again(
    mysql: Server, database: str, tmp_path: Path
) -> None:
    with Running(tmp_path, mysql, database) as running:
        before = mysql.execute("SELECT @@GLOBAL.gtid_executed")[0][0].replace("\n", "")
        mysql.execute(f"INSERT INTO {database}.t VALUES (4, 40)")
        running.catch_up()
        running.signal("set-binlog-position", {"gtid_set": before})
        running.until(lambda: len(running.events("t")) == 2, "it did not come again")
        running.catch_up()
        assert [event["after"]["id"] for event in running.events("t")] == [4, 4]


def test_definitions_can_be_told(mysql: Server, database: str, tmp_path: Path) -> None:
    with mysql.connect(database=database) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_log_bin = 0")
        cursor.execute("ALTER TABLE t RENAME COLUMN v TO w")
    column = {"typeName": "INT", "optional": True}
    changes = [
        {
            "type": "ALTER",
            "id": f'"{database}"."t"',
            "table": {
                "primaryKeyColumnNames": ["id"],
                "columns": [column | {"name": "id", "optional": False}, column | {"name": "w"}],
            },
        }
    ]
    with Running(tmp_path, mysql, database) as running:
        running.signal("schema-changes", {"database": database, "changes": changes})
        running.read(f"{database}.t")
        mysql.execute(f"INSERT INTO {database}.t VALUES (4, 40)")
        running.catch_up()
        assert running.events("t")[-1]["after"] == {"id": 4, "w": 40}
