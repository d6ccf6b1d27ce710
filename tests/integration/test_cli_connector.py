"""`tailrace connector`, against Kafka Connect and against our own worker: the same questions, the same answers."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from support.cli import Said, tailrace
from tailrace.errors import WorkerError
from tailrace.lab.server import await_condition
from tailrace.ops.connect import Connect
from tailrace.ops.http import Access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace import lab
    from tailrace.lab.kafka import Broker

NAME = "cli"
DATABASE = "cli_connector"


class Worker:
    """One that has no connector of our name, and a file for one."""

    def __init__(self, url: str, file: Path) -> None:
        self.url = url
        self.file = file
        self.client = Connect(Access(url))

    def call(self, *arguments: object, stdin: str = "") -> Said:
        return tailrace("connector", *arguments, "--url", self.url, stdin=stdin)

    def create(self, *arguments: object) -> None:
        said = self.call("create", self.file, "--wait", *arguments)
        assert said.code == 0, said.err

    def run(self) -> None:
        """Has the connector running, as the file says."""
        if NAME not in self.client.names():
            self.create()
        if not self.client.status(NAME).is_running:
            assert self.call("resume", NAME, "--wait").code == 0

    def delete(self) -> None:
        with suppress(WorkerError):
            self.client.delete(NAME)
            self.client.await_status(NAME, lambda status: status is None, seconds=20)


@pytest.fixture(scope="module")
def database(mysql: lab.Server) -> Iterator[str]:
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY)")
    mysql.execute(f"INSERT INTO {DATABASE}.t VALUES (1)")
    yield DATABASE
    mysql.execute(f"DROP DATABASE {DATABASE}")


@pytest.fixture(scope="module", params=["connect", "tailrace_worker"])
def worker(
    request: pytest.FixtureRequest,
    mysql: lab.Server,
    kafka: Broker,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Worker]:
    folder = tmp_path_factory.mktemp("cli")
    shared = {
        "name": NAME,
        "topic.prefix": NAME,
        "database.hostname": mysql.host,
        "database.port": mysql.port,
        "database.user": mysql.user,
        "database.password": mysql.password,
        "database.server.id": "9210",
        "database.include.list": database,
    }
    own = {
        "connect": {
            "schema.history.internal.kafka.bootstrap.servers": kafka.bootstrap,
            "schema.history.internal.kafka.topic": f"{NAME}.history",
            "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
        },
        "tailrace_worker": {"sink.type": "jsonl", "sink.path": folder / "events"},
    }
    file = folder / "cli.properties"
    properties = {**shared, **own[request.param]}
    file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), encoding="utf-8")
    made = Worker(request.getfixturevalue(request.param).url, file)
    yield made
    made.delete()


def test_a_connector_is_made_seen_paused_stopped_and_deleted(worker: Worker, mysql: lab.Server) -> None:
    worker.delete()
    worker.create()
    listed = worker.call("list")
    assert listed.code == 0
    assert f"{NAME}   RUNNING  1/1    source" in listed.out
    everything = worker.call("show", NAME)
    assert everything.code == 0
    assert "database.include.list" in everything.out
    assert mysql.password not in everything.out + worker.call("show", NAME, "--json").out
    assert worker.call("pause", NAME, "--wait", "--json").json[0]["status"]["state"] == "PAUSED"
    assert "task 0 RUNNING" in worker.call("resume", NAME, "--wait").out
    stopped = worker.call("stop", NAME, "--wait", "--json").json[0]["status"]
    assert (stopped["state"], stopped["tasks"]) == ("STOPPED", [])
    assert worker.call("delete", NAME).code == 2  # nobody is there to ask
    assert worker.call("delete", NAME, "--yes", "--wait").out == f"{NAME} deleted\n"
    assert NAME not in worker.call("list").out


def test_restarts_say_what_they_restart(worker: Worker) -> None:
    worker.run()
    assert "its tasks do not (--tasks)" in worker.call("restart", NAME).out
    assert "task 0 RUNNING" in worker.call("restart", NAME, "--tasks", "--wait").out
    assert worker.call("restart", NAME, "--task", 0).code == 0
    assert worker.call("restart", NAME, "--failed-only").code == 0
    assert worker.call("restart", NAME, "--task", 0, "--tasks").code == 2


def test_a_second_create_is_refused_and_replace_changes_what_is_there(worker: Worker) -> None:
    worker.run()
    refused = worker.call("create", worker.file)
    assert refused.code == 1
    assert "already exists" in refused.err
    assert "--replace" in refused.err
    worker.create("--replace", "--set", "max.batch.size=512")
    assert worker.call("config", NAME, "--json").json["max.batch.size"] == "512"


def test_properties_are_changed_one_by_one(worker: Worker) -> None:
    worker.run()
    assert worker.call("config", NAME, "--set", "max.batch.size=256", "--wait").code == 0
    assert "max.batch.size=256\n" in worker.call("config", NAME).out
    assert worker.call("config", NAME, "--unset", "max.batch.size", "--wait").code == 0
    assert "max.batch.size" not in worker.call("config", NAME).out


def test_no_secret_is_shown_and_what_was_shown_can_do_no_harm_when_it_is_sent_back(
    worker: Worker, mysql: lab.Server
) -> None:
    worker.run()
    shown = worker.call("config", NAME).out
    assert "database.password=********" in shown
    assert mysql.password not in shown
    sent_back = worker.call("create", "-", "--replace", "--wait", stdin=shown)
    # Kafka Connect would take the mask for the password; our worker keeps the one it has.
    if worker.client.is_tailrace():
        assert sent_back.code == 0, sent_back.err
    else:
        assert sent_back.code == 2
        assert "database.password: the mask" in sent_back.err
    worker.client.await_status(NAME, lambda status: bool(status and status.is_running), seconds=30)


def test_a_wrong_configuration_is_told_property_by_property_before_anything_is_made(worker: Worker) -> None:
    wrong = ("--name", "wrong", "--set", "database.hostname=", "--set", "snapshot.mode=sometimes")
    assert worker.call("validate", worker.file, "--name", "right").code == 0
    for command in (("validate", worker.file), ("create", worker.file, "--dry-run")):
        said = worker.call(*command, *wrong, "--json")
        assert said.code == 1
        assert {"database.hostname", "snapshot.mode"} <= set(said.json["errors"])
    refused = worker.call("create", worker.file, *wrong)
    assert refused.code == 2
    assert "snapshot.mode: " in refused.err
    assert "wrong" not in worker.client.names()


def test_a_list_that_no_table_is_on_is_told_before_a_connector_is_made_and_is_no_success(worker: Worker) -> None:
    named = f"table.include.list={DATABASE}.nosuch"
    other = ("--name", "empty", "--set", named, "--set", "topic.prefix=empty", "--set", "database.server.id=9211")
    why = f"no table of the server matches {named}; name tables as database.table (there are {DATABASE}.t)"
    told = worker.call("validate", worker.file, *other, "--json")
    # Debezium accepts it, runs, and captures such a table once it is there.
    refused = "errors" if worker.client.is_tailrace() else "warnings"
    assert told.json[refused]["table.include.list"][0].startswith(why)
    assert (told.code, told.json["valid"]) == ((1, False) if refused == "errors" else (0, True))
    try:
        made = worker.call("create", worker.file, *other, "--wait")
        assert f"mind: table.include.list: {why}" in made.err
        if refused == "errors":
            assert made.code == 1
            assert f"empty has failed: no table of the server matches {named}" in made.err
        else:
            assert made.code == 0
    finally:
        worker.client.delete("empty")


def test_tables_that_are_yet_to_be_made_can_be_listed_where_the_stream_waits_for_them(
    worker: Worker, mysql: lab.Server
) -> None:
    worker.run()
    assert await_condition(lambda: "file" in worker.call("offsets", "show", NAME).out, 30, every=0.3)
    later = ("--set", f"table.include.list={DATABASE}.later")
    try:
        assert worker.call("config", NAME, *later, "--dry-run").code == 0
        assert worker.call("config", NAME, *later, "--wait").code == 0
        mysql.execute(f"CREATE TABLE {DATABASE}.later (id INT PRIMARY KEY)")
        mysql.execute(f"INSERT INTO {DATABASE}.later VALUES (1)")
        assert await_condition(lambda: f"{NAME}.{DATABASE}.later" in worker.client.topics(NAME), 60, every=0.3)
    finally:
        mysql.execute(f"DROP TABLE IF EXISTS {DATABASE}.later")
        assert worker.call("config", NAME, "--unset", "table.include.list", "--wait").code == 0


def test_a_change_is_tried_with_the_secrets_that_the_connector_has(worker: Worker) -> None:
    worker.run()
    assert worker.call("config", NAME, "--set", "poll.interval.ms=7", "--dry-run").code == 0
    assert worker.call("config", NAME, "--set", "snapshot.mode=sometimes", "--dry-run").code == 1


def test_offsets_are_shown_and_only_changed_while_the_connector_is_stopped(worker: Worker) -> None:
    worker.run()
    refused = worker.call("offsets", "set", NAME, "--set", "pos=4")
    assert refused.code == 1
    assert f"tailrace connector stop {NAME}" in refused.err
    assert worker.call("offsets", "reset", NAME, "--yes").code == 1
    assert await_condition(lambda: "file" in worker.call("offsets", "show", NAME).out, 30, every=0.3)
    assert worker.call("stop", NAME, "--wait").code == 0
    stored = worker.call("offsets", "show", NAME, "--json")
    offset = _offset(worker)
    assert worker.call("offsets", "set", NAME, "--set", "pos=4").code == 0
    assert _offset(worker) == {**offset, "pos": 4}
    assert worker.call("offsets", "set", NAME, "-", stdin=stored.out).code == 0
    assert _offset(worker) == offset
    assert worker.call("offsets", "reset", NAME, "--yes").code == 0
    assert worker.call("offsets", "show", NAME).out == "none yet\n"


def test_another_place_does_not_pass_over_rows_as_the_old_one_did(worker: Worker) -> None:
    worker.run()
    assert await_condition(lambda: "file" in worker.call("offsets", "show", NAME).out, 30, every=0.3)
    assert worker.call("stop", NAME, "--wait").code == 0
    offset = _offset(worker)
    within = {"event": 2, "row": 1}
    assert worker.call("offsets", "set", NAME, "--set", "event=2", "--set", "row=1").code == 0
    assert worker.client.offsets(NAME)[0]["offset"].items() >= {**offset, **within}.items()
    assert worker.call("offsets", "set", NAME, "--set", "pos=4").code == 0
    assert not within.keys() & worker.client.offsets(NAME)[0]["offset"].keys()
    assert worker.call("offsets", "set", NAME, "--set", "pos=8", "--set", "event=2", "--set", "row=1").code == 0
    assert worker.client.offsets(NAME)[0]["offset"].items() >= {**offset, "pos": 8, **within}.items()


def test_what_is_not_there_is_a_problem_with_a_way_out(worker: Worker) -> None:
    for command in ("show", "status", "pause", "config"):
        said = worker.call(command, "nobody", "--json")
        assert said.code == 1
        assert json.loads(said.err)["hint"] == "tailrace connector list shows what there is"


def test_a_failed_connector_is_a_problem_with_its_reason(worker: Worker, mysql: lab.Server) -> None:
    worker.run()
    account = f"'{mysql.user}'@'%'"
    try:
        # The worker has found the configuration right; what is missing shows when the task runs.
        mysql.execute(f"ALTER USER {account} ACCOUNT LOCK")
        assert worker.call("restart", NAME, "--tasks").code == 0
        assert await_condition(lambda: worker.call("status", NAME).code == 1, 40, every=0.3)
        said = worker.call("status", NAME)
    finally:
        mysql.execute(f"ALTER USER {account} ACCOUNT UNLOCK")
    assert "task 0     FAILED" in said.out
    assert "locked" in said.out
    assert "1/1" not in worker.call("list").out
    assert worker.call("restart", NAME, "--failed-only", "--wait").code == 0


def test_a_shell_completes_commands_and_names_of_connectors(worker: Worker) -> None:
    worker.run()

    def complete(*typed: str) -> list[str]:
        environment = {
            "_TAILRACE_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("tailrace", *typed)),
            "COMP_CWORD": str(len(typed)),
            "TAILRACE_URL": worker.url,
        }
        with mock.patch.dict(os.environ, environment):
            return [line.partition(",")[2] for line in tailrace().out.splitlines() if line.startswith("plain,")]

    assert "connector" in complete("conn")
    assert complete("connector", "resta") == ["restart"]
    assert complete("connector", "show", NAME[:2]) == [NAME]
    assert complete("connector", "show", "--url", "http://127.0.0.1:1", NAME[:2]) == []


def _offset(worker: Worker) -> dict[str, Any]:
    offset: dict[str, Any] = worker.client.offsets(NAME)[0]["offset"]
    return {key: offset[key] for key in ("file", "pos", "gtids")}
