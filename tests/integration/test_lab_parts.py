"""`tailrace lab` with Kafka beside MySQL."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from confluent_kafka.admin import AdminClient

from support.java import need_java
from tailrace import lab
from tailrace.cli import cli
from tailrace.lab.server import Server, await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _tailrace(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["lab", *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "lab"
    assert _tailrace("down", "--dir", str(tmp_path / "lab")).exit_code == 0
    assert (broker := lab.Lab(tmp_path / "lab").kafka) is not None
    assert broker.process.pid is None


def _topics(bootstrap: str) -> set[str]:
    return {
        name for name in AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=20).topics if name[0] != "_"
    }


@pytest.mark.timeout(240)  # servers and a broker, each started more than once
def test_the_labs_kafka_outlives_its_maker_is_repaired_and_reset(folder: Path) -> None:
    need_java()
    here = ("--dir", str(folder))
    command = [sys.executable, "-m", "tailrace.cli", "lab", "up", "--with", "kafka", "--json", *here]
    made = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    bootstrap = json.loads(_tailrace("env", "--json", *here).output)["TAILRACE_KAFKA"]
    assert made["kafka"]["address"] == bootstrap
    assert made["connect"] is None
    topics = [sys.executable, "-m", "tailrace.cli", "lab", "kafka-topics", *here]
    created = subprocess.run([*topics, "--create", "--topic", "mine"], stdout=subprocess.PIPE, text=True, check=True)
    assert created.stdout == "Created topic mine.\n", "nothing else is said"
    os.kill(made["kafka"]["pid"], signal.SIGKILL)
    broker = lab.Lab(folder).kafka
    assert broker
    assert await_condition(lambda: broker.process.pid is None, 10)
    status = _tailrace("status", *here)
    assert status.exit_code == 1
    assert f"kafka        {bootstrap} stopped" in status.output
    # It is the lab's now, and need not be named again.
    assert _tailrace("up", *here).exit_code == 0
    assert _tailrace("status", *here).exit_code == 0
    assert _topics(bootstrap) == {"mine"}

    assert json.loads(_tailrace("reset", "--json", *here).output)["kafka"]["address"] == bootstrap
    assert _topics(bootstrap) == set()


@pytest.mark.timeout(240)
def test_the_labs_connect_takes_the_connector_that_up_tells_of(folder: Path) -> None:
    need_java()
    here = ("--dir", str(folder))
    made = _tailrace("up", "--with", "debezium", *here)
    assert made.exit_code == 0, made.output
    told = re.search(r"tailrace (connector create .*)", made.output)
    assert told, made.output
    # Where a server has executed nothing yet, Debezium 3.6 fails with a NullPointerException. A table that is made
    # between its list of tables and its offset is in neither snapshot nor stream.
    _prepare(folder)
    created = CliRunner().invoke(cli, told[1].split())
    assert created.exit_code == 0, created.output
    connector = json.loads(_tailrace("env", "--json", *here).output)["TAILRACE_URL"] + "/connectors/shop/status"
    with urllib.request.urlopen(connector, timeout=60) as answer:
        assert json.load(answer)["connector"]["state"] == "RUNNING"
    status = json.loads(_tailrace("status", "--json", *here).output)
    assert status["connect"]["reachable"]
    assert status["kafka"]["reachable"]
    _verified(folder, connector.split("/connectors")[0])


def _prepare(folder: Path) -> None:
    primary = lab.Lab(folder).primary
    primary.execute("CREATE DATABASE shop")
    primary.execute("CREATE TABLE shop.proofs (id INT PRIMARY KEY)")


def _verified(folder: Path, url: str) -> None:
    """What the connector shop wrote is told from what it did not write."""
    here = ("--dir", str(folder))
    asked = ("verify", "--connector", "shop", "--url", url, "--json", *here)
    primary = lab.Lab(folder).primary
    primary.execute("INSERT INTO shop.proofs VALUES (1), (2)")
    # What captures may need longer than the command waits.
    assert await_condition(lambda: _tailrace(*asked).exit_code == 0, 60), _tailrace(*asked).output
    with primary.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_log_bin = 0")
        cursor.execute("DELETE FROM shop.proofs WHERE id = 1")
    wrong = _tailrace(*asked)
    assert wrong.exit_code == 1, wrong.output
    (found,) = [each for each in json.loads(wrong.output) if not each["equal"]]
    assert (found["table"], found["rebuilt_rows"], found["server_rows"]) == ("shop.proofs", 2, 1)


@pytest.mark.timeout(120)  # servers and a worker, each started twice
def test_the_labs_worker_takes_the_connector_that_up_tells_of_and_is_as_new_after_reset(tmp_path: Path) -> None:
    here = ("--dir", str(tmp_path / "lab"))
    made = _tailrace("up", "--with", "worker", *here)
    try:
        assert made.exit_code == 0, made.output
        told = re.search(r"tailrace (connector create .*)", made.output)
        assert told, made.output
        _prepare(tmp_path / "lab")
        created = CliRunner().invoke(cli, told[1].split())
        assert created.exit_code == 0, created.output
        url = json.loads(_tailrace("env", "--json", *here).output)["TAILRACE_URL"]
        assert "shop" in CliRunner().invoke(cli, ["connector", "list", "--url", url]).output
        _verified(tmp_path / "lab", url)
        assert (worker := lab.Lab(tmp_path / "lab").worker) is not None

        assert _tailrace("reset", *here).exit_code == 0
        assert json.loads(CliRunner().invoke(cli, ["connector", "list", "--url", url, "--json"]).output) == []
        assert not worker.events.exists()
    finally:
        assert _tailrace("down", *here).exit_code == 0
    assert worker.process.pid is None


@pytest.mark.parametrize(("part", "words"), [("mongo", "is no part of the lab")])
def test_parts_that_the_lab_has_not_are_refused(tmp_path: Path, part: str, words: str) -> None:
    done = _tailrace("up", "--with", f"kafka,{part}", "--dir", str(tmp_path / "lab"))
    assert done.exit_code == 2
    assert words in done.stderr
    assert not (tmp_path / "lab").exists()


def test_without_java_kafka_is_refused_with_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    command = [sys.executable, "-m", "tailrace.cli", "lab", "up", "--with", "kafka", "--dir", str(tmp_path / "lab")]
    path = os.environ | {"PATH": str(tmp_path / "bin")}
    done = subprocess.run(command, env=path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs Java" in done.stderr
    assert "install" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "lab").exists()


def test_parts_that_are_not_wanted_any_more_are_gone_and_the_servers_stay(tmp_path: Path) -> None:
    mine = lab.Lab(tmp_path / "lab")
    try:
        mine.up({"endpoint", "worker"}, keep=True)
        endpoint = mine.endpoint
        assert endpoint
        mine.keep_only({"worker"})
        assert endpoint.process.pid is None
        assert mine.endpoint is None
        assert mine.worker
        assert mine.worker.process.pid
        assert mine.primary.is_reachable()
    finally:
        mine.down()


def test_a_replica_that_does_not_follow_takes_no_new_part_with_it(tmp_path: Path) -> None:
    mine = lab.Lab(tmp_path / "lab")
    try:
        mine.up(keep=True)
        mine.replica.execute("STOP REPLICA")
        mine.primary.execute(f"ALTER USER {mine.primary.user} IDENTIFIED BY 'another'")
        code = (
            "import sys; from pathlib import Path; from tailrace.lab import pair; pair.FOLLOW_SECONDS = 1;"
            " pair.Lab(Path(sys.argv[1])).up({'endpoint'}, keep=True)"
        )
        command = [sys.executable, "-c", code, str(mine.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert "the replica does not follow the primary" in done.stderr
        assert mine.endpoint
        assert mine.endpoint.is_reachable()
    finally:
        mine.down()


def test_servers_of_an_aws_that_is_not_wanted_any_more_are_gone(tmp_path: Path) -> None:
    mine = lab.Lab(tmp_path)
    for number, role in enumerate(("primary", "replica", "distant", "follower"), start=1):
        Server.create(tmp_path / role, server_id=number)
    mine.keep_only({"aws"})
    assert mine.distant
    assert mine.follower
    mine.keep_only(set())
    assert mine.exists
    assert not mine.distant
    assert not mine.follower
